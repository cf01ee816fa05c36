"""Rows that were in FibreFlow before the sync: linked as they stand, and nothing goes out by it."""

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_a_row_with_the_qcontact_id_is_linked_not_doubled(world: World):
    remote_id = world.add_ticket(status="In Progress", title="As QContact has it")
    row_id = world.add_local(remote_id, status="in_progress", ticket_uid="FT000042")
    result = world.run()
    row = world.local(remote_id)
    assert (row["id"], row["ticket_uid"]) == (row_id, "FT000042")
    assert row["title"] == "As QContact has it"
    assert result.sync_result["inbound_stats"]["created"] == 0
    assert world.sent() == []


def test_later_changes_flow_both_ways(world: World):
    remote_id = world.add_ticket(status="In Progress")
    world.add_local(remote_id, status="in_progress")
    world.run()
    world.edit(remote_id, title="Edited there")
    world.set_local(remote_id, status="resolved")
    world.run()
    assert world.local(remote_id)["title"] == "Edited there"
    assert world.patches() == [(remote_id, {"status": "solved"})]


def test_what_differs_stays_and_is_recorded_and_nothing_is_sent(world: World):
    user = world.add_user("Thandi Mokoena")
    remote_id = world.add_ticket(status="Open", assigned_to="Sipho Ndlovu")
    world.add_local(remote_id, status="resolved", assigned_to=user)

    world.run()
    world.run()

    row = world.local(remote_id)
    assert (row["status"], row["assigned_to"]) == ("resolved", user)
    assert world.remote(remote_id)["status"] == "Open"
    assert world.sent() == []
    conflicts = world.conflicts()
    assert {(c["field"], c["kind"], c["loser"]) for c in conflicts} == {
        ("status", "settled", None),
        ("assigned_to", "settled", None),
    }
    assert len(conflicts) == 2
    assert {c["local_value"] for c in conflicts} == {"resolved", str(user)}


def test_what_differs_stays_when_something_else_moves(world: World):
    remote_id = world.add_ticket(status="Assigned")
    world.add_local(remote_id, status="open")
    world.run()
    world.edit(remote_id, title="Edited")
    world.run()
    assert (world.local(remote_id)["title"], world.local(remote_id)["status"]) == ("Edited", "open")
    assert world.remote(remote_id)["status"] == "Assigned"


def test_the_dry_run_lists_what_differs(world: World):
    remote_id = world.add_ticket(status="Open")
    world.add_local(remote_id, status="resolved", ticket_uid="FT000042")
    plan = world.run(dry_run=True).sync_result["plan"]["inbound"]
    assert {
        "sign": "!",
        "qcontact_ticket_id": remote_id,
        "ticket_uid": "FT000042",
        "fields": ["status"],
    } in plan["lines"]


def test_of_duplicates_the_oldest_is_linked_and_the_others_are_reported(world: World):
    remote_id = world.add_ticket(title="As QContact has it", status="Open")
    made = {
        uid: world.add_local(remote_id, ticket_uid=uid, created_at=at)
        for uid, at in (("FT000003", "2026-01-03"), ("FT000001", "2026-01-01"))
    }
    world.run()
    (link,) = world.rows("SELECT ticket_id FROM qcontact_ticket_link")
    (audit,) = world.audit(remote_id)
    assert link["ticket_id"] == made["FT000001"]
    assert audit["status"] == "partial"
    assert "FT000003" in audit["error_message"]
    titles = world.rows("SELECT ticket_uid, title FROM tickets ORDER BY 1")
    assert [row["title"] for row in titles] == ["As QContact has it", "No light"]


def test_a_duplicate_that_is_edited_goes_nowhere(world: World):
    remote_id = world.add_ticket(status="Open")
    world.add_local(remote_id, ticket_uid="FT000001", created_at="2026-01-01")
    world.add_local(remote_id, ticket_uid="FT000003", created_at="2026-01-03")
    world.run()
    world.execute("UPDATE tickets SET status = 'resolved' WHERE ticket_uid = 'FT000003'")
    world.edit(remote_id, title="Edited")
    world.run()
    assert world.sent() == []
    assert world.value("SELECT title FROM tickets WHERE ticket_uid = 'FT000003'") == "No light"


def test_a_row_whose_qcontact_id_was_corrected_is_linked_to_the_new_one_only(world: World):
    """What was seen of it in an earlier run must not be believed."""
    world.add_ticket()
    row_id = world.add_local("999", title="Mistyped id")
    world.run()
    other = world.add_ticket(title="Its real ticket")
    world.execute("UPDATE tickets SET external_id = %s WHERE id = %s", other, row_id)
    world.qcontact.add(ticket_id="999", title="Somebody else's ticket")
    world.run()
    rows = world.rows(
        "SELECT external_id, title FROM tickets WHERE external_id IN ('999', %s)", other
    )
    assert sorted((row["external_id"], row["title"]) for row in rows) == sorted(
        [("999", "Somebody else's ticket"), (other, "Its real ticket")]
    )
    assert world.quarantine() == {}


@pytest.mark.parametrize("note_type", ["client", "internal"])
def test_notes_older_than_the_link_never_go_out(world: World, note_type):
    world.configure(internal_notes="send")
    remote_id = world.add_ticket()
    world.add_local(remote_id)
    world.add_note(remote_id, "From before", note_type)
    world.run()
    world.add_note(remote_id, "From after", note_type)
    world.run()
    world.run()
    assert world.notes_at(remote_id) == ["From after"]


def test_the_same_coordinates_in_whole_degrees_are_no_change(world: World):
    remote_id = world.add_ticket(status="Open", custom_fields={"gps_coordinates": "-26,28.0"})
    world.add_local(remote_id, gps_coordinates="(28,-26)", status="open")
    before = world.tickets_snapshot()
    world.run()
    assert world.audit(remote_id) == []
    assert world.tickets_snapshot() == before


def test_a_row_that_already_agrees_is_not_written(world: World):
    remote_id = world.add_ticket(status="Open")
    world.add_local(remote_id, status="open")
    before = world.tickets_snapshot()
    result = world.run()
    assert world.tickets_snapshot() == before
    assert result.sync_result["inbound_stats"]["skipped"] == 1
    assert world.value("SELECT count(*) FROM qcontact_ticket_link") == 1


def test_hundreds_of_rows_are_adopted_and_none_is_sent(seeded_world: World):
    world = seeded_world
    for number, (remote_id, ticket) in enumerate(world.qcontact.tickets.items()):
        world.add_local(remote_id, title=ticket["title"][:200], ticket_uid=f"FT{number:06}")
    result = world.run()
    again = world.run()
    assert result.status == "success"
    assert result.sync_result["inbound_stats"]["created"] == 0
    assert world.value("SELECT count(*) FROM qcontact_ticket_link") == 300
    assert again.sync_result["outbound_stats"]["total_processed"] == 0
    assert world.sent() == []
