"""What the call centre writes, as notes in FibreFlow: once each, in order, never ours."""

import functools
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from qcontact_sync import jobs

from tests.copies import changed_template
from tests.integration.sync_world import World
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def template_db(pg_server: str, template_db: str, roles: SyncRoles) -> Iterator[str]:
    """In place of the usual one: the sync may write notes."""
    grant = functools.partial(roles.grant, inbound_notes="notes")
    with changed_template(pg_server, template_db, grant) as name:
        yield name


@pytest.fixture(params=["tickets", "entities"])
def both(request: pytest.FixtureRequest) -> World:
    world = request.getfixturevalue("world" if request.param == "tickets" else "tenant")
    world.configure(inbound_notes="notes")
    return world


def write_there(world: World, ticket: str, text: str, *, is_internal: bool = False) -> None:
    """An agent adds a note, and does something with the ticket."""
    world.pass_time()
    world.qcontact.write_note(ticket, text, is_internal=is_internal)
    world.edit(ticket, status="In Progress")


def here(world: World, ticket: str) -> list[tuple[str, str]]:
    rows = world.rows(
        "SELECT note_type, content FROM ticket_notes WHERE ticket_id = %s ORDER BY created_at, id",
        world.local(ticket)["id"],
    )
    return [(row["note_type"], row["content"]) for row in rows]


@pytest.fixture
def linked(both: World) -> str:
    ticket = both.add_ticket(status="Open")
    both.run()
    return ticket


def test_notes_come_in_once_and_in_order(both: World, linked: str):
    write_there(both, linked, "Rang the customer")
    write_there(both, linked, "Line is down", is_internal=True)
    both.run()
    expected = [("client", "Rang the customer"), ("internal", "Line is down")]
    assert here(both, linked) == expected
    both.run()
    both.run(ticket_ids=[linked])
    assert here(both, linked) == expected


def test_a_note_keeps_its_author_and_time(both: World, linked: str):
    write_there(both, linked, "Rang the customer")
    both.run()
    (note,) = both.rows("SELECT * FROM ticket_notes")
    (there,) = both.qcontact.notes(linked)
    assert note["created_at"].replace(tzinfo=UTC) == datetime.fromisoformat(there["created_at"])
    assert note["event_data"]["qcontact_ticket_id"] == linked
    assert note["event_data"]["author"]


def test_a_note_of_a_user_of_fibreflow_has_that_author(both: World, linked: str):
    write_there(both, linked, "Rang the customer")
    both.run()
    author = both.value("SELECT event_data ->> 'author' FROM ticket_notes")
    user = both.add_user(author)
    write_there(both, linked, "Rang again")
    both.run()
    created_by = {
        row["content"]: row["created_by"] for row in both.rows("SELECT * FROM ticket_notes")
    }
    assert created_by == {"Rang the customer": None, "Rang again": user}


def test_our_own_notes_do_not_come_back(both: World, linked: str):
    both.add_note(linked, "From the field")
    both.run()
    both.edit(linked, status="In Progress")
    both.run()
    assert here(both, linked) == [("client", "From the field")]
    assert both.notes_at(linked) == ["From the field"]


def test_an_own_note_that_was_edited_or_deleted_here_does_not_come_back(both: World, linked: str):
    both.add_note(linked, "First")
    both.add_note(linked, "Second")
    both.run()
    both.execute("DELETE FROM ticket_notes WHERE content = 'First'")
    both.execute("UPDATE ticket_notes SET content = 'Second, corrected'")
    both.edit(linked, status="In Progress")
    both.run()
    assert here(both, linked) == [("client", "Second, corrected")]


def test_their_notes_are_never_sent_back(both: World, linked: str):
    both.configure(internal_notes="send")
    write_there(both, linked, "Rang the customer")
    write_there(both, linked, "Line is down", is_internal=True)
    both.run()
    both.run()
    assert sorted(both.notes_at(linked)) == ["Line is down", "Rang the customer"]
    assert not [method for _, method, _ in both.sent() if method == "POST"]


def test_a_note_that_was_sent_before_the_link_is_not_doubled(both: World):
    ticket = both.add_ticket(status="Open")
    both.add_local(ticket, status="open")
    both.add_note(ticket, "Sent by the earlier job")
    write_there(both, ticket, "Sent by the earlier job")
    write_there(both, ticket, "Written there")
    both.run()
    assert sorted(text for _, text in here(both, ticket)) == [
        "Sent by the earlier job",
        "Written there",
    ]


def test_by_default_nothing_is_asked_for(both: World, linked: str):
    both.configure(inbound_notes="off")
    before = notes_asked(both)
    write_there(both, linked, "Rang the customer")
    both.run()
    assert here(both, linked) == []
    assert notes_asked(both) == before


def notes_asked(world: World) -> int:
    return sum(
        entry.method == "GET" and entry.target.partition("?")[0].endswith(("/notes", "/events"))
        for entry in world.qcontact.requests
    )


def test_notes_are_asked_for_only_where_a_ticket_moved(world: World):
    world.configure(inbound_notes="notes")
    tickets = [world.add_ticket(status="Open") for _ in range(20)]
    world.run()
    world.run()
    before = notes_asked(world)
    world.run()
    assert notes_asked(world) == before
    write_there(world, tickets[0], "Rang the customer")
    world.run()
    assert notes_asked(world) == before + 1


def test_a_ticket_that_was_done_before_it_came_is_not_asked_about(world: World):
    world.configure(inbound_notes="notes")
    ticket = world.add_ticket(status="Closed")
    world.run()
    assert notes_asked(world) == 0
    assert world.local(ticket)["status"] == "closed"


def test_a_qcontact_that_lists_no_notes_is_left_alone_after_three(world: World):
    world.configure(inbound_notes="notes", connections=1)
    world.qcontact.switch(note_listing="404")
    for _ in range(20):
        world.add_ticket(status="Open")
    assert world.run().status == "success"
    assert notes_asked(world) <= 3


def test_every_note_has_its_audit_row_without_a_text(both: World, linked: str):
    write_there(both, linked, "Rang the customer")
    both.run()
    (row,) = [r for r in both.audit(linked) if r["sync_type"] == "note_add"]
    assert (row["sync_direction"], row["status"]) == ("inbound", "success")
    assert "Rang" not in str(row)


def test_a_ticket_shows_them_in_its_history(both: World, linked: str):
    write_there(both, linked, "Rang the customer")
    both.run()
    story = jobs.explain_ticket(*both.sides, both.settings, linked)
    (note,) = [row for row in story.history if row["sync_type"] == "note_add"]
    (there,) = both.qcontact.notes(linked)
    assert note["synced_at"] == datetime.fromisoformat(there["created_at"])
    assert note["error_message"] == "public"


def test_a_note_that_the_database_refuses_waits_and_the_others_come(both: World):
    tickets = [both.add_ticket(status="Open") for _ in range(3)]
    both.run()
    both.execute("ALTER TABLE ticket_notes ADD CONSTRAINT no_line CHECK (content <> 'refused')")
    for ticket, text in zip(tickets, ("one", "refused", "three"), strict=True):
        write_there(both, ticket, text)
    both.run()
    assert here(both, tickets[0]) == [("client", "one")]
    assert here(both, tickets[2]) == [("client", "three")]
    assert set(both.quarantine()) == {tickets[1]}
    both.execute("ALTER TABLE ticket_notes DROP CONSTRAINT no_line")
    both.make_due()
    both.run()
    assert here(both, tickets[1]) == [("client", "refused")]
    assert both.quarantine() == {}
