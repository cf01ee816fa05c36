"""From FibreFlow to QContact: only what changed here, read first, merged, settled, never echoed."""

import pytest
from qcontact_sync.config.settings import Settings
from qcontact_sync.jobs import retry_failures

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def linked(world: World) -> str:
    """The id of a ticket that both sides agree on: in progress, nobody's."""
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    return remote_id


def several(world: World, count: int) -> list[str]:
    ids = [world.add_ticket(status="In Progress") for _ in range(count)]
    world.run()
    return ids


def outbound(result):
    stats = result.sync_result["outbound_stats"]
    return {name: stats[name] for name in ("total_processed", "successful", "failed", "skipped")}


def is_still(world: World) -> bool:
    """A further run, over everything, writes nothing on either side."""
    tickets, journal, audit = world.tickets_snapshot(), len(world.qcontact.journal), world.audit()
    results = [world.run(), world.run(start_date="2000-01-01T00:00:00Z")]
    return (
        [r.status for r in results] == ["success"] * 2
        and world.tickets_snapshot() == tickets
        and len(world.qcontact.journal) == journal
        and world.audit() == audit
    )


# --- what goes out


def test_a_status_goes_out_alone(world: World, linked: str):
    world.set_local(linked, status="pending_qa", title="Changed here", priority="low")
    result = world.run()
    assert world.patches() == [(linked, {"status": "in_review"})]
    assert outbound(result) == {
        "total_processed": 1,
        "successful": 1,
        "failed": 0,
        "skipped": 0,
    }
    (row,) = [r for r in world.audit(linked) if r["sync_direction"] == "outbound"]
    assert (row["sync_type"], row["status"]) == ("status_update", "success")
    assert row["request_payload"] == {"status": "in_review"}
    assert row["response_payload"]["before"] == {"status": "In Progress"}
    assert is_still(world)


def test_an_assignment_goes_out_as_the_full_name(world: World, linked: str):
    world.set_local(linked, assigned_to=world.add_user("Thandi Mokoena"))
    world.run()
    assert world.patches() == [(linked, {"assigned_to": "Thandi Mokoena"})]
    assert is_still(world)


def test_a_cleared_assignment_goes_out_as_null(world: World):
    world.add_user("Thandi Mokoena")
    remote_id = world.add_ticket(assigned_to="Thandi Mokoena")
    world.run()
    world.set_local(remote_id, assigned_to=None)
    world.run()
    assert world.patches() == [(remote_id, {"assigned_to": None})]
    assert is_still(world)


def test_both_fields_go_out_in_one_call_with_a_row_each(world: World, linked: str):
    world.set_local(linked, status="resolved", assigned_to=world.add_user("Thandi Mokoena"))
    world.run()
    assert world.patches() == [(linked, {"status": "solved", "assigned_to": "Thandi Mokoena"})]
    sent = [r["sync_type"] for r in world.audit(linked) if r["sync_direction"] == "outbound"]
    assert sorted(sent) == ["assignment", "status_update"]


def test_fields_that_are_only_accepted_one_by_one_are_both_settled(world: World, linked: str):
    world.qcontact.faults.add(do="answer", status=403, method="PATCH")
    world.set_local(linked, status="resolved", assigned_to=world.add_user("Thandi Mokoena"))
    result = world.run()
    apart = [{"status": "solved"}, {"assigned_to": "Thandi Mokoena"}]
    assert [fields for _, fields in world.patches()][-2:] == apart
    sent = [r["sync_type"] for r in world.audit(linked) if r["sync_direction"] == "outbound"]
    assert sorted(sent) == ["assignment", "status_update"]
    assert outbound(result)["successful"] == 1
    assert outbound(world.run())["total_processed"] == 0


@pytest.mark.parametrize(
    ("here", "there"), [("qa_in_progress", "In Review"), ("handed_to_ops", "Solved")]
)
def test_a_status_that_means_what_qcontact_has_is_not_sent(world: World, here, there):
    remote_id = world.add_ticket(status=there)
    world.run()
    world.set_local(remote_id, status=here)
    result = world.run()
    assert world.sent() == []
    assert outbound(result)["skipped"] == 1
    assert outbound(world.run())["total_processed"] == 0


def test_a_status_that_maps_to_fewer_words_does_not_come_back(world: World, linked: str):
    """qa_rejected goes out as in_progress, which QContact has: nothing to send, nothing undone."""
    world.set_local(linked, status="qa_rejected")
    world.run()
    world.run(start_date="2000-01-01T00:00:00Z")
    assert world.local(linked)["status"] == "qa_rejected"
    assert world.sent() == []


def test_a_status_without_a_counterpart_is_a_ticket_error(world: World, linked: str):
    world.set_local(linked, status="waiting_for_parts")
    result = world.run()
    assert world.quarantine()[linked]["error_code"] == "VALIDATION_ERROR"
    assert outbound(result)["failed"] == 1
    world.set_local(linked, status="resolved")
    world.run()
    assert world.patches() == [(linked, {"status": "solved"})]
    assert world.quarantine() == {}


def test_an_assignee_without_a_name_is_a_ticket_error(world: World, linked: str):
    world.set_local(linked, assigned_to=world.add_user(None))
    world.run()
    assert world.quarantine()[linked]["error_code"] == "VALIDATION_ERROR"
    assert world.sent() == []


def test_an_assignee_without_a_name_holds_up_neither_status_nor_note(world: World, linked: str):
    world.set_local(linked, status="pending_qa", assigned_to=world.add_user(None))
    world.add_note(linked, "On site at ten")
    for _ in range(2):
        world.run()
    assert world.patches() == [(linked, {"status": "in_review"})]
    assert world.notes_at(linked) == ["On site at ten"]
    assert world.quarantine()[linked]["error_code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "switches",
    [
        {"empty_write_body": True},
        {"recase_status": True},
        {"trim_text": True},
        {"id_type": "number"},
        {"note_bumps_ticket": True},
        {"time_resolution": "seconds"},
    ],
    ids=lambda switches: next(iter(switches)),
)
def test_however_qcontact_answers_an_echo_writes_nothing(world: World, switches):
    world.qcontact.switch(**switches)
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.set_local(remote_id, status="pending_qa", assigned_to=world.add_user("Thandi Mokoena"))
    world.add_note(remote_id, "On site at ten")
    world.run()
    assert len(world.sent()) == 2
    assert world.notes_at(remote_id) == ["On site at ten"]
    assert is_still(world)


def test_tickets_that_did_not_come_from_qcontact_stay_here(world: World, linked: str):
    world.add_local(None, source="ad_hoc", status="resolved")
    world.run()
    assert world.sent() == []


def test_a_hundred_changes_go_out(world: World):
    ids = several(world, 100)
    world.execute("UPDATE tickets SET status = 'resolved'")
    result = world.run()
    assert outbound(result)["successful"] == 100
    assert sorted(ticket for ticket, _ in world.patches()) == sorted(ids)
    assert is_still(world)


def test_a_stamp_that_was_in_the_future_once_does_not_keep_our_edits_here(world: World):
    remote_id = world.add_ticket(status="In Progress", updated_at="2031-01-01T00:00:00Z")
    world.run()
    world.edit(remote_id, status="In Progress")
    world.set_local(remote_id, status="pending_qa")
    result = world.run()
    assert world.remote(remote_id)["status"] == "in_review"
    assert result.status == "success"
    assert is_still(world)


# --- both moved


def test_different_fields_moved_apart_both_arrive(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    world.add_user("Thandi Mokoena")
    world.edit(linked, assigned_to="Thandi Mokoena", title="Edited there")
    world.run()
    assert world.remote(linked)["status"] == "in_review"
    row = world.local(linked)
    assert (row["title"], row["status"]) == ("Edited there", "pending_qa")
    assert row["assigned_to"] is not None
    assert world.conflicts() == []
    assert is_still(world)


def test_the_more_advanced_status_of_qcontact_wins_and_ours_is_kept(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    world.edit(linked, status="Solved")
    world.run()
    (conflict,) = world.conflicts()
    assert world.local(linked)["status"] == "resolved"
    assert (conflict["kind"], conflict["loser"], conflict["local_value"]) == (
        "settled",
        "local",
        "pending_qa",
    )
    assert world.sent() == []
    assert is_still(world)
    assert len(world.conflicts()) == 1


@pytest.mark.parametrize("there", ["Assigned", "In Review"], ids=["behind", "tie"])
def test_our_status_wins_where_it_is_not_behind_and_theirs_is_kept(world, linked, there):
    world.set_local(linked, status="qa_in_progress" if there == "In Review" else "pending_qa")
    world.edit(linked, status=there)
    world.run()
    assert world.local(linked)["status"].endswith(("qa", "in_progress"))
    if there == "Assigned":
        (conflict,) = world.conflicts()
        assert (conflict["kind"], conflict["loser"], conflict["remote_value"]) == (
            "settled",
            "remote",
            "Assigned",
        )
        assert world.patches() == [(linked, {"status": "in_review"})]
    assert is_still(world)


@pytest.mark.parametrize("winner", ["local", "remote"])
def test_who_wins_the_assignment_is_a_setting(world: World, linked: str, winner):
    world.configure(assignment_winner=winner)
    here, there = world.add_user("Thandi Mokoena"), world.add_user("Sipho Ndlovu")
    world.set_local(linked, assigned_to=here)
    world.edit(linked, assigned_to="Sipho Ndlovu")
    world.run()
    name = "Thandi Mokoena" if winner == "local" else "Sipho Ndlovu"
    assert world.remote(linked)["assigned_to"] == name
    assert world.local(linked)["assigned_to"] == (here if winner == "local" else there)
    (conflict,) = world.conflicts()
    assert conflict["loser"] == ("remote" if winner == "local" else "local")
    assert is_still(world)


def test_the_same_edit_on_both_sides_is_no_conflict(world: World, linked: str):
    world.set_local(linked, status="resolved")
    world.edit(linked, status="Resolved")
    world.run()
    assert (world.conflicts(), world.sent()) == ([], [])
    assert is_still(world)


def test_an_edit_between_our_read_and_the_next_run_is_merged(world: World, linked: str):
    """The remote is read as it is now: an edit that came in after inbound is not overwritten."""
    run = world.start(world.order())
    inbound = world.run_direction(run, "inbound")
    world.set_local(linked, status="pending_qa")
    world.edit(linked, status="Closed", title="Edited late")
    outbound_stats = world.run_direction(run, "outbound")
    world.finish(run, inbound=inbound, outbound=outbound_stats)
    assert world.remote(linked)["status"] == "Closed"
    row = world.local(linked)
    assert (row["status"], row["title"]) == ("closed", "Edited late")
    assert is_still(world)


# --- re-opening


@pytest.fixture
def reopened(world: World) -> str:
    """A ticket that ended here and that the call centre re-opened."""
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.set_local(remote_id, status="resolved", closed_at="2026-01-01 10:00:00")
    world.run()
    world.edit(remote_id, status="Open")
    return remote_id


def test_a_reopening_there_waits_for_a_person(world: World, reopened: str):
    patches = len(world.patches())
    result = world.run()
    (conflict,) = world.conflicts()
    assert (conflict["kind"], conflict["field"], conflict["resolved_at"]) == (
        "needs_you",
        "status",
        None,
    )
    assert world.local(reopened)["status"] == "resolved"
    assert len(world.patches()) == patches
    assert result.status == "success"
    assert is_still(world)
    assert len(world.conflicts()) == 1


def test_a_ticket_that_waits_for_a_person_and_is_deleted_there_is_asked_for_once(
    world: World, reopened: str
):
    world.run()
    world.qcontact.delete(reopened)
    for _ in range(3):
        world.run()
    failed = [row for row in world.audit(reopened) if row["status"] == "failed"]
    assert [row["error_message"][:9] for row in failed] == ["NOT_FOUND"]
    assert is_still(world)


def test_a_ticket_that_was_gone_is_asked_for_again_on_request(world: World, reopened: str):
    world.run()
    lost = world.remote(reopened)
    world.qcontact.delete(reopened)
    world.run()
    world.qcontact.add(ticket_id=reopened, title=lost["title"], status="Solved", at=0)
    retry_failures(world.fibreflow_access, reopened)
    world.run()
    assert world.quarantine() == {}


def test_other_fields_flow_while_one_waits(world: World, reopened: str):
    world.run()
    world.edit(reopened, title="Edited")
    world.set_local(reopened, assigned_to=world.add_user("Thandi Mokoena"))
    world.run()
    assert world.local(reopened)["title"] == "Edited"
    assert world.remote(reopened)["assigned_to"] == "Thandi Mokoena"
    assert world.remote(reopened)["status"] == "Open"
    assert is_still(world)


def test_a_frozen_status_that_moves_here_is_not_sent(world: World, reopened: str):
    world.run()
    patches = len(world.patches())
    world.set_local(reopened, status="closed")
    world.run()
    assert len(world.patches()) == patches
    assert world.local(reopened)["status"] == "closed"
    assert world.remote(reopened)["status"] == "Open"


def test_the_conflict_ends_when_qcontact_ends_the_ticket_again(world: World, reopened: str):
    world.run()
    world.edit(reopened, status="Solved")
    world.run()
    (conflict,) = world.conflicts()
    assert conflict["resolved_at"] is not None
    world.set_local(reopened, status="closed")
    world.run()
    assert world.remote(reopened)["status"] == "closed"


def test_the_conflict_ends_when_fibreflow_reopens_too(world: World, reopened: str):
    world.run()
    world.set_local(reopened, status="open")
    world.run()
    (conflict,) = world.conflicts()
    assert conflict["resolved_at"] is not None
    world.set_local(reopened, status="assigned")
    world.run()
    assert world.remote(reopened)["status"] == "assigned"
    assert is_still(world)


def test_follow_reopens_here_and_clears_the_closing_time(world: World, reopened: str):
    world.configure(reopen="follow")
    world.run()
    row = world.local(reopened)
    assert (row["status"], row["closed_at"]) == ("open", None)
    assert world.conflicts() == []
    assert is_still(world)


def test_follow_ends_what_waited_before_it_was_set(world: World, reopened: str):
    world.run()
    world.configure(reopen="follow")
    world.run()
    assert world.local(reopened)["status"] == "open"
    assert world.conflicts()[0]["resolved_at"] is not None
    assert is_still(world)


def test_a_reopening_here_goes_out(world: World):
    remote_id = world.add_ticket(status="Closed")
    world.run()
    world.set_local(remote_id, status="in_progress")
    world.run()
    assert world.patches() == [(remote_id, {"status": "in_progress"})]
    assert is_still(world)


# --- what goes wrong


def test_a_write_that_is_accepted_and_not_applied_is_found_out(world: World, linked: str):
    world.qcontact.faults.add(do="lie", method="PATCH", times="forever")
    world.set_local(linked, status="pending_qa")
    result = world.run()
    entry = world.quarantine()[linked]
    assert (entry["direction"], entry["error_code"]) == ("outbound", "CONFLICT")
    assert outbound(result)["failed"] == 1
    assert world.local(linked)["status"] == "pending_qa"
    world.run()
    assert len(world.patches()) == 1
    world.qcontact.faults.clear()
    world.set_local(linked, status="resolved")
    world.run()
    assert world.remote(linked)["status"] == "solved"


def test_an_empty_answer_is_looked_behind_also_after_writes_that_lasted(world: World):
    world.qcontact.switch(empty_write_body=True)
    world.configure(connections=1)
    kept, dropped = several(world, 2)
    world.qcontact.faults.add(do="lie", method="PATCH", ticket_id=dropped)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    result = world.run()
    assert world.remote(kept)["status"] == "in_review"
    assert world.quarantine()[dropped]["error_code"] == "CONFLICT"
    assert (outbound(result)["successful"], outbound(result)["failed"]) == (1, 1)


@pytest.mark.parametrize("do", ["lose_answer", "cut_body"])
def test_a_write_whose_answer_is_lost_is_looked_up(world: World, linked: str, do):
    world.qcontact.faults.add(do=do, method="PATCH")
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert world.patches() == [(linked, {"status": "in_review"})]
    assert outbound(result)["successful"] == 1
    assert world.quarantine() == {}
    assert is_still(world)


@pytest.mark.parametrize(
    "fault",
    [{"do": "answer", "status": 502}, {"do": "drop"}, {"do": "answer", "status": 504}],
    ids=["502", "dropped", "504"],
)
def test_a_write_that_was_lost_on_the_way_is_sent_again(world: World, linked: str, fault):
    world.qcontact.faults.add(method="PATCH", **fault)
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert world.remote(linked)["status"] == "in_review"
    assert outbound(result)["successful"] == 1
    assert world.quarantine() == {}
    assert is_still(world)


def test_a_write_that_is_lost_every_time_waits_and_is_tried_later(world: World):
    bad, good = several(world, 2)
    world.qcontact.faults.add(
        do="answer", status=502, method="PATCH", ticket_id=bad, times="forever"
    )
    world.set_local(bad, status="pending_qa")
    world.set_local(good, status="pending_qa")
    result = world.run()
    entry = world.quarantine()[bad]
    assert world.remote(good)["status"] == "in_review"
    assert result.status == "partial"
    assert entry["error_code"] == "SERVER_ERROR"
    assert entry["next_try_at"] is not None
    world.qcontact.faults.clear()
    world.make_due()
    world.run()
    assert world.remote(bad)["status"] == "in_review"
    assert world.quarantine() == {}


def test_a_ticket_that_qcontact_cannot_show_holds_up_nobody(world: World):
    bad, *good = several(world, 4)
    world.qcontact.faults.add(do="answer", status=500, method="GET", ticket_id=bad, times="forever")
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    result = world.run()
    assert sorted(ticket for ticket, _ in world.patches()) == sorted(good)
    assert result.status == "partial"
    assert world.quarantine()[bad]["error_code"] == "SERVER_ERROR"


def test_a_qcontact_that_is_down_stops_the_direction_and_quarantines_nobody(world: World):
    several(world, 40)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.qcontact.faults.add(do="answer", status=503, after=20, times="forever")
    result = world.run(sync_direction="outbound")
    refused = [e for e in world.qcontact.requests if e.status == 503]
    assert (result.status, result.error_code) == ("failed", "SERVER_ERROR")
    assert world.quarantine() == {}
    assert len(refused) < 20
    world.qcontact.faults.clear()
    world.run()
    assert {ticket["status"] for ticket in world.qcontact.tickets.values()} == {"in_review"}
    assert (
        len([e for e in world.qcontact.journal if e.outcome == "applied" and e.by == "api"]) == 40
    )


def test_where_nothing_but_the_list_answers_each_run_gets_a_little_further(world: World):
    """Those at which one run stops do not stand before all others for ever."""
    bad = several(world, 6)
    good = several(world, 3)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    for remote_id in bad:
        world.qcontact.faults.add(
            do="answer", status=500, method="GET", ticket_id=remote_id, times="forever"
        )
    world.configure(connections=1)
    world.execute("UPDATE tickets SET updated_at = now() WHERE external_id = ANY(%s)", good)
    results = [world.run() for _ in range(3)]
    assert results[0].error_code == "SERVER_ERROR"
    assert sorted(ticket for ticket, _ in world.patches()) == sorted(good)
    assert sorted(world.quarantine()) == sorted(bad)


def test_a_refused_change_waits_until_either_side_changes(world: World, linked: str):
    world.qcontact.faults.add(do="answer", status=422, method="PATCH", times=2)
    world.set_local(linked, status="pending_qa")
    result = world.run()
    entry = world.quarantine()[linked]
    assert (entry["error_code"], entry["next_try_at"]) == ("VALIDATION_ERROR", None)
    assert result.status == "failed"

    assert outbound(world.run())["total_processed"] == 0
    assert len(world.patches()) == 1

    world.edit(linked, title="Changed there")
    again = world.run()
    assert len(world.patches()) == 2
    assert again.sync_result["outbound_stats"]["failed"] == 1

    world.set_local(linked, status="qa_approved")
    world.run()
    assert world.remote(linked)["status"] == "reviewed"
    assert world.quarantine() == {}


def test_a_conflict_answer_is_read_and_decided_again(world: World, linked: str):
    world.qcontact.faults.add(do="answer", status=409, method="PATCH")
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert world.remote(linked)["status"] == "in_review"
    assert outbound(result)["successful"] == 1
    assert world.quarantine() == {}


def test_a_conflict_that_does_not_end_is_tried_later(world: World, linked: str):
    world.qcontact.faults.add(do="answer", status=409, method="PATCH", times="forever")
    world.set_local(linked, status="pending_qa")
    world.run()
    entry = world.quarantine()[linked]
    assert len(world.patches()) <= 5
    assert entry["error_code"] == "CONFLICT"
    assert entry["next_try_at"] is not None


def test_three_refused_writes_stop_the_direction_once_and_quarantine_nothing(world: World):
    several(world, 30)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.qcontact.switch(read_only=True)
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "AUTHORIZATION_ERROR")
    assert len(world.patches()) == 3
    assert world.quarantine() == {}
    assert [r["error_code"] for r in world.history()][-1] == "AUTHORIZATION_ERROR"
    world.qcontact.switch(read_only=False)
    assert outbound(world.run())["successful"] == 30


def test_a_ticket_that_may_not_be_written_is_alone(world: World):
    ids = several(world, 12)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    for bad in ids[:5]:
        world.qcontact.faults.add(
            do="answer", status=403, method="PATCH", ticket_id=bad, times="forever"
        )
    world.execute(
        "UPDATE tickets SET updated_at = now() + interval '1 h' WHERE external_id = ANY(%s)",
        ids[:5],
    )
    result = world.run()
    assert outbound(result) == {
        "total_processed": 12,
        "successful": 7,
        "failed": 5,
        "skipped": 0,
    }
    assert sorted(world.quarantine()) == sorted(ids[:5])


def test_notes_that_go_out_do_not_prove_that_the_account_may_change_statuses(world: World):
    ids = several(world, 8)
    for remote_id in ids[:5]:
        world.add_note(remote_id, "On site at ten")
    world.run()
    for remote_id in ids[:4]:
        world.add_note(remote_id, "On my way")
    for bad in ids[4:]:
        world.set_local(bad, status="pending_qa")
        world.qcontact.faults.add(
            do="answer", status=403, method="PATCH", ticket_id=bad, times="forever"
        )
    world.execute("UPDATE tickets SET updated_at = now() WHERE external_id = ANY(%s)", ids[4:])
    result = world.run()
    assert result.error_code == "AUTHORIZATION_ERROR"
    assert "change statuses" in str(result.error_message)
    assert world.quarantine() == {}
    assert all(world.notes_at(i) for i in ids[:5])
    assert len(world.patches()) == 3


def test_deleted_ticket_is_reported_and_not_tried_again(world: World):
    gone, other = several(world, 2)
    world.qcontact.delete(gone)
    world.set_local(gone, status="pending_qa")
    world.set_local(other, status="pending_qa")
    result = world.run()
    assert world.quarantine()[gone]["error_code"] == "NOT_FOUND"
    assert [ticket for ticket, _ in world.patches()] == [other]
    assert result.status == "partial"
    world.set_local(gone, status="resolved")
    assert outbound(world.run())["total_processed"] == 0
    assert gone not in world.qcontact.tickets


def test_a_ticket_that_comes_back_is_the_same_pair(world: World, linked: str):
    before = world.local(linked)["id"]
    lost = world.remote(linked)
    world.qcontact.delete(linked)
    world.set_local(linked, status="pending_qa")
    world.run()
    world.pass_time()
    world.qcontact.add(ticket_id=linked, **{n: lost[n] for n in ("title", "status")})
    world.run()
    assert world.local(linked)["id"] == before
    assert world.remote(linked)["status"] == "in_review"
    assert world.quarantine() == {}


def test_bad_credentials_stop_at_once(world: World):
    several(world, 10)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.qcontact.faults.add(do="answer", status=401, times="forever")
    before = sum(world.qcontact.counts.values())
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "AUTHENTICATION_ERROR")
    assert sum(world.qcontact.counts.values()) - before < 12
    assert world.quarantine() == {}


# --- the brake


def test_more_than_the_limit_is_held_until_it_is_confirmed(world: World):
    several(world, 6)
    world.configure(max_outbound=5)
    world.execute("UPDATE tickets SET status = 'pending_qa'")

    held = world.run()
    assert (held.status, held.error_code) == ("failed", "NEEDS_CONFIRMATION")
    assert world.sent() == []
    assert held.sync_result["inbound_stats"]["error_code"] is None

    plan = world.run(dry_run=True).sync_result["plan"]
    assert plan["outbound"]["send"] == 6

    confirmed = world.run(confirm_outbound=True)
    assert outbound(confirmed)["successful"] == 6


def test_the_limit_itself_goes_unasked(world: World):
    several(world, 5)
    world.configure(max_outbound=5)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    assert outbound(world.run())["successful"] == 5


def test_without_a_setting_five_hundred_go_unasked(world: World):
    assert Settings().max_outbound is None
    for _ in range(501):
        world.qcontact.add(title="No light", status="Open")
    world.run()
    world.execute("UPDATE tickets SET status = 'in_progress'")
    assert world.run().error_code == "NEEDS_CONFIRMATION"
    assert world.sent() == []


# --- what a run is limited to


def test_a_dated_run_sends_what_changed_here_inside_its_window(world: World):
    inside, outside = several(world, 2)
    world.execute("ALTER TABLE tickets DISABLE TRIGGER tickets_touch")
    world.execute(
        "UPDATE tickets SET status = 'pending_qa', updated_at = CASE external_id"
        " WHEN %s THEN timestamp '2026-01-02 12:00' ELSE timestamp '2026-01-03 00:00' END",
        inside,
    )
    world.run(start_date="2026-01-02T00:00:00Z", end_date="2026-01-03T00:00:00Z")
    assert [ticket for ticket, _ in world.patches()] == [inside]
    world.run()
    assert [ticket for ticket, _ in world.patches()] == [inside, outside]


def test_a_dated_run_leaves_the_quarantine_alone(world: World, linked: str):
    world.qcontact.faults.add(do="answer", status=502, method="PATCH", times=20)
    world.set_local(linked, status="pending_qa")
    world.run()
    world.qcontact.faults.clear()
    world.make_due()
    entry = world.quarantine()[linked]
    sent = len(world.sent())
    world.run(start_date="2000-01-01T00:00:00Z", end_date="2099-01-01T00:00:00Z")
    assert world.quarantine()[linked] == entry
    assert len(world.sent()) == sent


def test_ticket_ids_in_any_form_limit_both_directions(world: World):
    ids = several(world, 4)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.edit(ids, title="Edited")
    asked = [
        str(world.local(ids[0])["id"]),
        world.local(ids[1])["ticket_uid"],
        ids[2],
    ]
    result = world.run(ticket_ids=asked)
    assert sorted(ticket for ticket, _ in world.patches()) == sorted(ids[:3])
    assert [world.local(i)["title"] for i in ids] == ["Edited"] * 3 + ["No light"]
    assert result.sync_result["inbound_stats"]["total_processed"] == 3


def test_an_unknown_ticket_id_is_a_failure_and_the_others_pass(world: World, linked: str):
    world.edit(linked, title="Edited")
    result = world.run(ticket_ids=[linked, "FT000000"])
    assert world.local(linked)["title"] == "Edited"
    assert result.sync_result["inbound_stats"]["failed"] == 1
    assert result.sync_result["errors"][0]["error_code"] == "NOT_FOUND"
