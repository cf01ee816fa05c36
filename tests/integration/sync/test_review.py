"""What a person asks and decides, on real runs."""

from datetime import UTC

import pytest
from qcontact_sync import review
from qcontact_sync.core.errors import ErrorCode
from sync_world import World

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
    (conflict,) = [c for c in review.list_conflicts(world.endpoints) if c["is_open"]]
    return str(conflict["id"])


def test_a_reopened_ticket_waits_and_neither_side_is_written(world: World) -> None:
    ticket = reopened(world)
    world.run()
    assert world.local(ticket)["status"] == "closed"
    assert world.remote(ticket)["status"] == "In Progress"
    (conflict,) = review.list_conflicts(world.endpoints)
    assert (conflict["field"], conflict["kind"], conflict["is_open"]) == (
        "status",
        "needs_you",
        True,
    )


def test_keeping_local_sends_it_with_the_next_run(world: World) -> None:
    ticket = reopened(world)
    review.resolve_conflict(world.endpoints, world.settings, open_conflict(world), "local")
    assert world.run().status == "success"
    assert world.remote(ticket)["status"] == "closed"
    assert world.local(ticket)["status"] == "closed"
    assert not [c for c in review.list_conflicts(world.endpoints) if c["is_open"]]


def test_keeping_remote_reopens_the_row_at_once(world: World) -> None:
    ticket = reopened(world)
    resolved = review.resolve_conflict(
        world.endpoints, world.settings, open_conflict(world), "remote"
    )
    assert (resolved["is_open"], resolved["resolution"]) == (False, "kept remote")
    row = world.local(ticket)
    assert (row["status"], row["closed_at"]) == ("in_progress", None)
    before = world.tickets_snapshot(), world.patches()
    world.run()
    assert (world.tickets_snapshot(), world.patches()) == before


def test_both_ways_stay_open_after_a_conflict_was_resolved(world: World) -> None:
    ticket = reopened(world)
    review.resolve_conflict(world.endpoints, world.settings, open_conflict(world), "remote")
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
    (conflict,) = [c for c in review.list_conflicts(world.endpoints) if c["is_open"]]
    assert conflict["reason"] == "both sides keep undoing each other"
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
    assert not [c for c in review.list_conflicts(world.endpoints) if c["is_open"]]


def test_an_unknown_conflict_is_named_and_nothing_happens(world: World) -> None:
    with pytest.raises(review.UnknownId, match="no open conflict has the id"):
        review.resolve_conflict(
            world.endpoints, world.settings, "5b2f3a60-0000-4000-8000-000000000000", "local"
        )
    with pytest.raises(review.UnknownId):
        review.resolve_conflict(world.endpoints, world.settings, "nonsense", "local")


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
        (entry,) = review.list_failures(world.endpoints, [given])
        assert (entry["error_code"], entry["direction"]) == (
            ErrorCode.VALIDATION_ERROR,
            "outbound",
        )


def test_a_refused_change_waits_until_somebody_asks_for_another_try(world: World) -> None:
    ticket = refused(world)
    tries = len(world.patches())
    world.run()
    assert len(world.patches()) == tries
    review.retry_failures(world.endpoints, ticket)
    world.run()
    assert len(world.patches()) == tries + 1
    world.qcontact.faults.clear()
    review.retry_failures(world.endpoints, ticket)
    world.run()
    assert world.remote(ticket)["status"] == "assigned"
    assert not review.list_failures(world.endpoints)


def test_a_dismissed_failure_comes_back_with_the_next_change(world: World) -> None:
    ticket = refused(world)
    review.dismiss_failures(world.endpoints, ticket)
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
    (entry,) = review.list_failures(world.endpoints)
    assert "no answer came" in entry["error_message"]


def test_a_doubtful_note_is_sent_again_only_on_request(world: World) -> None:
    ticket = doubtful(world)
    review.retry_failures(world.endpoints, ticket)
    world.run()
    assert world.notes_at(ticket) == ["We come at nine"] * 2


def test_a_doubtful_note_that_is_dismissed_counts_as_sent(world: World) -> None:
    ticket = doubtful(world)
    review.dismiss_failures(world.endpoints, ticket)
    world.run()
    world.run()
    assert world.notes_at(ticket) == ["We come at nine"]


def test_a_ticket_tells_its_story(world: World) -> None:
    ticket = world.add_ticket(status="Open", description="No light since Monday")
    world.run()
    world.set_local(ticket, status="assigned")
    uid = world.local(ticket)["ticket_uid"]
    story = review.explain_ticket(world.endpoints, world.settings, uid)
    by_field = {f.field: f for f in story.fields}
    status = by_field["status"]
    assert (status.base_local, status.base_remote, status.local, status.remote) == (
        "open",
        "Open",
        "assigned",
        "Open",
    )
    assert (status.action, status.reason) == ("send", "FibreFlow moved")
    assert by_field["description"].local == "(21 characters)"
    assert [h["sync_type"] for h in story.history] == ["create"]


def test_an_unknown_ticket_tells_that_it_is_unknown(world: World) -> None:
    story = review.explain_ticket(world.endpoints, world.settings, "FT999999")
    assert story.fields == ()
    assert story.problem is not None
    assert "404" in story.problem or "NOT_FOUND" in story.problem


def test_the_status_counts_what_is_open(world: World) -> None:
    assert review.get_status(world.endpoints, world.settings).health_issues == ("no run yet",)
    ticket = reopened(world)
    other = world.add_ticket()
    world.run()
    world.set_local(other, status="assigned")
    health = review.get_status(world.endpoints, world.settings)
    assert (health.pending_outbound, health.conflicts_open, health.quarantined) == (1, 1, 0)
    assert health.last_sync_status == "success"
    assert health.last_sync_at is not None
    assert health.last_sync_at.astimezone(UTC)
    assert not health.is_healthy
    assert ticket not in str(health.health_issues)
