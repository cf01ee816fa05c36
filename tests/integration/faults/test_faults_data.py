"""The fault list's data rows: what a run makes of what tickets hold."""

import logging
from unicodedata import normalize

import pytest
from qcontact_sync.sync import inbound

from sandbox.instants import SECOND
from tests.integration.sync_world import World
from tests.kept_connections import kept_connections as kept_connections

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NOTE = {"method": "POST", "path": "/notes"}
EVERYTHING = "2000-01-01T00:00:00Z"


@pytest.fixture
def linked(world: World) -> str:
    """The id of a ticket that both sides agree on: in progress, nobody's."""
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    return remote_id


TEXT = "Café at the gate\nCall \u200f🙏 first"


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(f"  {TEXT}\t\n", id="blanks"),
        pytest.param(TEXT.replace("\n", "\r\n"), id="line-ends"),
        pytest.param(normalize("NFD", TEXT), id="composition"),
    ],
)
def test_text_that_is_the_same_but_for_its_form_writes_nothing(world: World, linked, variant):
    world.edit(linked, title="Same", description=TEXT)
    world.run()
    assert world.local(linked)["description"] == TEXT
    before, audit = world.tickets_snapshot(), world.audit()
    world.edit(linked, description=variant)
    assert world.run().sync_result["inbound_stats"]["skipped"] == 1
    assert (world.tickets_snapshot(), world.audit()) == (before, audit)


def test_null_byte_is_dropped_and_reported(world: World, linked):
    world.edit(linked, title="No\u0000 light", description="a\u0000b")
    world.run()
    row = world.local(linked)
    assert (row["title"], row["description"]) == ("No light", "ab")
    audit = world.audit(linked)[-1]
    assert (audit["status"], "were dropped" in audit["error_message"]) == ("partial", True)


@pytest.mark.parametrize(
    ("field", "word", "kept"), [("status", "Parked", "in_progress"), ("priority", "P1", "normal")]
)
def test_an_unknown_word_is_a_warning_on_the_tickets_own_row(
    world: World, linked, field, word, kept
):
    world.edit(linked, **{field: word, "title": "Edited"})
    result = world.run()
    row = world.local(linked)
    assert (row["title"], row[field]) == ("Edited", kept)
    audit = world.audit(linked)[-1]
    assert (audit["status"], field in audit["error_message"]) == ("partial", True)
    assert word not in audit["error_message"]
    assert result.status == "success"
    assert world.sent() == []


def test_refused_transition_is_retried_when_either_side_changes(world: World, linked):
    world.qcontact.faults.add(do="answer", status=422, method="PATCH", times=2)
    world.set_local(linked, status="pending_qa")
    world.run()
    world.run()
    assert len(world.patches()) == 1
    world.edit(linked, title="Moved there")
    world.run()
    assert len(world.patches()) == 2
    world.set_local(linked, status="qa_approved")
    world.run()
    assert world.remote(linked)["status"] == "reviewed"
    assert world.quarantine() == {}


def test_conflict_in_a_field_is_recorded_once(world: World, linked):
    world.set_local(linked, status="pending_qa")
    world.edit(linked, status="Solved")
    for _ in range(3):
        world.run(start_date=EVERYTHING)
        world.run()
    (conflict,) = world.conflicts()
    assert (conflict["kind"], conflict["local_value"]) == ("settled", "pending_qa")
    assert world.local(linked)["status"] == "resolved"


def test_fields_changed_on_different_sides_both_arrive(world: World, linked):
    world.set_local(linked, status="pending_qa")
    world.edit(linked, title="Edited there", priority="urgent")
    world.run()
    row = world.local(linked)
    assert (row["title"], row["priority"], row["status"]) == (
        "Edited there",
        "urgent",
        "pending_qa",
    )
    assert world.remote(linked)["status"] == "in_review"
    assert world.conflicts() == []


def test_the_same_edit_on_both_sides_writes_nothing_and_is_the_new_base(world: World, linked):
    world.set_local(linked, status="resolved")
    world.edit(linked, status="Resolved")
    before = world.tickets_snapshot()
    world.run()
    assert (world.sent(), world.conflicts()) == ([], [])
    assert world.tickets_snapshot() == before
    (link,) = world.rows("SELECT * FROM qcontact_ticket_link")
    assert (link["base_status_local"], link["base_remote"]["status"]) == ("resolved", "Resolved")


def test_a_value_that_is_absent_is_not_cleared_and_a_null_is(world: World):
    world.add_user("Thandi Mokoena")
    remote_id = world.add_ticket(
        status="Assigned", assigned_to="Thandi Mokoena", description="Gate code", address="Aloe 1"
    )
    world.run()
    world.edit(remote_id, remove=["description", "assigned_to"], address=None)
    world.run()
    row = world.local(remote_id)
    assert (row["description"], row["address"]) == ("Gate code", None)
    assert row["assigned_to"] is not None
    world.edit(remote_id, assigned_to=None)
    world.run()
    assert world.local(remote_id)["assigned_to"] is None
    assert world.sent() == []


def test_a_change_that_our_own_account_made_is_a_change(world: World, linked):
    """An automation that answers our write, as whoever we are there."""
    world.set_local(linked, status="pending_qa")
    world.run()
    world.pass_time()
    world.qcontact.patch(linked, {"title": "Set by a rule", "status": "Reviewed"})
    world.run()
    row = world.local(linked)
    assert (row["title"], row["status"]) == ("Set by a rule", "qa_approved")


def test_field_that_an_automation_keeps_reverting_becomes_a_conflict(world: World, linked):
    for _ in range(6):
        world.set_local(linked, status="pending_qa")
        world.run()
        world.pass_time()
        world.qcontact.patch(linked, {"status": "In Progress"})
        world.run()
    patches = world.patches()
    assert len(patches) <= 4
    (conflict,) = [c for c in world.conflicts() if c["kind"] == "needs_you"]
    assert (conflict["field"], conflict["resolved_at"]) == ("status", None)
    world.run()
    assert world.patches() == patches


def test_more_tickets_with_one_stamp_than_a_slice_holds_arrive_once(world: World, monkeypatch):
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=50, max_slice=200)
    )
    stamp = world.qcontact.now() - 3_600 * SECOND
    ids = [world.qcontact.add(at=stamp, title=f"Bulk {n}", status="New") for n in range(1_000)]
    result = world.run()
    stats = result.sync_result["inbound_stats"]
    assert (result.status, stats["created"], stats["total_processed"]) == ("success", 1_000, 1_000)
    assert world.value("SELECT count(DISTINCT external_id) FROM tickets") == len(ids)


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param("2031-01-01T00:00:00Z", id="future"),
        pytest.param("2001-01-01T00:00:00Z", id="past"),
        pytest.param("2026-03-01T10:00:00", id="no-zone"),
        pytest.param("2026-10-25T02:30:00+02:00", id="before-the-fold"),
        pytest.param("2026-10-25T02:30:00+01:00", id="after-the-fold"),
        pytest.param("yesterday", id="nonsense"),
    ],
)
def test_an_odd_stamp_loses_nothing_and_drags_no_cursor(world: World, linked, stamp):
    world.edit(linked, title="Edited", updated_at=stamp)
    world.run()
    cursor = world.cursor()
    assert cursor is not None
    assert cursor <= world.remote_now()
    world.edit(linked, title="Edited again")
    world.run()
    assert world.local(linked)["title"] == "Edited again"


def test_a_ticket_that_was_deleted_and_restored_is_the_same_pair(world: World, linked):
    before = world.local(linked)
    lost = world.remote(linked)
    world.qcontact.delete(linked)
    world.set_local(linked, status="pending_qa")
    world.run()
    assert world.quarantine()[linked]["error_code"] == "NOT_FOUND"
    world.pass_time()
    world.qcontact.add(ticket_id=linked, title=lost["title"], status=lost["status"])
    world.run()
    assert world.local(linked)["id"] == before["id"]
    assert world.remote(linked)["status"] == "in_review"
    assert world.quarantine() == {}


def test_a_row_that_staff_deleted_is_not_made_anew(world: World, linked):
    world.execute("DELETE FROM tickets WHERE external_id = %s", linked)
    world.edit(linked, title="Edited there", status="Escalated")
    world.run(start_date=EVERYTHING)
    assert world.rows("SELECT FROM tickets") == []
    assert world.sent() == []


@pytest.mark.parametrize("deed", ["edited", "deleted"])
def test_a_note_that_changes_after_it_was_copied_is_not_copied_again(world: World, linked, deed):
    note = world.add_note(linked, "On site at ten")
    world.run()
    if deed == "edited":
        world.execute("UPDATE ticket_notes SET content = 'On site at two' WHERE id = %s", note)
    else:
        world.execute("DELETE FROM ticket_notes WHERE id = %s", note)
    world.set_local(linked, status="pending_qa")
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]


def test_a_note_that_turns_private_after_it_was_copied_is_not_copied_again(world: World, linked):
    world.configure(internal_notes="send")
    note = world.add_note(linked, "On site at ten")
    world.run()
    world.execute("UPDATE ticket_notes SET note_type = 'internal' WHERE id = %s", note)
    world.set_local(linked, status="pending_qa")
    world.run()
    (kept,) = world.qcontact.notes(linked)
    assert (kept["content"], kept["is_internal"]) == ("On site at ten", False)


def test_a_private_note_never_goes_where_customers_read(world: World, linked):
    world.configure(internal_notes="send")
    world.qcontact.faults.add(do="lose_answer", **NOTE)
    world.add_note(linked, "Customer is rude", "internal")
    world.add_note(linked, "On site at ten")
    world.run()
    world.make_due()
    world.run()
    kept = {note["content"]: note["is_internal"] for note in world.qcontact.notes(linked)}
    assert kept == {"Customer is rude": True, "On site at ten": False}


def test_a_very_long_text_arrives_and_a_long_title_is_cut_and_marked(world: World, linked):
    text = "é" * 2_500_000
    world.edit(linked, title="t" * 100_000, description=text)
    result = world.run()
    row = world.local(linked)
    assert row["description"] == text
    assert (len(row["title"]), row["title"][-1]) == (255, "…")
    assert "title" in world.audit(linked)[-1]["error_message"]
    assert result.status == "success"


def test_a_note_is_found_among_thousands(world: World, linked):
    with world.qcontact.lock:
        for number in range(2_000):
            body = {"content": f"Note {number % 500}", "is_internal": False, "author_id": "agent"}
            world.qcontact.keep_note(linked, world.qcontact.make_note(linked, body))
    world.qcontact.faults.add(do="lose_answer", **NOTE)
    world.add_note(linked, "Note 7")
    world.run()
    world.run()
    assert world.notes_at(linked).count("Note 7") == 5


def test_what_both_sides_had_before_is_linked_and_not_doubled(world: World):
    remote_id = world.add_ticket(title="As QContact has it", status="Escalated")
    row = world.add_local(remote_id, status="resolved")
    before = world.add_local(None, source="ad_hoc", title="As QContact has it")
    world.run()
    world.run()
    assert world.local(remote_id)["id"] == row
    assert world.local(remote_id)["status"] == "resolved"
    assert world.value("SELECT count(*) FROM tickets") == 2
    assert world.sent() == []
    (conflict,) = world.conflicts()
    assert (conflict["kind"], conflict["field"]) == ("settled", "status")
    linked = [link["ticket_id"] for link in world.rows("SELECT * FROM qcontact_ticket_link")]
    assert (row in linked, before in linked) == (True, False)


def test_a_first_import_that_breaks_off_goes_on_where_it_was(seeded_world, monkeypatch):
    world = seeded_world
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=10, max_slice=25)
    )
    world.qcontact.faults.add(do="drop", after=40, times="forever")
    assert world.run().status == "failed"
    half, cursor = world.value("SELECT count(*) FROM tickets"), world.cursor()
    assert 0 < half < 300
    assert cursor is not None
    world.qcontact.faults.clear()
    result = world.run()
    assert result.status == "success"
    assert result.window_start == cursor
    assert world.value("SELECT count(*) FROM tickets") == 300
    assert world.value("SELECT count(*) FROM qcontact_sync_log WHERE sync_type = 'create'") == 300
    assert world.sent() == []


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE tickets; --", "{{ ds }} %s %(x)s ${HOME}", "\\u0000 \\ %", "[bold]x[/bold]"],
)
def test_special_characters_stay_plain_text_and_out_of_logs(world: World, linked, text, caplog):
    caplog.set_level(logging.DEBUG, logger="qcontact_sync")
    world.edit(linked, title=text, description=text, address=text)
    world.add_note(linked, text)
    world.run()
    row = world.local(linked)
    assert (row["title"], row["description"], row["address"]) == (text, text, text)
    assert world.notes_at(linked) == [text]
    assert text not in caplog.text
