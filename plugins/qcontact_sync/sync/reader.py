"""Reading a list that changes while it is read.

The window is read in slices, oldest first. The order of the list, whether its bounds are included
and the resolution of its stamps are unknown: each slice is requested a little wider than it is, and
tickets of a neighbour are left to that slice. A slice is complete when its pages came to an end and
the distinct ids seen reach the largest ``total`` that was reported; until then it is read again,
then divided, then reported. ``total`` alone never ends a slice: it may be too low.
"""

import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from qcontact_sync.core.errors import ErrorCode, PageRefused, RetryableError
from qcontact_sync.core.model import Page, Window
from qcontact_sync.core.ports import RemoteTickets
from qcontact_sync.sync.concurrency import ReadAhead, WeightLimit
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.slice_passes import MAX_PASSES, SliceOverflow, SlicePasses, is_at_end
from qcontact_sync.sync.slices import MAX_PARTS, divide, is_divisible, widened

log = logging.getLogger(__name__)

MAX_SLICE_TICKETS = 10_000
SLICES_AHEAD = 4
"""Slices read at the same time; they are handed out in order."""
DELTAS_AHEAD = 16
WEIGHT_AHEAD = 32_000_000
"""Limit of what is read ahead in all slices together (characters), except one page each."""
MAX_SHORT = 8
"""After this many slices whose ``total`` was never reached, slices are not divided any more."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A slice to read.

    Attributes:
        missing: How many tickets its parent counted and did not show, if it was divided for that.
        takes_later: Whether what is stamped after it is taken with it.
    """

    window: Window
    missing: int | None = None
    takes_later: bool = False

    def divided(self, parts: int, missing: int | None = None) -> list["_Part"]:
        """Smaller ones, oldest first."""
        windows = divide(self.window, parts)
        return [_Part(w, missing, self.takes_later and w.end == self.window.end) for w in windows]


class ListReader:
    """Reads windows of QContact's ticket list.

    Attributes:
        shortfall: Why the read is not complete, for a person, if the list showed fewer tickets than
            it counts.
    """

    def __init__(
        self, remote: RemoteTickets, *, page_size: int, max_slice: int = MAX_SLICE_TICKETS
    ) -> None:
        self._remote = remote
        self._page_size = page_size
        self._max_slice = max_slice
        self._probed: tuple[Window, Page] | None = None
        self._short = 0
        self.shortfall: str | None = None

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

    async def read(
        self, window: Window, *, takes_later: bool = False
    ) -> AsyncGenerator[PageDelta, None]:
        """Hand out every ticket updated in the window, slice by slice, oldest slice first.

        Nothing is reported as settled from the first slice on that shows fewer tickets than it
        counts (``shortfall``).

        Args:
            takes_later: Whether what is stamped within a second after the window is taken too.

        Raises:
            RetryableError: ``PARSE_ERROR``: even the smallest slice has no end.
            PageRefused: QContact does not show all pages even of the smallest slice.
        """
        line = deque([_Reading(_Part(window, takes_later=takes_later))])
        ahead = WeightLimit(WEIGHT_AHEAD)
        try:
            while line:
                for reading in islice(line, SLICES_AHEAD):
                    reading.begin(self._read_part, ahead)
                try:
                    async for delta in line[0].begin(self._read_part, ahead):
                        yield delta if self.shortfall is None else _unsettled(delta)
                    line.popleft()
                except _Divided as divided:
                    line.popleft()
                    line.extendleft(_Reading(part) for part in reversed(divided.parts))
                except _Short as short:
                    line.popleft()
                    self._report(short)
        finally:
            for reading in line:
                await reading.close()

    async def _read_part(self, part: _Part) -> AsyncIterator[PageDelta]:
        """Read one slice.

        Raises:
            _Divided: It is too large, or keeps changing.
            _Short: Its list ends before ``total`` is reached.
        """
        window = part.window
        first = await self._first_page(window)
        may_divide = is_divisible(window)
        if first.total > self._max_slice and may_divide and not is_at_end(first):
            yield PageDelta(expected=first.total)
            raise _Divided(part.divided(first.total // self._max_slice + 1))
        slice_ = SlicePasses(
            self._remote,
            window,
            self._page_size,
            limit=self._max_slice if may_divide else None,
            takes_later=part.takes_later,
        )
        try:
            async for delta in slice_.read(first):
                yield delta
        except PageRefused:
            if not may_divide:
                raise
            raise _Divided(part.divided(2)) from None
        except SliceOverflow:
            raise _Divided(part.divided(MAX_PARTS)) from None
        if slice_.is_complete:
            unnamed = tuple(slice_.unnamed)
            yield PageDelta(malformed=unnamed, settled_until=window.end, expected=first.total)
            return
        incomplete = self._incomplete(part, slice_)
        if isinstance(incomplete, _Short):
            yield PageDelta(malformed=tuple(slice_.unnamed), expected=first.total)
        raise incomplete

    def _incomplete(self, part: _Part, slice_: SlicePasses) -> Exception:
        if is_divisible(part.window) and self._may_divide_help(part, slice_):
            return _Divided(part.divided(2, slice_.missing if slice_.is_steady else None))
        if slice_.is_ended:
            self._short += 1
            return _Short(part.window, slice_)
        return RetryableError(
            f"the list kept changing while it was read: {slice_.seen} of {slice_.expected} tickets "
            f"seen in {MAX_PASSES} passes",
            ErrorCode.PARSE_ERROR,
        )

    def _may_divide_help(self, part: _Part, slice_: SlicePasses) -> bool:
        """A list that is capped shows more in parts; one that counts wrong does not."""
        if not slice_.is_steady:
            return True
        is_less = part.missing is None or slice_.missing < part.missing
        return is_less and self._short < MAX_SHORT

    def _report(self, short: "_Short") -> None:
        if self.shortfall is None:
            self.shortfall = (
                f"QContact counts {short.expected} tickets in {short.window} and lists "
                f"{short.seen}: those are synced, and the next run reads from there again"
            )
            log.warning("inbound.short %s", self.shortfall)


def _weight(delta: PageDelta) -> int:
    return sum(ticket.weight for ticket in delta.tickets)


def _unsettled(delta: PageDelta) -> PageDelta:
    return replace(delta, settled_until=None)


class _Divided(Exception):
    """A slice must be read as these smaller ones, oldest first."""

    def __init__(self, parts: list[_Part]) -> None:
        super().__init__()
        self.parts = parts


class _Short(Exception):
    """A slice ended repeatedly before its ``total`` was reached."""

    def __init__(self, window: Window, slice_: SlicePasses) -> None:
        super().__init__()
        self.window = window
        self.seen = slice_.seen
        self.expected = slice_.expected


class _Reading:
    """A slice that is being read, or will be."""

    def __init__(self, part: _Part) -> None:
        self._part = part
        self._ahead: ReadAhead[PageDelta] | None = None

    def begin(
        self, read: Callable[[_Part], AsyncIterator[PageDelta]], limit: WeightLimit
    ) -> AsyncIterator[PageDelta]:
        """Start reading in the background, if not started yet; returns the output."""
        if self._ahead is None:
            self._ahead = ReadAhead(read(self._part), DELTAS_AHEAD, limit, _weight)
        return self._ahead

    async def close(self) -> None:
        """Stop reading in the background, if that was begun."""
        if self._ahead is not None:
            await self._ahead.close()
