"""Every row of a list once, however it moves and counts."""

from dataclasses import dataclass, field

import pytest
from qcontact_sync.core.model import ListedRow, RemoteId, RowPage
from qcontact_sync.sync.list_walk import MAX_PASSES, walk_lists


def page(numbers, count, number, size=3, **more) -> RowPage:
    rows = tuple(ListedRow(RemoteId(str(n)), f"digest of {n}") for n in numbers)
    return RowPage(rows, number, size, count, **more)


@dataclass
class Listing:
    """A list of cases, newest first, that may be edited between two pages."""

    cases: list[int]
    size: int = 3
    count: int | None = -1
    edits: dict[int, object] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    repeats_last: bool = False
    queues: tuple[str, ...] = ("",)

    async def list_rows(self, number, page_size, queue=None):
        self.asked.append(number)
        if edit := self.edits.pop(len(self.asked), None):
            edit(self.cases)
        pages = -(-len(self.cases) // self.size)
        shown = min(number, pages) if self.repeats_last else number
        count = len(self.cases) if self.count == -1 else self.count
        cases = self.cases[(shown - 1) * self.size : shown * self.size]
        return page(cases, count, number, self.size)


async def walked(listing):
    walk = await walk_lists(listing, 50)
    return sorted(map(int, walk.rows)), walk.is_complete


@pytest.mark.parametrize("cases", [0, 1, 3, 4, 9, 10])
async def test_a_quiet_list_is_read_once(cases):
    listing = Listing(list(range(cases)))
    assert await walked(listing) == (list(range(cases)), True)
    assert sorted(listing.asked) == sorted(set(listing.asked))


@pytest.mark.parametrize("count", [0, 3, 5, None])
async def test_a_count_that_is_too_low_or_missing_ends_nothing(count):
    listing = Listing(list(range(10)), count=count)
    assert (await walked(listing))[0] == list(range(10))


async def test_a_count_that_is_too_high_for_ever_is_said():
    listing = Listing(list(range(10)), count=12)
    assert await walked(listing) == (list(range(10)), False)


async def test_a_server_that_repeats_its_last_page_comes_to_an_end():
    listing = Listing(list(range(9)), count=None, repeats_last=True)
    assert (await walked(listing))[0] == list(range(9))


async def test_a_case_that_leaves_while_pages_are_read_hides_no_other():
    listing = Listing(list(range(10)), edits={2: lambda cases: cases.remove(0)})
    seen, is_complete = await walked(listing)
    assert set(range(1, 10)) <= set(seen)
    assert is_complete


async def test_a_case_that_comes_while_pages_are_read_is_seen():
    listing = Listing(list(range(10)), edits={2: lambda cases: cases.insert(0, 99)})
    assert await walked(listing) == ([*range(10), 99], True)


async def test_a_list_that_never_holds_still_is_given_up_as_incomplete():
    class Restless(Listing):
        async def list_rows(self, number, page_size, queue=None):
            self.cases.insert(0, 100 + len(self.asked))
            return await super().list_rows(number, page_size, queue)

    listing = Restless(list(range(10)))
    _, is_complete = await walked(listing)
    assert not is_complete
    assert listing.asked.count(1) == MAX_PASSES


async def test_the_lists_of_all_queues_are_walked():
    class Queues(Listing):
        async def list_rows(self, number, page_size, queue=None):
            shown = [n for n in self.cases if n % 2 == int(queue)]
            return page(shown[(number - 1) * 3 : number * 3], len(shown), number)

    assert await walked(Queues(list(range(11)), queues=("0", "1"))) == (list(range(11)), True)


async def test_rows_without_a_usable_id_count_as_seen():
    class Broken(Listing):
        async def list_rows(self, number, page_size, queue=None):
            return page([1, 2], 3, number, malformed=(("", "id is missing"),))

    walk = await walk_lists(Broken([]), 50)
    assert walk.is_complete
    assert walk.malformed == {"": "id is missing"}
