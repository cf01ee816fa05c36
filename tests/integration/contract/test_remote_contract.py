"""What the engine relies on of single tickets of QContact, held by fakes and real clients."""

from uuid import uuid4

import pytest
from qcontact_sync.core.errors import ErrorCode, LeaseLost, OutcomeUnknown, TicketError
from qcontact_sync.core.model import LocalId, Note, RemoteId
from qcontact_sync.core.rules import status_key

from tests.integration.contract.two_sides import Sides

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("tickets", "entities")

NOBODY = RemoteId("99999999")
NOTE = Note(uuid4(), LocalId(uuid4()), "please call", is_internal=False)


def in_progress(sides: Sides) -> dict[str, str | None]:
    return {"status": sides.ports.remote.mapping.to_remote_status("in_progress")}


def go_on() -> None:
    pass


def lease_lost() -> None:
    raise LeaseLost


async def test_an_edit_is_shown_at_once(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    assert (await sides.ports.remote.get(ticket)).values["status"] == "Open"
    sides.edit(ticket, status="Assigned")
    assert (await sides.ports.remote.get(ticket)).values["status"] == "Assigned"


async def test_a_deleted_ticket_is_not_found(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.delete(ticket)
    with pytest.raises(TicketError) as error:
        await sides.ports.remote.get(ticket)
    assert error.value.code is ErrorCode.NOT_FOUND


async def test_a_write_changes_its_fields_alone(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open", assigned_to="Ann Nel")
    answer = await sides.ports.remote.update(ticket, in_progress(sides), go_on)
    shown = await sides.ports.remote.get(ticket)
    assert status_key(shown.values["status"]) == "inprogress"
    assert shown.values["assigned_to"] == "Ann Nel"
    assert answer.values == shown.values


async def test_a_write_to_no_ticket_is_refused(sides: Sides) -> None:
    with pytest.raises(TicketError) as error:
        await sides.ports.remote.update(NOBODY, in_progress(sides), go_on)
    assert error.value.code is ErrorCode.NOT_FOUND


async def test_a_write_that_is_held_back_is_not_sent(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    with pytest.raises(LeaseLost):
        await sides.ports.remote.update(ticket, in_progress(sides), lease_lost)
    with pytest.raises(LeaseLost):
        await sides.ports.remote.add_note(ticket, NOTE, "key", lease_lost)
    assert (await sides.ports.remote.get(ticket)).values["status"] == "Open"
    assert list(await sides.ports.remote.list_notes(ticket)) == []


async def test_a_write_whose_answer_is_lost_was_done_though_nobody_knows(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await sides.ports.remote.update(ticket, in_progress(sides), go_on)
    assert status_key((await sides.ports.remote.get(ticket)).values["status"]) == "inprogress"


async def test_a_note_is_listed_once_it_was_added(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    note_id = await sides.ports.remote.add_note(ticket, NOTE, "key", go_on)
    (note,) = await sides.ports.remote.list_notes(ticket)
    assert (note.content, note.is_internal) == ("please call", False)
    assert note_id in (note.id, None)


async def test_a_note_whose_answer_is_lost_is_there(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await sides.ports.remote.add_note(ticket, NOTE, "key", go_on)
    assert len(await sides.ports.remote.list_notes(ticket)) == 1


async def test_a_note_of_the_call_centre_has_an_author_and_a_time(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.write_note(ticket)
    (note,) = await sides.ports.remote.list_notes(ticket)
    assert note.author or note.author_id
    assert note.written_at is not None
    assert note.written_at.utcoffset() is not None
    assert list(await sides.ports.remote.list_notes(ticket)) == [note]


async def test_a_check_is_told_in_a_sentence(sides: Sides) -> None:
    assert (await sides.ports.remote.check()).strip()
