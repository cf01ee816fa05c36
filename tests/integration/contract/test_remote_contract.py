"""What the engine relies on of QContact, held by the fake as by the real client."""

from datetime import timedelta
from uuid import uuid4

import pytest
from qcontact_sync.core.errors import ErrorCode, LeaseLost, OutcomeUnknown, TicketError
from qcontact_sync.core.mapping import status_key
from qcontact_sync.core.model import LocalId, Note, RemoteId, Window

from tests.integration.contract.two_sides import Sides

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NOBODY = RemoteId("99999999")
NOTE = Note(uuid4(), LocalId(uuid4()), "please call", is_internal=False)
HOUR = timedelta(hours=1)


def go_on() -> None:
    pass


def lease_lost() -> None:
    raise LeaseLost


async def listed(sides: Sides, window: Window, page_size: int = 100):
    return await sides.ports.remote.list_page(window, 1, page_size)


async def test_a_list_holds_what_was_changed_in_its_window(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    now = sides.remote_now()
    page = await listed(sides, Window(now - HOUR, now + HOUR))
    assert ([t.id for t in page.tickets], page.total) == ([ticket], 1)
    page = await listed(sides, Window(now - 2 * HOUR, now - HOUR))
    assert (page.tickets, page.total) == ((), 0)


async def test_pages_add_up_to_the_total(sides: Sides) -> None:
    tickets = {sides.add_ticket(status="Open") for _ in range(5)}
    window = Window(None, sides.remote_now() + HOUR)
    pages = [await sides.ports.remote.list_page(window, n, 2) for n in (1, 2, 3)]
    assert {t.id for page in pages for t in page.tickets} == tickets
    assert {page.total for page in pages} == {5}
    assert [page.has_more for page in pages] == [True, True, False]


async def test_an_answer_tells_the_remote_clock(sides: Sides) -> None:
    page = await listed(sides, Window(None, sides.remote_now() + HOUR))
    assert page.server_time is not None
    assert abs(page.server_time - sides.remote_now()) < timedelta(minutes=5)


async def test_an_edit_is_shown_at_once_and_moves_the_stamp(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    before = await sides.ports.remote.get(ticket)
    sides.edit(ticket, status="Assigned")
    after = await sides.ports.remote.get(ticket)
    assert after.values["status"] == "Assigned"
    assert after.updated_at > before.updated_at


async def test_a_deleted_ticket_is_not_found_and_not_listed(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.delete(ticket)
    with pytest.raises(TicketError) as error:
        await sides.ports.remote.get(ticket)
    assert error.value.code is ErrorCode.NOT_FOUND
    assert (await listed(sides, Window(None, sides.remote_now() + HOUR))).total == 0


async def test_a_write_changes_its_fields_alone(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open", assigned_to="Ann Nel")
    answer = await sides.ports.remote.update(ticket, {"status": "in_progress"}, go_on)
    shown = await sides.ports.remote.get(ticket)
    assert status_key(shown.values["status"]) == "inprogress"
    assert shown.values["assigned_to"] == "Ann Nel"
    assert answer.values == shown.values


async def test_a_write_to_no_ticket_is_refused(sides: Sides) -> None:
    with pytest.raises(TicketError) as error:
        await sides.ports.remote.update(NOBODY, {"status": "closed"}, go_on)
    assert error.value.code is ErrorCode.NOT_FOUND


async def test_a_write_that_is_held_back_is_not_sent(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    with pytest.raises(LeaseLost):
        await sides.ports.remote.update(ticket, {"status": "closed"}, lease_lost)
    with pytest.raises(LeaseLost):
        await sides.ports.remote.add_note(ticket, NOTE, "key", lease_lost)
    assert (await sides.ports.remote.get(ticket)).values["status"] == "Open"
    assert list(await sides.ports.remote.list_notes(ticket)) == []


async def test_a_write_whose_answer_is_lost_was_done_though_nobody_knows(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await sides.ports.remote.update(ticket, {"status": "closed"}, go_on)
    assert status_key((await sides.ports.remote.get(ticket)).values["status"]) == "closed"


async def test_a_note_is_listed_once_it_was_added(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    note_id = await sides.ports.remote.add_note(ticket, NOTE, "key", go_on)
    (note,) = await sides.ports.remote.list_notes(ticket)
    assert (note.id, note.content, note.is_internal) == (note_id, "please call", False)


async def test_a_note_whose_answer_is_lost_is_there(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    sides.lose_next_answer()
    with pytest.raises(OutcomeUnknown):
        await sides.ports.remote.add_note(ticket, NOTE, "key", go_on)
    assert len(await sides.ports.remote.list_notes(ticket)) == 1
