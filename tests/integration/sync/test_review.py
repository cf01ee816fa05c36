"""What a person asks and decides, on real runs."""

import json
from datetime import UTC

import pytest
from qcontact_sync import jobs
from qcontact_sync.core.errors import ErrorCode, SyncError, TicketError
from qcontact_sync.services import review

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def reopened(world: World) -> str:
    """A ticket that ended here and was re-opened by the call centre."""
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="closed")
    world.run()
    world.edit(ticket, status="In Progress")
    world.run()
    return ticket


def open_conflict(world: World) -> str:
    (conflict,) = [c for c in jobs.list_conflicts(world.fibreflow_access) if c["is_open"]]
    return str(conflict["id"])


def test_a_reopened_ticket_waits_and_neither_side_is_written(world: World) -> None:
    ticket = reopened(world)
    world.run()
    assert world.local(ticket)["status"] == "closed"
    assert world.remote(ticket)["status"] == "In Progress"
    (conflict,) = jobs.list_conflicts(world.fibreflow_access)
    assert (conflict["field"], conflict["kind"], conflict["is_open"]) == (
        "status",
        "needs_you",
        True,
    )


def test_keeping_local_sends_it_with_the_next_run(world: World) -> None:
    ticket = reopened(world)
    jobs.resolve_conflict(*world.sides, world.settings, open_conflict(world), "local")
    assert world.run().status == "success"
    assert world.remote(ticket)["status"] == "closed"
    assert world.local(ticket)["status"] == "closed"
    assert not [c for c in jobs.list_conflicts(world.fibreflow_access) if c["is_open"]]


def test_keeping_remote_reopens_the_row_at_once(world: World) -> None:
    ticket = reopened(world)
    resolved = jobs.resolve_conflict(*world.sides, world.settings, open_conflict(world), "remote")
    assert (resolved["is_open"], resolved["resolution"]) == (False, "kept remote")
    row = world.local(ticket)
    assert (row["status"], row["closed_at"]) == ("in_progress", None)
    before = world.tickets_snapshot(), world.patches()
    world.run()
    assert (world.tickets_snapshot(), world.patches()) == before


def test_both_ways_stay_open_after_a_conflict_was_resolved(world: World) -> None:
    ticket = reopened(world)
    jobs.resolve_conflict(*world.sides, world.settings, open_conflict(world), "remote")
    world.edit(ticket, status="Solved")
    world.run()
    assert world.local(ticket)["status"] == "resolved"


def test_a_field_that_both_sides_keep_undoing_is_frozen(world: World) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    for _ in range(6):
        world.set_local(ticket, status="assigned")
        world.run()
        world.edit(ticket, status="Open")
        world.run()
    (conflict,) = [c for c in jobs.list_conflicts(world.fibreflow_access) if c["is_open"]]
    assert conflict["reason"] == "both sides keep reverting each other"
    before = world.tickets_snapshot(), world.patches()
    world.run()
    assert (world.tickets_snapshot(), world.patches()) == before


def test_a_field_that_thawed_by_agreement_may_turn_again(world: World) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    for _ in range(6):
        world.set_local(ticket, status="assigned")
        world.run()
        world.edit(ticket, status="Open")
        world.run()
    world.set_local(ticket, status=("in_progress"))
    world.edit(ticket, status="In Progress")
    world.run()
    world.set_local(ticket, status="assigned")
    world.run()
    assert world.remote(ticket)["status"] == "assigned"
    assert not [c for c in jobs.list_conflicts(world.fibreflow_access) if c["is_open"]]


def test_an_unknown_conflict_is_named_and_nothing_happens(world: World) -> None:
    with pytest.raises(review.UnknownId, match="no open conflict has the id"):
        jobs.resolve_conflict(
            *world.sides, world.settings, "5b2f3a60-0000-4000-8000-000000000000", "local"
        )
    with pytest.raises(review.UnknownId):
        jobs.resolve_conflict(*world.sides, world.settings, "nonsense", "local")


def refused(world: World) -> str:
    """A ticket whose change QContact refuses."""
    ticket = world.add_ticket(status="Open")
    world.run()
    world.qcontact.faults.add(
        do="answer", method="PATCH", ticket_id=ticket, status=422, times="forever"
    )
    world.set_local(ticket, status="assigned")
    world.run()
    return ticket


def test_failures_are_explained_by_any_id(world: World) -> None:
    ticket = refused(world)
    uid = world.local(ticket)["ticket_uid"]
    for given in (ticket, uid, str(world.local(ticket)["id"])):
        (entry,) = jobs.list_failures(world.fibreflow_access, [given])
        assert (entry["error_code"], entry["direction"]) == (
            ErrorCode.VALIDATION_ERROR,
            "outbound",
        )


def test_a_refused_change_waits_until_somebody_asks_for_another_try(world: World) -> None:
    ticket = refused(world)
    tries = len(world.patches())
    world.run()
    assert len(world.patches()) == tries
    jobs.retry_failures(world.fibreflow_access, ticket)
    world.run()
    assert len(world.patches()) == tries + 1
    world.qcontact.faults.clear()
    jobs.retry_failures(world.fibreflow_access, ticket)
    world.run()
    assert world.remote(ticket)["status"] == "assigned"
    assert not jobs.list_failures(world.fibreflow_access)


def test_a_dismissed_failure_comes_back_with_the_next_change(world: World) -> None:
    ticket = refused(world)
    jobs.dismiss_failures(world.fibreflow_access, ticket)
    world.qcontact.faults.clear()
    world.run()
    assert world.remote(ticket)["status"] == "Open"
    world.set_local(ticket, status="in_progress")
    world.run()
    assert world.remote(ticket)["status"] == "in_progress"


def doubtful(world: World) -> str:
    """A note whose arrival nobody can tell: the answer was lost and notes cannot be listed."""
    world.qcontact.switch(note_listing="404")
    ticket = world.add_ticket()
    world.run()
    world.add_note(ticket, "We come at nine")
    world.qcontact.faults.add(do="lose_answer", method="POST", path="/notes", times=1)
    world.run()
    world.make_due()
    world.run()
    return ticket


def test_a_doubtful_note_is_never_repeated_by_itself(world: World) -> None:
    ticket = doubtful(world)
    world.make_due()
    world.run()
    assert world.notes_at(ticket) == ["We come at nine"]
    (entry,) = jobs.list_failures(world.fibreflow_access)
    assert "no answer came" in entry["error_message"]


def test_a_doubtful_note_is_sent_again_only_on_request(world: World) -> None:
    ticket = doubtful(world)
    jobs.retry_failures(world.fibreflow_access, ticket)
    world.run()
    assert world.notes_at(ticket) == ["We come at nine"] * 2


def test_a_doubtful_note_that_is_dismissed_counts_as_sent(world: World) -> None:
    ticket = doubtful(world)
    jobs.dismiss_failures(world.fibreflow_access, ticket)
    world.run()
    world.run()
    assert world.notes_at(ticket) == ["We come at nine"]


def test_a_ticket_tells_its_story(world: World) -> None:
    ticket = world.add_ticket(status="Open", description="No light since Monday")
    world.run()
    world.set_local(ticket, status="assigned")
    uid = world.local(ticket)["ticket_uid"]
    story = jobs.explain_ticket(*world.sides, world.settings, uid)
    by_field = {f.field: f for f in story.fields}
    status = by_field["status"]
    assert (status.base_local, status.base_remote, status.local, status.remote) == (
        "open",
        "Open",
        "assigned",
        "Open",
    )
    assert (status.action, status.reason) == ("send", "FibreFlow changed it")
    assert by_field["description"].local == "(21 characters)"
    assert [h["sync_type"] for h in story.history] == ["create"]


@pytest.mark.parametrize("given", ["FT999999", "nonsense", "5b2f3a60-0000-4000-8000-000000000000"])
def test_an_id_that_nothing_has_is_said_to_be_unknown(world: World, given: str) -> None:
    with pytest.raises(review.UnknownId, match=f"no ticket .* has the id {given}"):
        jobs.explain_ticket(*world.sides, world.settings, given)


def test_a_ticket_that_was_not_brought_in_yet_is_no_unknown_one(world: World) -> None:
    story = jobs.explain_ticket(*world.sides, world.settings, world.add_ticket())
    assert (story.ticket_uid, story.fields) == (None, ())
    assert story.problem == "not linked: no run has written it to FibreFlow yet"


def test_a_story_is_plain_values_with_instants_in_utc(world: World) -> None:
    ticket = refused(world)
    plain = jobs.explain_ticket(*world.sides, world.settings, ticket).to_dict()
    assert json.loads(json.dumps(plain)) == plain
    (entry,), (newest, *_) = plain["failures"], plain["history"]
    assert entry["first_failed_at"].endswith("+00:00")
    assert newest["synced_at"].endswith("+00:00")
    assert newest["status"] == "failed"


def test_what_waits_in_quarantine_does_not_go_out_with_the_next_run(world: World) -> None:
    ticket = refused(world)
    status, *_ = jobs.explain_ticket(*world.sides, world.settings, ticket).fields
    assert (status.action, status.next) == ("send", "in quarantine: qcontact-sync failures")
    jobs.retry_failures(world.fibreflow_access, ticket)
    status, *_ = jobs.explain_ticket(*world.sides, world.settings, ticket).fields
    assert status.next == "FibreFlow's value is sent to QContact"


def test_a_story_is_told_while_qcontact_is_down(world: World) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="assigned")
    world.qcontact.faults.add(do="answer", status=500, times="forever")
    story = jobs.explain_ticket(*world.sides, world.settings, ticket)
    status, *_ = story.fields
    assert (status.base_local, status.local, status.remote) == ("open", "assigned", None)
    assert "SERVER_ERROR" in str(story.problem)
    assert story.history
    with pytest.raises(SyncError, match="SERVER_ERROR"):
        jobs.explain_ticket(*world.sides, world.settings, "FT999999")


def test_a_ticket_whose_merge_breaks_tells_the_rest(world: World) -> None:
    ticket = world.add_ticket()
    world.run()
    world.execute("UPDATE qcontact_ticket_link SET base_remote = '[]'")
    story = jobs.explain_ticket(*world.sides, world.settings, ticket)
    assert story.problem == "the decision about it failed: unexpected AttributeError"
    assert [row["sync_type"] for row in story.history] == ["create"]


def test_a_story_names_who_is_assigned_and_counts_the_notes_to_send(world: World) -> None:
    thandi = world.add_user("Thandi Mokoena")
    ticket = world.add_ticket()
    world.run()
    world.set_local(ticket, assigned_to=thandi)
    world.add_note(ticket, "We come at nine")
    story = jobs.explain_ticket(*world.sides, world.settings, ticket)
    assert story.assignees == {str(thandi): "Thandi Mokoena"}
    assert story.notes_to_send == 1


def test_a_ticket_that_one_side_lost_says_which(world: World) -> None:
    there, here = world.add_ticket(), world.add_ticket()
    world.run()
    world.qcontact.delete(there)
    world.execute("DELETE FROM tickets WHERE external_id = %s", here)
    problems = [
        jobs.explain_ticket(*world.sides, world.settings, ticket).problem
        for ticket in (there, here)
    ]
    assert problems == [
        "QContact does not have this ticket, or not any more",
        "its row was deleted in FibreFlow",
    ]


def test_a_ticket_that_was_gone_is_asked_for_again_on_request(world: World) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="assigned")
    world.qcontact.faults.add(do="answer", path=f"/tickets/{ticket}", status=404, times="forever")
    world.run()
    world.qcontact.faults.clear()
    world.run()
    assert world.patches() == []
    jobs.retry_failures(world.fibreflow_access, ticket)
    world.run()
    assert world.remote(ticket)["status"] == "assigned"
    assert not jobs.list_failures(world.fibreflow_access)


def test_a_row_that_could_not_be_linked_is_found_by_its_uid(world: World) -> None:
    ticket = world.add_ticket()
    world.add_local(ticket, ticket_uid="FT424242", title="Older than the sync")
    world.edit(ticket, title=None)
    world.run()
    (entry,) = jobs.retry_failures(world.fibreflow_access, "FT424242")
    assert entry["qcontact_ticket_id"] == ticket


# --- conflicts that are not about an ordinary ticket ---------------------------------------------


def torn_assignment(world: World) -> str:
    """A ticket whose assignee both sides kept undoing."""
    ann, ben = world.add_user("Ann Example"), world.add_user("Ben Example")
    ticket = world.add_ticket(assigned_to="Ann Example")
    world.run()
    for _ in range(6):
        world.set_local(ticket, assigned_to=ben)
        world.run()
        world.edit(ticket, assigned_to="Ann Example")
        world.run()
    assert ann != ben
    return ticket


@pytest.mark.parametrize("keep", ["local", "remote"])
def test_an_assignment_is_resolved_either_way(world: World, keep: review.Keep) -> None:
    ticket = torn_assignment(world)
    (conflict,) = [c for c in jobs.list_conflicts(world.fibreflow_access) if c["is_open"]]
    assert (conflict["field"], conflict["remote_value"]) == ("assigned_to", "Ann Example")
    assert conflict["local_name"] == "Ben Example"
    resolved = jobs.resolve_conflict(*world.sides, world.settings, str(conflict["id"]), keep)
    assert (resolved["is_open"], resolved["resolution"]) == (False, f"kept {keep}")
    world.run()
    names = {row["id"]: row["full_name"] for row in world.rows("SELECT id, full_name FROM users")}
    kept = {"local": "Ben Example", "remote": "Ann Example"}[keep]
    assert world.remote(ticket)["assigned_to"] == kept
    assert names[world.local(ticket)["assigned_to"]] == kept


def test_a_stranger_cannot_be_kept_here_and_the_conflict_stays(world: World) -> None:
    ticket = torn_assignment(world)
    world.edit(ticket, assigned_to="Some Stranger")
    with pytest.raises(TicketError, match="keep local"):
        jobs.resolve_conflict(*world.sides, world.settings, open_conflict(world), "remote")
    assert open_conflict(world)
    assert world.remote(ticket)["assigned_to"] == "Some Stranger"


def test_a_ticket_that_qcontact_lost_does_not_keep_its_conflict_open_for_ever(world: World) -> None:
    ticket = reopened(world)
    world.qcontact.delete(ticket)
    conflict = open_conflict(world)
    with pytest.raises(TicketError, match="keep local"):
        jobs.resolve_conflict(*world.sides, world.settings, conflict, "remote")
    resolved = jobs.resolve_conflict(*world.sides, world.settings, conflict, "local")
    assert (resolved["is_open"], resolved["resolution"]) == (False, "kept local")
    assert world.local(ticket)["status"] == "closed"


def test_a_row_that_was_deleted_leaves_nothing_to_decide(world: World) -> None:
    ticket = reopened(world)
    world.execute("DELETE FROM tickets WHERE external_id = %s", ticket)
    resolved = jobs.resolve_conflict(*world.sides, world.settings, open_conflict(world), "local")
    assert (resolved["is_open"], resolved["resolution"]) == (False, "deleted in FibreFlow")


def test_a_conflict_that_a_run_ended_meanwhile_is_not_decided_over_it(world: World) -> None:
    """Whoever resolves waits for the run that is at work; that run may have ended it."""
    ticket = reopened(world)
    world.execute("UPDATE qcontact_ticket_link SET frozen = '{}'")
    resolved = jobs.resolve_conflict(*world.sides, world.settings, open_conflict(world), "remote")
    assert resolved["resolution"] == "the conflict was already closed"
    assert world.local(ticket)["status"] == "closed"


def test_the_status_counts_what_is_open(world: World) -> None:
    assert jobs.get_status(world.fibreflow_access, world.settings).health_issues == ("no run yet",)
    ticket = reopened(world)
    other = world.add_ticket()
    world.run()
    world.set_local(other, status="assigned")
    health = jobs.get_status(world.fibreflow_access, world.settings)
    assert (health.pending_outbound, health.conflicts_open, health.quarantined) == (1, 1, 0)
    assert health.last_sync_status == "success"
    assert health.last_sync_at is not None
    assert health.last_sync_at.astimezone(UTC)
    assert not health.is_healthy
    assert ticket not in str(health.health_issues)
