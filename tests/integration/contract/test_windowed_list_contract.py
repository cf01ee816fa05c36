"""What the engine relies on where QContact can be asked what changed."""

from datetime import timedelta

import pytest
from qcontact_sync.core.model import Window

from tests.integration.contract.two_sides import Sides

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("tickets",)

HOUR = timedelta(hours=1)


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


async def test_an_edit_moves_the_stamp(sides: Sides) -> None:
    ticket = sides.add_ticket(status="Open")
    before = await sides.ports.remote.get(ticket)
    sides.edit(ticket, status="Assigned")
    assert (await sides.ports.remote.get(ticket)).updated_at > before.updated_at


async def test_a_deleted_ticket_is_not_listed(sides: Sides) -> None:
    sides.delete(sides.add_ticket(status="Open"))
    assert (await listed(sides, Window(None, sides.remote_now() + HOUR))).total == 0
