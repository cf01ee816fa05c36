"""Which tickets a reader takes from a list: `total` may be wrong, bounds are widened."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.core.errors import ErrorCode, PageRefused, RetryableError
from qcontact_sync.core.model import Page, RemoteId, RemoteTicket, Window
from qcontact_sync.qcontact.tickets_dialect import TicketsClient
from qcontact_sync.sync.inbound_batches import batches_of
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.reader import ListReader

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = Window(START, START + timedelta(hours=2))
PAGE_SIZE = 10


class Listing(TicketsClient):
    """A list of one ticket every ten seconds.

    Args:
        total: The total that it reports, of that of the tickets asked for.
        shown: It shows no more than this of any list.
        says_more: Whether a page tells that there are more; otherwise only its length does.
        is_strict: Whether a page after the last one is refused.
    """

    def __init__(
        self,
        count: int,
        total: Callable[[int], int],
        *,
        shown: int | None = None,
        says_more: bool = True,
        is_strict: bool = False,
    ) -> None:
        self._stamps = [START + timedelta(seconds=10 * number) for number in range(count)]
        self._total = total
        self._shown = shown
        self._says_more = says_more
        self._is_strict = is_strict
        self.asked = 0

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        self.asked += 1
        start = window.start or START
        found = [i for i, at in enumerate(self._stamps) if start <= at < window.end]
        end = min(len(found), self._shown or len(found))
        rows = found[:end][(page - 1) * page_size : page * page_size]
        if self._is_strict and page > 1 and not rows:
            raise PageRefused("GET /tickets: 400", ErrorCode.VALIDATION_ERROR)
        return Page(
            tuple(RemoteTicket(RemoteId(str(i)), {}, self._stamps[i]) for i in rows),
            self._total(len(found)),
            page,
            page_size,
            has_more=self._says_more and page * page_size < end,
        )


async def read(reader: ListReader) -> list[PageDelta]:
    return [delta async for delta in reader.read(HOURS)]


def ids(deltas: list[PageDelta]) -> set[str]:
    return {ticket.id for delta in deltas for ticket in delta.tickets}


def settled(deltas: list[PageDelta]) -> list[datetime]:
    return [delta.settled_until for delta in deltas if delta.settled_until]


@pytest.mark.parametrize("says_more", [True, False], ids=["has-more", "full-pages-only"])
@pytest.mark.parametrize("is_strict", [True, False], ids=["strict", "lenient"])
@pytest.mark.parametrize("total", [lambda n: n * 5 // 9, lambda n: min(n, 20), lambda _: 0])
@pytest.mark.parametrize("count", [9, 10, 45, 250, 450])
async def test_every_page_is_read_although_the_total_is_too_low(
    count: int, total: Callable[[int], int], is_strict: bool, says_more: bool
) -> None:
    listing = Listing(count, total, says_more=says_more, is_strict=is_strict)
    reader = ListReader(listing, page_size=PAGE_SIZE)
    deltas = await read(reader)
    assert len(ids(deltas)) == count
    assert settled(deltas)[-1] == HOURS.end
    assert reader.shortfall is None


async def test_a_slice_that_turns_out_too_long_is_divided() -> None:
    listing = Listing(700, lambda n: min(n, 20))
    reader = ListReader(listing, page_size=PAGE_SIZE, max_slice=100)
    deltas = await read(reader)
    assert len(ids(deltas)) == 700
    assert len(settled(deltas)) > 7
    assert settled(deltas) == sorted(settled(deltas))


@pytest.mark.parametrize(
    "total", [lambda n: n + 3, lambda _: 90_000, lambda n: n * 11 // 10 + 1, lambda n: max(n, 701)]
)
async def test_what_is_listed_comes_in_although_the_total_is_too_high(
    total: Callable[[int], int],
) -> None:
    listing = Listing(700, total)
    reader = ListReader(listing, page_size=PAGE_SIZE)
    deltas = await read(reader)
    assert len(ids(deltas)) == 700
    assert settled(deltas) == []
    assert reader.shortfall is not None
    assert listing.asked < 4_000


class CountsOneTooMany(Listing):
    """Counts one ticket in the first hour that it does not list."""

    lost = START + timedelta(minutes=40)

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        found = await super().list_page(window, page, page_size)
        is_counted = (window.start or START) <= self.lost < window.end
        return replace(found, total=found.total + is_counted)


async def test_nothing_is_settled_from_the_slice_on_that_is_short_and_later_ones_come_in() -> None:
    listing = CountsOneTooMany(700, lambda n: n)
    reader = ListReader(listing, page_size=PAGE_SIZE, max_slice=100)
    deltas = await read(reader)
    assert len(ids(deltas)) == 700
    assert settled(deltas)
    assert max(settled(deltas)) <= listing.lost
    assert reader.shortfall is not None


async def test_a_list_that_is_capped_is_read_in_parts() -> None:
    listing = Listing(700, lambda n: n, shown=100)
    reader = ListReader(listing, page_size=PAGE_SIZE)
    deltas = await read(reader)
    assert len(ids(deltas)) == 700
    assert settled(deltas)[-1] == HOURS.end
    assert reader.shortfall is None


async def test_a_page_that_repeats_ends_although_the_total_is_reached() -> None:
    class Repeats(Listing):
        async def list_page(self, window: Window, page: int, page_size: int) -> Page:
            found = await super().list_page(window, 1, page_size)
            return Page(found.tickets, PAGE_SIZE, page, page_size, has_more=True)

    reader = ListReader(Repeats(45, lambda n: n), page_size=PAGE_SIZE)
    with pytest.raises(RetryableError) as caught:
        await read(reader)
    assert caught.value.code is ErrorCode.PARSE_ERROR


@pytest.mark.parametrize("takes_later", [True, False])
async def test_what_is_stamped_just_after_the_window_is_taken_where_it_ends_now(
    takes_later: bool,
) -> None:
    end = START + timedelta(seconds=39.5)  # one ticket every ten seconds
    reader = ListReader(Listing(45, lambda n: n), page_size=PAGE_SIZE, max_slice=2)
    window = Window(START - timedelta(seconds=5), end)
    deltas = [delta async for delta in reader.read(window, takes_later=takes_later)]
    assert ids(deltas) == {"0", "1", "2", "3", "4"} - (set() if takes_later else {"4"})
    assert settled(deltas)[-1] == end


class HeavyListing(Listing):
    """Each page weighs four million characters."""

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        found = await super().list_page(window, page, page_size)
        text = "x" * 400_000
        tickets = tuple(
            RemoteTicket(t.id, {"description": text}, t.updated_at) for t in found.tickets
        )
        return replace(found, tickets=tickets)


async def test_little_is_read_ahead_of_heavy_pages() -> None:
    listing = HeavyListing(700, lambda n: n)
    reader = ListReader(listing, page_size=PAGE_SIZE, max_slice=200)
    seen = set[str]()
    async for delta in reader.read(HOURS):
        seen |= {ticket.id for ticket in delta.tickets}
        for _ in range(100):
            await asyncio.sleep(0)
        # 32 million characters wait, and each of four slices has a page or a few under way.
        assert listing.asked - len(seen) // PAGE_SIZE <= 30
    assert len(seen) == 700


def test_a_batch_is_full_by_its_tickets_or_its_text() -> None:
    light = [RemoteTicket(RemoteId(str(i)), {"title": "x"}) for i in range(2_500)]
    assert [len(batch) for batch in batches_of(light)] == [1_000, 1_000, 500]
    heavy = [RemoteTicket(RemoteId(str(i)), {"description": "x" * 300_000}) for i in range(1_000)]
    sizes = [len(batch) for batch in batches_of(heavy)]
    assert (sum(sizes), max(sizes)) == (1_000, 54)
