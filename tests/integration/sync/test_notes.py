"""Notes go out at most once each, to the audience they were written for."""

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

LOST = {"do": "lose_answer", "method": "POST", "path": "/notes"}


@pytest.fixture
def linked(world: World) -> str:
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    return remote_id


def note_state(world: World, note: object) -> str | None:
    rows = world.rows("SELECT state FROM qcontact_note WHERE note_id = %s", note)
    return rows[0]["state"] if rows else None


def test_a_client_note_goes_out_public_once(world: World, linked: str):
    note = world.add_note(linked, "On site at ten")
    result = world.run()
    world.run()
    (sent,) = world.qcontact.notes(linked)
    assert (sent["content"], sent["is_internal"]) == ("On site at ten", False)
    assert result.sync_result["outbound_stats"]["successful"] == 1
    assert note_state(world, note) == "sent"
    (row,) = [r for r in world.audit(linked) if r["sync_type"] == "note_add"]
    assert row["request_payload"]["note_id"] == str(note)
    assert "On site" not in str(row["request_payload"])


def test_an_internal_note_stays_here(world: World, linked: str):
    world.add_note(linked, "Customer is rude", "internal")
    world.run()
    assert world.sent() == []


def test_an_internal_note_stays_here_also_beside_one_that_goes_out(world: World, linked: str):
    world.add_note(linked, "Only for us", "internal")
    world.add_note(linked, "On site at ten")
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]


def test_an_internal_note_goes_out_as_internal_where_the_setting_says_so(world: World, linked: str):
    world.configure(internal_notes="send")
    world.add_note(linked, "Check the splitter", "internal")
    world.run()
    (sent,) = world.qcontact.notes(linked)
    assert (sent["content"], sent["is_internal"]) == ("Check the splitter", True)


def test_a_system_note_never_goes_out(world: World, linked: str):
    world.configure(internal_notes="send")
    world.add_note(linked, "Status changed", "system")
    world.run()
    assert world.sent() == []


def test_notes_go_out_in_the_order_they_were_written(world: World, linked: str):
    for number in range(5):
        world.add_note(linked, f"Note {number}")
        world.execute(
            "UPDATE ticket_notes SET created_at = timestamp '2026-01-01' + %s * interval '1 min'"
            " WHERE content = %s",
            number,
            f"Note {number}",
        )
    world.run()
    assert world.notes_at(linked) == [f"Note {number}" for number in range(5)]


def test_two_equal_notes_are_two_notes(world: World, linked: str):
    world.add_note(linked, "Called, no answer")
    world.add_note(linked, "Called, no answer")
    world.run()
    world.run()
    assert world.notes_at(linked) == ["Called, no answer"] * 2


@pytest.mark.parametrize("content", ["🙏\n\u202e%s {{ x }}", "  a  ", "x" * 50_000])
def test_any_text_goes_out_as_it_is(world, linked, content):
    world.add_note(linked, content)
    world.run()
    world.run()
    assert world.notes_at(linked) == [content]


@pytest.mark.parametrize("idempotency", [False, True])
@pytest.mark.parametrize("do", ["lose_answer", "cut_body"])
def test_a_note_whose_answer_is_lost_is_not_sent_twice(world, linked, idempotency, do):
    world.qcontact.switch(idempotency=idempotency)
    world.qcontact.faults.add(do=do, method="POST", path="/notes")
    note = world.add_note(linked, "On site at ten")
    result = world.run()
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]
    assert result.sync_result["outbound_stats"]["successful"] == 1
    assert note_state(world, note) == "sent"
    assert world.quarantine() == {}


@pytest.mark.parametrize("status", [500, 504])
def test_a_note_that_did_not_arrive_is_sent_later(world, linked, status):
    world.qcontact.faults.add(do="answer", status=status, method="POST", path="/notes")
    world.add_note(linked, "On site at ten")
    world.run()
    world.make_due()
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]
    assert world.quarantine() == {}


def test_the_same_note_always_has_the_same_idempotency_key(world: World, linked: str):
    world.qcontact.faults.add(do="answer", status=500, method="POST", path="/notes")
    world.add_note(linked, "On site at ten")
    world.run()
    world.make_due()
    world.run()
    keys = {e.idempotency_key for e in world.qcontact.journal if e.method == "POST"}
    assert len(keys) == 1
    assert None not in keys


@pytest.mark.parametrize("listing", ["404", "405"])
def test_where_qcontact_cannot_list_a_lost_answer_leaves_the_note_doubtful(world, linked, listing):
    world.qcontact.switch(note_listing=listing)
    world.qcontact.faults.add(**LOST)
    note = world.add_note(linked, "On site at ten")
    world.run()
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]
    assert note_state(world, note) == "doubtful"
    assert linked in world.quarantine()


@pytest.mark.parametrize("status", [422, 403])
def test_a_note_that_was_refused_is_not_doubtful(world: World, linked: str, status):
    world.qcontact.switch(note_listing="404")
    world.qcontact.faults.add(do="answer", status=status, method="POST", path="/notes")
    note = world.add_note(linked, "On site at ten")
    world.run()
    assert note_state(world, note) is None
    world.set_local(linked, status="pending_qa")
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]
    assert world.quarantine() == {}


def test_a_note_that_never_left_is_not_doubtful(world: World, linked: str):
    world.qcontact.switch(note_listing="404")
    world.qcontact.faults.add(do="answer", status=429, retry_after=1, method="POST", path="/notes")
    note = world.add_note(linked, "On site at ten")
    _, waits = world.run_without_pauses()
    assert waits
    assert note_state(world, note) in (None, "sent")
    world.make_due()
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]


def test_a_doubtful_note_stays_in_quarantine_when_the_ticket_passes(world: World, linked: str):
    world.qcontact.switch(note_listing="404")
    world.qcontact.faults.add(**LOST)
    world.add_note(linked, "On site at ten")
    world.run()
    world.set_local(linked, status="pending_qa")
    world.run()
    assert world.remote(linked)["status"] == "in_review"
    assert linked in world.quarantine()
    assert world.notes_at(linked) == ["On site at ten"]


def test_a_run_that_died_between_intent_and_answer_asks_what_arrived(world: World, linked: str):
    arrived, lost = world.add_note(linked, "Arrived"), world.add_note(linked, "Lost")
    for note in (arrived, lost):
        world.execute(
            "INSERT INTO qcontact_note (note_id, ticket_id, remote_id, state, equal_before)"
            " SELECT id, ticket_id, %s, 'intended', 0 FROM ticket_notes WHERE id = %s",
            linked,
            note,
        )
    with world.qcontact.lock:
        body = {"content": "Arrived", "is_internal": False}
        world.qcontact.keep_note(linked, world.qcontact.make_note(linked, body))
    world.run()
    assert sorted(world.notes_at(linked)) == ["Arrived", "Lost"]
    assert [note_state(world, note) for note in (arrived, lost)] == ["sent", "sent"]


def test_a_note_and_a_status_of_one_ticket_are_one_ticket_in_the_counts(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    world.add_note(linked, "Done")
    stats = world.run().sync_result["outbound_stats"]
    assert (stats["total_processed"], stats["successful"]) == (1, 1)


def test_a_note_on_a_ticket_that_is_not_linked_stays_here(world: World, linked: str):
    other = world.add_local(None, source="ad_hoc")
    world.execute(
        "INSERT INTO ticket_notes (ticket_id, note_type, content) VALUES (%s, 'client', 'x')", other
    )
    world.run()
    assert world.sent() == []
