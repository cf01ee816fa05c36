"""What the call centre writes, as notes of the lineage: those tests that see them by their usual
names once more, and what the lineage has of its own.
"""

import functools
from collections.abc import Iterator

import pytest

from tests.copies import changed_template
from tests.integration.lineage.maintenance import SCHEMA
from tests.integration.sync import test_received_notes as usual
from tests.integration.sync_world import World
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

both, linked = usual.both, usual.linked
test_our_own_notes_do_not_come_back = usual.test_our_own_notes_do_not_come_back
test_their_notes_are_never_sent_back = usual.test_their_notes_are_never_sent_back


@pytest.fixture(scope="module")
def maintenance_template(
    pg_server: str, maintenance_template: str, roles: SyncRoles
) -> Iterator[str]:
    """In place of the usual one: the sync may write notes."""
    grant = functools.partial(roles.grant, schema=SCHEMA, inbound_notes="notes")
    with changed_template(pg_server, maintenance_template, grant) as name:
        yield name


def test_notes_come_in_once_in_order_with_who_may_see_and_who_wrote_them(
    both: World,
    linked: str,
) -> None:
    usual.write_there(both, linked, "Rang the customer")
    usual.write_there(both, linked, "Line is down", is_internal=True)
    for ticket_ids in ([], [], [linked]):
        both.run(ticket_ids=ticket_ids)
    authors = [author_of(note) for note in both.qcontact.notes(linked)]
    made = both.rows("SELECT * FROM maintenance_notes ORDER BY created_at")
    assert [(n["note_type"], n["visibility"], n["content"], n["created_by"]) for n in made] == [
        ("client", "public", f"{authors[0]}Rang the customer", None),
        ("internal", "private", f"{authors[1]}Line is down", None),
    ]


def test_a_note_that_was_sent_before_the_link_is_not_doubled(both: World) -> None:
    ticket = both.add_ticket(status="Open")
    both.add_local(ticket, status="open")
    both.add_note(ticket, "Sent by the earlier job")
    for text in ("Sent by the earlier job", "Written there"):
        usual.write_there(both, ticket, text)
    both.run()
    new, known = (text for _, text in usual.here(both, ticket))  # by QContact's clock, behind
    assert known == "Sent by the earlier job"
    assert new.endswith(": Written there")


def author_of(note: dict) -> str:
    """What stands before the text of a note whose author is no user."""
    author = note.get("author") or note["author_id"]
    return f"{author}: " if author else ""


def test_a_note_that_the_table_refuses_waits_and_the_others_come(both: World) -> None:
    tickets = [both.add_ticket(status="Open") for _ in range(2)]
    both.run()
    both.execute(
        "ALTER TABLE maintenance_notes ADD CONSTRAINT no_line CHECK (content NOT LIKE '%%refused')"
    )
    for ticket, text in zip(tickets, ("refused", "taken"), strict=True):
        usual.write_there(both, ticket, text)
    both.run()
    assert both.value("SELECT count(*) FROM maintenance_notes") == 1
    assert set(both.quarantine()) == {tickets[0]}
    both.execute("ALTER TABLE maintenance_notes DROP CONSTRAINT no_line")
    both.make_due()
    both.run()
    assert (both.value("SELECT count(*) FROM maintenance_notes"), both.quarantine()) == (2, {})
