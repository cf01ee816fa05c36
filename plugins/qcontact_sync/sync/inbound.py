"""From QContact into FibreFlow: what is read, in which order, and when it is settled."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.core.model import Direction, People, RemoteId, RemoteTicket, SyncType, Window
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import TicketFailure
from qcontact_sync.core.windows import read_window
from qcontact_sync.sync.concurrency import KeyedTasks
from qcontact_sync.sync.context import Work
from qcontact_sync.sync.inbound_batches import BATCH, InboundBatches
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.reader import ListReader

log = logging.getLogger(__name__)

BATCHES_AT_ONCE = 2
"""One is decided while the database writes the other."""
MAX_RETRIED = 500


class Inbound:
    """One inbound pass of a run."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._batches = InboundBatches(work, People({}, {}))

    async def run(self) -> bool:
        """Bring in what the run's request covers.

        Returns:
            False if it stopped cleanly before its end.
        """
        work = self._work
        self._batches = InboundBatches(work, await work.store.load_people())
        if work.run.request.ticket_ids:
            await self._apply_asked_for(work.run.request.ticket_ids)
            return True
        is_retrying = not work.run.is_dated
        due = await work.store.list_due(Direction.INBOUND, MAX_RETRIED) if is_retrying else ()
        retried = await self._batches.apply_ids(due)
        is_complete = await self._apply_window()
        # The list was answered, so these tickets are the cause and not QContact.
        await self._batches.quarantine_unread(retried.unreachable)
        return is_complete

    async def _apply_asked_for(self, given: Sequence[str]) -> None:
        found = await self._work.store.resolve_ids(given)
        reads = await self._batches.apply_ids([found.get(i, RemoteId(i)) for i in given])
        reads.raise_if_nothing_answered()
        await self._batches.quarantine_unread(reads.unreachable)
        # An id that neither side has is a typing error: it does not stay in quarantine.
        async with self._work.unit(Direction.INBOUND) as unit:
            await unit.quarantine.forget_unlinked([RemoteId(i) for i in given if i not in found])
        await self._settle(None)

    async def _apply_window(self) -> bool:
        work = self._work
        reader = ListReader(work.remote, page_size=work.options.page_size)
        asked, overlap = work.run.window, work.options.overlap
        server_time = await reader.server_time(read_window(asked, overlap, None))
        # Without a given end, the window is read up to QContact's present, whatever our clock
        # shows; the cursor goes only up to the earlier of the two: either clock may be ahead.
        end = (work.run.ends_now and server_time) or asked.end
        since = await work.store.cursor_age(work.run.job_id) if work.run.moves_cursor else None
        window = read_window(Window(asked.start, end), overlap, server_time, since)
        if work.run.settled_until is not None:
            # What an earlier try of this run settled is neither read nor counted again.
            window = Window(work.run.settled_until, max(work.run.settled_until, window.end))
        log.info("inbound.reading window=%s", window)
        async with aclosing(reader.read(window)) as deltas:
            return await self._consume(deltas, window.end, latest_cursor=asked.end)

    async def _consume(
        self, deltas: AsyncGenerator[PageDelta, None], end: datetime, *, latest_cursor: datetime
    ) -> bool:
        """Apply what a reader hands out, whichever way it reads.

        Args:
            end: The ``settled_until`` of the last delta.
            latest_cursor: The cursor goes no further than this.

        Returns:
            False if it stopped cleanly before the end.
        """
        batches, batch = self._batches, list[RemoteTicket]()
        async with KeyedTasks(BATCHES_AT_ONCE) as tasks:
            async for delta in deltas:
                # The first one shows how many tickets the whole window has.
                batches.expected = batches.expected or batches.done + delta.expected
                batch += delta.tickets
                batches.doubted |= delta.doubted
                await batches.quarantine([_malformed(*found) for found in delta.malformed])
                if len(batch) >= BATCH or delta.settled_until:
                    await tasks.start({t.id for t in batch}, partial(batches.apply, batch))
                    batch = []
                if delta.settled_until:
                    await tasks.finish()
                    await self._settle(min(delta.settled_until, latest_cursor))
                if self._work.should_stop():
                    return delta.settled_until == end
        return True

    async def _settle(self, until: datetime | None) -> None:
        """Make a slice durable.

        Its unchanged tickets are counted only now: a retry that reads the slice again must not
        count them twice.
        """
        async with self._work.unit(Direction.INBOUND) as unit:
            await unit.progress.add_counts(Counts(skipped=self._batches.skipped))
            if until is not None:
                await unit.progress.settle_until(until)
        self._batches.skipped = 0


def _malformed(remote_id: str, reason: str) -> TicketFailure:
    return TicketFailure(
        RemoteId(remote_id or "(no id)"),
        SyncType.STATUS_UPDATE,
        ErrorCode.VALIDATION_ERROR,
        reason,
        version=reason,
        recoverable=False,
    )
