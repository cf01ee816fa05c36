"""What the engine relies on where QContact cannot be asked what changed."""

from datetime import timedelta

import pytest
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.model import ListedRow, RemoteId

from tests.integration.contract.two_sides import Sides

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("entities",)


def go_on() -> None:
    pass


async def row_of(sides: Sides, case: RemoteId) -> ListedRow:
    page = await sides.ports.remote.list_rows(1, 50)
    return next(row for row in page.rows if row.id == case)


async def test_pages_hold_each_case_once_newest_first(sides: Sides) -> None:
    cases = [sides.add_ticket(status="Open") for _ in range(5)]
    pages = [await sides.ports.remote.list_rows(n, 2) for n in (1, 2, 3, 4)]
    assert [row.id for page in pages for row in page.rows] == cases[::-1]
    assert {(page.count, page.pages, page.page_size) for page in pages} == {(5, 3, 2)}


async def test_an_answer_tells_the_remote_clock(sides: Sides) -> None:
    page = await sides.ports.remote.list_rows(1, 2)
    assert page.server_time is not None
    assert abs(page.server_time - sides.remote_now()) < timedelta(minutes=5)


async def test_the_digest_changes_with_what_the_row_shows(sides: Sides) -> None:
    case = sides.add_ticket(status="Open")
    first = (await row_of(sides, case)).digest
    sides.edit(case, status="Assigned")
    second = (await row_of(sides, case)).digest
    sides.edit(case, status="Open")
    assert (await row_of(sides, case)).digest == first != second


async def test_the_digest_does_not_change_with_what_only_the_detail_shows(sides: Sides) -> None:
    case = sides.add_ticket(status="Open")
    first = await row_of(sides, case)
    sides.edit(case, description="The dog is loose")
    assert await row_of(sides, case) == first
    assert (await sides.ports.remote.get(case)).values["description"] == "The dog is loose"


async def test_a_case_tells_when_it_was_created_and_not_when_it_changed(sides: Sides) -> None:
    before = sides.remote_now()
    case = sides.add_ticket(status="Open")
    created_at = (await row_of(sides, case)).created_at
    assert created_at is not None
    assert abs(created_at - before) < timedelta(minutes=5)
    sides.edit(case, status="Assigned")
    assert (await row_of(sides, case)).created_at == created_at
    assert (await sides.ports.remote.get(case)).updated_at is None


async def test_a_case_that_is_handed_on_leaves_the_list_and_is_still_there(sides: Sides) -> None:
    queue, team = sides.watch_one_queue()
    case = sides.add_ticket(status="Open", assigned_to=team)
    assert [r.id for r in (await sides.ports.remote.list_rows(1, 50, queue)).rows] == [case]
    sides.edit(case, assigned_to="Another Team")
    assert (await sides.ports.remote.list_rows(1, 50, queue)).rows == ()
    assert (await sides.ports.remote.get(case)).values["assigned_to"] == "Another Team"


async def test_a_deleted_case_is_not_listed(sides: Sides) -> None:
    sides.delete(sides.add_ticket(status="Open"))
    assert (await sides.ports.remote.list_rows(1, 50)).rows == ()


async def test_solved_closes_by_itself_and_closed_takes_no_status(sides: Sides) -> None:
    case = sides.add_ticket(status="Open")
    await sides.ports.remote.update(case, {"status": "Solved"}, go_on)
    sides.pass_days(4)
    assert (await sides.ports.remote.get(case)).values["status"] == "Closed"
    with pytest.raises(TicketError) as error:
        await sides.ports.remote.update(case, {"status": "InProgress"}, go_on)
    assert error.value.code is ErrorCode.VALIDATION_ERROR
    assert (await sides.ports.remote.get(case)).values["status"] == "Closed"


async def test_assignment_is_not_written(sides: Sides) -> None:
    assert not sides.ports.remote.writes_assignment


async def test_where_no_queue_is_chosen_there_is_one_list(sides: Sides) -> None:
    assert list(sides.ports.remote.queues) == [""]
