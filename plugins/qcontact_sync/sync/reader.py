"""Reading a list that changes while it is read.

The window is read in slices, oldest first. The order of the list, whether its bounds are included
and the resolution of its stamps are unknown: each slice is requested a little wider than it is, and
tickets of a neighbour are left to that slice. A slice is complete when the distinct ids seen reach
the largest ``total`` that was reported; until then it is read again, then divided, then reported.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from qcontact_sync.core.errors import ErrorCode, PageRefused, RetryableError
from qcontact_sync.core.model import Page, RemoteTicket, Window
from qcontact_sync.core.ports import RemoteTickets
from qcontact_sync.sync.concurrency import ReadAhead
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.slices import (
    REACH,
    divide,
    is_behind,
    is_divisible,
    is_neighbours,
    widened,
)

MAX_SLICE_TICKETS = 10_000
MAX_PASSES = 3
FANOUT = 16
SLICES_AHEAD = 4
"""Slices read at the same time; they are handed out in order."""
DELTAS_AHEAD = 16


@dataclass(slots=True)
class _Pass:
    """One reading of all pages of a slice.

    Attributes:
        nameless: Tickets without an id, or listed twice in one answer: ``total`` counts them, the
            ids do not.
    """

    totals: list[int] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    nameless: int = 0

    def add(self, page: Page) -> None:
        self.totals.append(page.total)
        ids = {t.id for t in page.tickets} | {key for key, _ in page.malformed if key}
        self.ids |= ids
        self.nameless += len(page.tickets) + len(page.malformed) - len(ids)

    @property
    def is_quiet(self) -> bool:
        """The total did not change during this pass, and all tickets were seen."""
        return min(self.totals) == max(self.totals) <= len(self.ids) + self.nameless


class ListReader:
    """Reads windows of QContact's ticket list."""

    def __init__(
        self, remote: RemoteTickets, *, page_size: int, max_slice: int = MAX_SLICE_TICKETS
    ) -> None:
        self._remote = remote
        self._page_size = page_size
        self._max_slice = max_slice
        self._probed: tuple[Window, Page] | None = None

    async def server_time(self, window: Window) -> datetime | None:
        """The remote's clock, from the ``Date`` of an answer.

        Args:
            window: The window to read, as far as it is known without the remote's clock: the
                answer is kept as its first page.
        """
        page = await self._first_page(window)
        self._probed = window, page
        return page.server_time

    async def _first_page(self, part: Window) -> Page:
        """The first page of a slice; the answer of `server_time` is used if it fits."""
        if self._probed is not None:
            window, page = self._probed
            self._probed = None
            # A later end shows the same tickets: none is stamped after the present.
            if window.start == part.start and window.end >= part.end:
                return page
        return await self._remote.list_page(widened(part), 1, self._page_size)

    async def read(self, window: Window) -> AsyncGenerator[PageDelta, None]:
        """Hand out every ticket updated in the window, slice by slice, oldest slice first.

        Raises:
            RetryableError: ``PARSE_ERROR``: even the smallest slice cannot be read completely.
            PageRefused: QContact does not show all pages even of the smallest slice.
        """
        line = deque([_Reading(window)])
        try:
            while line:
                for reading in islice(line, SLICES_AHEAD):
                    reading.begin(self._read_part)
                try:
                    async for delta in line[0].begin(self._read_part):
                        yield delta
                    line.popleft()
                except _Divided as divided:
                    line.popleft()
                    line.extendleft(_Reading(part) for part in reversed(divided.parts))
        finally:
            for reading in line:
                await reading.close()

    async def _read_part(self, part: Window) -> AsyncIterator[PageDelta]:
        """Read one slice.

        Raises:
            _Divided: It is too large, or keeps changing.
        """
        first = await self._first_page(part)
        if first.total > self._max_slice and is_divisible(part):
            yield PageDelta(expected=first.total)
            raise _Divided(divide(part, first.total // self._max_slice + 1))
        slice_ = _Slice(self._remote, part, self._page_size)
        try:
            async for delta in slice_.read(first):
                yield delta
        except PageRefused:
            if not is_divisible(part):
                raise
        if slice_.is_complete:
            yield PageDelta(settled_until=part.end, expected=first.total)
        elif is_divisible(part):
            raise _Divided(divide(part, 2))
        else:
            raise RetryableError(
                f"the list would not hold still: {slice_.seen} of {slice_.expected} tickets "
                f"seen in {MAX_PASSES} passes",
                ErrorCode.PARSE_ERROR,
            )


class _Divided(Exception):
    """A slice must be read as these smaller ones, oldest first."""

    def __init__(self, parts: list[Window]) -> None:
        super().__init__()
        self.parts = parts


class _Reading:
    """A slice that is being read, or will be."""

    def __init__(self, part: Window) -> None:
        self._part = part
        self._ahead: ReadAhead[PageDelta] | None = None

    def begin(self, read: Callable[[Window], AsyncIterator[PageDelta]]) -> AsyncIterator[PageDelta]:
        """Start reading in the background, if not started yet; returns the output."""
        self._ahead = self._ahead or ReadAhead(read(self._part), DELTAS_AHEAD)
        return self._ahead

    async def close(self) -> None:
        """Stop reading."""
        if self._ahead is not None:
            await self._ahead.close()


class _Slice:
    """The state of one slice while it is read."""

    def __init__(self, remote: RemoteTickets, window: Window, page_size: int) -> None:
        self._remote = remote
        self._window = window
        self._page_size = page_size
        self._handed_out: dict[str, datetime | None] = {}
        self._ids: set[str] = set()
        self._nameless = 0
        self.expected = 0
        self.is_complete = False

    @property
    def seen(self) -> int:
        """Distinct tickets seen over all passes."""
        return len(self._ids) + self._nameless

    async def read(self, first: Page) -> AsyncIterator[PageDelta]:
        """Read all pages until the slice is complete, at most `MAX_PASSES` times."""
        for number in range(MAX_PASSES):
            if number:
                first = await self._page(1)
            reading = _Pass()
            async for page in self._pages(first):
                reading.add(page)
                yield self._fresh(page)
            self._ids |= reading.ids
            self._nameless = max(self._nameless, reading.nameless)
            self.expected = max(self.expected, *reading.totals)
            # If a ticket left the window before any pass saw it, the largest total cannot be
            # reached although nothing is missing: a pass without changes is complete, too.
            if self.seen >= self.expected or reading.is_quiet:
                self.is_complete = True
                return

    async def _pages(self, first: Page) -> AsyncIterator[Page]:
        """The pages of one pass, several at a time, as they arrive."""
        yield first
        size = min(first.page_size, len(first.tickets) + len(first.malformed)) or self._page_size
        numbers = iter(range(2, -(-first.total // size) + 1))
        running: set[asyncio.Task[Page]] = set()
        done: set[asyncio.Task[Page]] = set()
        try:
            while True:
                while len(running) < FANOUT and (number := next(numbers, None)) is not None:
                    running.add(asyncio.ensure_future(self._page(number)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            # Includes tasks that failed beside the one that was raised: asyncio would report them.
            await _cancel(running | done)

    async def _page(self, number: int) -> Page:
        return await self._remote.list_page(widened(self._window), number, self._page_size)

    def _fresh(self, page: Page) -> PageDelta:
        tickets = tuple(t for t in page.tickets if self._is_fresh(t))
        malformed = tuple(m for m in page.malformed if (m[0] or m[1]) not in self._ids)
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

    def _is_fresh(self, ticket: RemoteTicket) -> bool:
        """Whether this version belongs to the slice and has not been handed out."""
        stamp = ticket.updated_at
        if stamp is not None and is_neighbours(self._window, stamp):
            return False
        if ticket.id in self._handed_out and self._handed_out[ticket.id] == stamp:
            return False
        self._handed_out[ticket.id] = stamp
        return True


async def _cancel(tasks: set[asyncio.Task[Page]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
