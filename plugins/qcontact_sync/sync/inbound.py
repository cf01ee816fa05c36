"""From QContact into FibreFlow: what is read, in which order, and when it is settled."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import cast

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import Direction, People, RemoteId, SyncType, Window
from qcontact_sync.core.ports import RemoteTickets, WalkedList, WalkedTickets
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import TicketFailure
from qcontact_sync.core.windows import read_window
from qcontact_sync.sync.concurrency import KeyedTasks
from qcontact_sync.sync.context import Ending, Work
from qcontact_sync.sync.inbound_batches import InboundBatches, is_full
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.reader import ListReader
from qcontact_sync.sync.walk_reader import WalkReader

log = logging.getLogger(__name__)

BATCHES_AT_ONCE = 2
"""One is decided while the database writes the other."""
MAX_RETRIED = 500


class Inbound:
    """One inbound pass of a run."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._batches = InboundBatches(work, People({}, {}))
        self._nameless = 0

    async def run(self) -> Ending:
        """Bring in what the run's request covers."""
        work = self._work
        self._batches = InboundBatches(work, await work.load_people())
        if work.run.request.ticket_ids:
            await self._apply_asked_for(work.run.request.ticket_ids)
            return Ending()
        is_retrying = not work.run.is_dated
        due = await work.store.list_due(Direction.INBOUND, MAX_RETRIED) if is_retrying else ()
        retried = await self._batches.apply_ids(due)
        walked = isinstance(work.remote, WalkedList)
        ending = await (self._apply_walk() if walked else self._apply_window())
        # The list was answered, so these tickets are the cause and not QContact.
        await self._batches.quarantine_unread(retried.unreachable)
        return ending

    async def _apply_asked_for(self, given: Sequence[str]) -> None:
        found = await self._work.store.resolve_ids(given)
        reads = await self._batches.apply_ids([found.get(i, RemoteId(i)) for i in given])
        reads.raise_if_nothing_answered()
        await self._batches.quarantine_unread(reads.unreachable)
        # An id that neither side has is a typing error: it does not stay in quarantine.
        async with self._work.unit(Direction.INBOUND) as unit:
            await unit.quarantine.forget_unlinked([RemoteId(i) for i in given if i not in found])
        await self._settle(None)

    async def _apply_walk(self) -> Ending:
        work, window = self._work, self._work.run.window
        remote = cast(WalkedTickets, work.remote)
        reader = WalkReader(
            remote,
            await work.store.read_listed_rows(
                work.run.job_id, work.options.policy.mapping.status.terminal
            ),
            await work.store.cursor_age(work.run.job_id),
            page_size=work.options.page_size,
            connections=work.options.connections,
        )
        log.info("inbound.walking window=%s", window)
        deltas = (
            reader.read_window(window)
            if work.run.is_dated
            else reader.read(window.end, force=work.run.request.force_resync)
        )
        async with aclosing(deltas):
            # An earlier try of this run that settled has counted the unchanged tickets.
            is_first = work.run.settled_until is None
            is_complete = await self._consume(
                deltas, latest_cursor=window.end, counts_unchanged=is_first
            )
        return Ending(is_complete and not reader.shortfall, reader.shortfall)

    async def _apply_window(self) -> Ending:
        work = self._work
        remote = cast(RemoteTickets, work.remote)
        reader = ListReader(remote, page_size=work.options.page_size)
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
        async with aclosing(reader.read(window, takes_later=work.run.ends_now)) as deltas:
            is_complete = await self._consume(deltas, end=window.end, latest_cursor=asked.end)
        return Ending(is_complete and not reader.shortfall, reader.shortfall)

    async def _consume(
        self,
        deltas: AsyncGenerator[PageDelta, None],
        *,
        end: datetime | None = None,
        latest_cursor: datetime,
        counts_unchanged: bool = True,
    ) -> bool:
        """Apply what a reader hands out, whichever way it reads.

        Args:
            end: The ``settled_until`` of the last delta, where that one is the end.
            latest_cursor: The cursor goes no further than this.

        Returns:
            False if it stopped cleanly before the end.
        """
        batches, batch = self._batches, list[Listed]()
        async with KeyedTasks(BATCHES_AT_ONCE) as tasks:
            async for delta in deltas:
                self._note(delta, counts_unchanged=counts_unchanged)
                await batches.quarantine([self._malformed(*found) for found in delta.malformed])
                await batches.quarantine_unread(delta.unread)
                batch += delta.tickets
                # Details take long to read: they are settled as they come.
                if is_full(batch) or delta.settled_until or delta.digests:
                    await self._start_batch(tasks, batch, is_trusted=bool(delta.digests))
                    batch = []
                if delta.settled_until:
                    await tasks.finish()
                    await self._settle(min(delta.settled_until, latest_cursor))
                if self._work.should_stop():
                    return end is not None and delta.settled_until == end
            await self._start_batch(tasks, batch)
        if batches.skipped:
            await self._settle(None)
        return True

    async def _start_batch(
        self, tasks: KeyedTasks, batch: Sequence[Listed], *, is_trusted: bool = False
    ) -> None:
        apply = partial(self._batches.apply, batch, is_trusted=is_trusted)
        await tasks.start({t.id for t in batch}, apply)

    def _note(self, delta: PageDelta, *, counts_unchanged: bool) -> None:
        batches = self._batches
        # The first one shows how many tickets the whole window has.
        batches.expected = batches.expected or batches.done + delta.expected
        batches.doubted |= delta.doubted
        batches.digests.update(delta.digests)
        if counts_unchanged:
            batches.skipped += delta.unchanged
        batches.done += delta.unchanged

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

    def _malformed(self, remote_id: str, reason: str) -> TicketFailure:
        return TicketFailure(
            RemoteId(remote_id or self._next_name()),
            SyncType.STATUS_UPDATE,
            ErrorCode.VALIDATION_ERROR,
            reason,
            version=reason,
            recoverable=False,
        )

    def _next_name(self) -> str:
        """The id to record; each ticket without one counts separately."""
        self._nameless += 1
        return "(no id)" if self._nameless == 1 else f"(no id) {self._nameless}"
