"""One slice of a list that changes while it is read: its pages, and whether all of it was seen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from qcontact_sync.core.errors import PageRefused
from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import Page, Window
from qcontact_sync.core.ports import RemoteTickets
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.slices import REACH, is_after, is_before, is_behind, widened

MAX_PASSES = 3
FANOUT = 16
PAGES_WEIGHT = 16_000_000
"""Expected limit of the pages that are asked for at the same time (characters)."""


@dataclass(slots=True)
class _SlicePass:
    """One reading of all pages of a slice.

    Attributes:
        nameless: Tickets without an id, or listed twice in one answer: ``total`` counts them, the
            ids do not.
        unnamed: ``malformed`` of the pages, those without an id.
        is_ended: False if a page promised more, and the next one brought nothing new.
    """

    totals: list[int] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    nameless: int = 0
    unnamed: list[tuple[str, str]] = field(default_factory=list)
    is_ended: bool = True

    def add(self, page: Page) -> bool:
        """Take a page in; returns whether it brought anything new."""
        ids = {t.id for t in page.tickets} | {key for key, _ in page.malformed if key}
        seen = self.seen
        self.totals.append(page.total)
        self.ids |= ids
        self.nameless += _rows(page) - len(ids)
        self.unnamed += (m for m in page.malformed if not m[0])
        return self.seen > seen

    @property
    def seen(self) -> int:
        """Tickets on the pages so far."""
        return len(self.ids) + self.nameless

    @property
    def is_quiet(self) -> bool:
        """The total did not change during this pass, and all tickets were seen."""
        return min(self.totals) == max(self.totals) <= self.seen

    def is_like(self, other: "_SlicePass | None") -> bool:
        """Whether another pass saw the same."""
        return (
            other is not None
            and self.ids == other.ids
            and self.nameless == other.nameless
            and set(self.totals) == set(other.totals)
        )


class SliceOverflow(Exception):
    """A slice turned out to be longer than its limit."""


class SlicePasses:
    """The state of one slice while it is read.

    Args:
        limit: More tickets than this raise `SliceOverflow`; None: no limit.
        takes_later: Whether what is stamped after the slice is taken with it.

    Attributes:
        expected: The largest ``total`` that was reported.
        is_complete: Everything was seen.
        is_ended: The last pass came to the end of the list.
        is_steady: Two passes that came to the end saw the same, and less than ``total``.
        unnamed: ``malformed`` of those without an id: each pass shows the same ones again, so they
            are reported with the whole slice.
    """

    def __init__(
        self,
        remote: RemoteTickets,
        window: Window,
        page_size: int,
        *,
        limit: int | None = None,
        takes_later: bool = False,
    ) -> None:
        self._remote = remote
        self._window = window
        self._page_size = page_size
        self._limit = limit
        self._takes_later = takes_later
        self._handed_out: dict[str, datetime | None] = {}
        self._ids: set[str] = set()
        self._nameless = 0
        self.expected = 0
        self.is_complete = False
        self.is_ended = True
        self.is_steady = False
        self.unnamed: list[tuple[str, str]] = []

    @property
    def seen(self) -> int:
        """Distinct tickets seen over all passes."""
        return len(self._ids) + self._nameless

    @property
    def missing(self) -> int:
        """How many tickets the largest total counts beyond those seen."""
        return self.expected - self.seen

    async def read(self, first: Page) -> AsyncIterator[PageDelta]:
        """Read all pages until the slice is complete, at most `MAX_PASSES` times."""
        previous: _SlicePass | None = None
        for number in range(MAX_PASSES):
            if number:
                first = await self._page(1)
            reading = _SlicePass()
            async for page in self._pages(first, reading):
                yield self._fresh(page)
                if self._limit is not None and len(reading.ids) > self._limit:
                    raise SliceOverflow
            self._end(reading, previous)
            if self.is_complete or self.is_steady:
                return
            previous = reading

    def _end(self, reading: _SlicePass, previous: _SlicePass | None) -> None:
        self._ids |= reading.ids
        self._nameless = max(self._nameless, reading.nameless)
        self.unnamed = max(self.unnamed, reading.unnamed, key=len)
        self.expected = max(self.expected, *reading.totals)
        self.is_ended = reading.is_ended
        # If a ticket left the window before any pass saw it, the largest total cannot be
        # reached although nothing is missing: a pass without changes is complete, too.
        is_all = self.seen >= self.expected or reading.is_quiet
        self.is_complete = reading.is_ended and is_all
        self.is_steady = reading.is_ended and reading.is_like(previous)

    async def _pages(self, first: Page, reading: _SlicePass) -> AsyncIterator[Page]:
        """The pages of one pass: as many as ``total`` counts, then on to the end of the list."""
        reading.add(first)
        yield first
        last, number = first, 1
        async for ahead, page in self._counted_pages(first):
            reading.add(page)
            yield page
            if ahead > number:
                last, number = page, ahead
        size = max(1, _rows(first) if first.has_more else min(first.page_size, self._page_size))
        # ``total`` may be too low: an estimate, or capped.
        while last.has_more or _rows(last) >= size:
            number += 1
            try:
                last = await self._page(number)
            except PageRefused:
                if last.has_more or reading.seen < last.total:
                    raise
                return
            is_new = reading.add(last)
            yield last
            if not is_new:
                reading.is_ended = not last.has_more
                return

    async def _counted_pages(self, first: Page) -> AsyncIterator[tuple[int, Page]]:
        """The pages after the first that ``total`` counts, several at a time, as they arrive."""
        size = min(first.page_size, _rows(first)) or self._page_size
        numbers = iter(range(2, -(-first.total // size) + 1))
        fanout = _fanout(first)
        running: dict[asyncio.Task[Page], int] = {}
        done: set[asyncio.Task[Page]] = set()
        try:
            while True:
                while len(running) < fanout and (number := next(numbers, None)) is not None:
                    running[asyncio.ensure_future(self._page(number))] = number
                if not running:
                    return
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    page = task.result()
                    fanout = min(fanout, _fanout(page))
                    if not (_rows(page) or page.has_more):
                        numbers = iter(())
                    yield running[task], page
                for task in done:
                    del running[task]
        finally:
            # Includes tasks that failed beside the one that was raised: asyncio would report them.
            await _cancel({*running, *done})

    async def _page(self, number: int) -> Page:
        return await self._remote.list_page(widened(self._window), number, self._page_size)

    def _fresh(self, page: Page) -> PageDelta:
        tickets = tuple(t for t in page.tickets if self._is_fresh(t))
        malformed = tuple(m for m in page.malformed if m[0] and m[0] not in self._ids)
        doubted = frozenset(t.id for t in tickets if self._is_doubted(t.updated_at, page))
        return PageDelta(tickets, malformed, doubted, expected=page.total)

    def _is_doubted(self, stamp: datetime | None, page: Page) -> bool:
        """Whether a listed version may be stale.

        A stamp in the future was set before the remote's clock was set back.
        """
        if stamp is None:
            return False
        is_ahead = page.server_time is not None and stamp > page.server_time + REACH
        return is_ahead or is_behind(self._window, stamp)

    def _is_fresh(self, ticket: Listed) -> bool:
        """Whether this version belongs to the slice and has not been handed out."""
        stamp = ticket.updated_at
        if stamp is not None and self._is_neighbours(stamp):
            return False
        if ticket.id in self._handed_out and self._handed_out[ticket.id] == stamp:
            return False
        self._handed_out[ticket.id] = stamp
        return True

    def _is_neighbours(self, stamp: datetime) -> bool:
        """Whether a stamp belongs to a neighbour and is listed only because the request was
        widened.

        A stamp that lies further out contradicts the list that showed it; no other slice shows it.
        """
        is_later = not self._takes_later and is_after(self._window, stamp)
        return is_before(self._window, stamp) or is_later


def is_at_end(page: Page) -> bool:
    """Whether the list ends with this page; its ``total`` does not matter."""
    return not page.has_more and _rows(page) < page.page_size


def _fanout(page: Page) -> int:
    """How many pages like this one are asked for at the same time."""
    weight = sum(ticket.weight for ticket in page.tickets)
    return max(1, min(FANOUT, PAGES_WEIGHT // max(1, weight)))


def _rows(page: Page) -> int:
    return len(page.tickets) + len(page.malformed)


async def _cancel(tasks: set[asyncio.Task[Page]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
