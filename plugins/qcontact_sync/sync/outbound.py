"""From FibreFlow to QContact: read what is there now, merge, send only what changed, settle."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import replace

from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    NeedsConfirmation,
    RemoteMoved,
    RetryableError,
    RowLocked,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import Direction, People, RemoteId, SyncType
from qcontact_sync.core.outbound import version_with
from qcontact_sync.core.store_ports import NoteToSend, OutboundPair
from qcontact_sync.sync.breaker import Breaker, Held
from qcontact_sync.sync.concurrency import run_all
from qcontact_sync.sync.context import Work, attempts, failure_of, log_quarantined
from qcontact_sync.sync.notes import NoteDoubtful
from qcontact_sync.sync.ticket_sender import TicketSender

log = logging.getLogger(__name__)

BATCH = 200
MIN_OUTBOUND_LIMIT = 500


class Outbound:
    """One outbound pass of a run."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._sender = TicketSender(work, People({}, {}), self._writing)
        self._breaker = Breaker()
        self._first_writes = asyncio.Lock()
        self._stopped_by: SyncError | None = None
        self._is_cut_short = False
        self._done = 0

    async def run(self) -> bool:
        """Send what is pending.

        Returns:
            False where it stopped cleanly before its end.

        Raises:
            NeedsConfirmation: More is pending than goes unasked; nothing was sent.
        """
        work = self._work
        self._sender = TicketSender(work, await work.store.load_people(), self._writing)
        await self._release_moot()
        pending = await self._pending()
        log.info("outbound.pending tickets=%d", len(pending))
        await self._check_amount(len(pending))
        await self._send_all(pending)
        if self._is_cut_short:
            return False
        await self._settle_suspects()
        return True

    async def _release_moot(self) -> None:
        work = self._work
        # A dated run leaves the quarantine alone.
        if work.is_dry or work.run.is_dated:
            return
        async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
            await unit.release_moot(internal_notes=work.options.internal_notes)

    async def _pending(self) -> Sequence[RemoteId]:
        work = self._work
        request = work.run.request
        only = None
        if request.ticket_ids:
            found = await work.store.resolve_ids(request.ticket_ids)
            only = sorted(set(found.values()))
        return await work.store.list_pending(
            work.run.window if work.run.is_dated else None,
            only,
            internal_notes=work.options.internal_notes,
        )

    async def _check_amount(self, pending: int) -> None:
        work = self._work
        limit = work.options.max_outbound
        if limit is None:
            limit = max(MIN_OUTBOUND_LIMIT, await work.store.count_links() // 5)
        if pending <= limit or work.run.request.confirm_outbound:
            return
        held = NeedsConfirmation(pending, limit)
        if not work.is_dry:
            raise held
        work.plan.notices.append(f"nothing of it goes out unasked: {held}")

    async def _send_all(self, pending: Sequence[RemoteId]) -> None:
        """Different tickets overlap, within the connections; the steps of one never do."""
        turns = self._turns(pending)
        drawing = asyncio.Lock()

        async def draw() -> tuple[OutboundPair, Sequence[NoteToSend]] | None:
            async with drawing:
                return await anext(turns, None)

        async def work() -> None:
            while self._stopped_by is None and (turn := await draw()):
                if self._work.should_stop():
                    self._is_cut_short = True
                    return
                await self._take_turn(*turn)
                self._report(len(pending))

        async with aclosing(turns):
            # As many again as are with QContact may be on their way into the database.
            await run_all(work() for _ in range(2 * self._work.options.connections))
        if self._stopped_by is not None:
            raise self._stopped_by

    async def _turns(
        self, pending: Sequence[RemoteId]
    ) -> AsyncGenerator[tuple[OutboundPair, Sequence[NoteToSend]], None]:
        """The pending tickets as they stand when their turn is near, with their notes."""
        work = self._work
        for start in range(0, len(pending), BATCH):
            remote_ids = pending[start : start + BATCH]
            pairs, locked = await self._read_pairs(remote_ids)
            notes = await work.store.list_notes_to_send(
                remote_ids, internal_notes=work.options.internal_notes
            )
            pairs = {i: _with_notes(pair, notes.get(i, ())) for i, pair in pairs.items()}
            for remote_id, error in locked.items():
                await self._quarantine(pairs.pop(remote_id), error)
            for remote_id in remote_ids:
                if remote_id in pairs:
                    yield pairs[remote_id], notes.get(remote_id, ())

    def _report(self, expected: int) -> None:
        self._done += 1
        self._work.progress(Direction.OUTBOUND, self._done, expected)

    async def _read_pairs(
        self, remote_ids: Sequence[RemoteId]
    ) -> tuple[Mapping[RemoteId, OutboundPair], Mapping[RemoteId, RowLocked]]:
        """Pairs as they stand, and which of them the app keeps locked: what it is about to
        change is not sent.
        """
        work, locked = self._work, dict[RemoteId, RowLocked]()
        try:
            return await self._lock_pairs(remote_ids), locked
        except RowLocked:
            async with work.store.unit(work.run.job_id, Direction.OUTBOUND, None) as unit:
                pairs = await unit.read_pairs(remote_ids)
        for remote_id in pairs:
            try:
                await self._lock_pairs([remote_id])
            except RowLocked as error:
                locked[remote_id] = error
        return pairs, locked

    async def _lock_pairs(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, OutboundPair]:
        work = self._work
        async for attempt in attempts():
            with attempt:
                async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
                    return await unit.read_pairs(remote_ids)
        raise AssertionError("the last attempt returns or raises")

    async def _take_turn(self, pair: OutboundPair, notes: Sequence[NoteToSend]) -> None:
        # What stops the direction lets the tickets in hand end: cut off between a note and its
        # answer, nobody would know whether it arrived.
        try:
            await self._send_guarded(pair, notes)
        except SyncError as error:
            self._stopped_by = self._stopped_by or error

    async def _send_guarded(self, pair: OutboundPair, notes: Sequence[NoteToSend]) -> None:
        failures_before = self._breaker.failures
        try:
            await self._sender.send(pair, notes)
        except (TicketError, RetryableError) as error:
            if self._breaker.is_suspect(error):
                await self._suspect(pair, error)
            elif isinstance(error, TicketError | RemoteMoved):
                await self._quarantine(pair, error)
            else:
                raise
        except FatalError:
            raise
        except Exception as error:  # the guard: a ticket that breaks the code is alone too
            await self._quarantine(pair, error)
        else:
            await self._quarantine_all(self._breaker.ticket_passed(failures_before))

    async def _suspect(self, pair: OutboundPair, error: SyncError) -> None:
        """A ticket's trouble or QContact's: held back until that is known."""
        self._breaker.hold(pair, error)
        if refusal := self._breaker.refusal():
            raise refusal
        if self._breaker.is_open:
            await self._settle_suspects()
            raise error

    async def _settle_suspects(self) -> None:
        """Quarantine what was held back, if QContact is well otherwise.

        Raises:
            SyncError: It is not.
        """
        held = self._breaker.take_all()
        if any(isinstance(error, RetryableError) for _, error in held):
            await self._work.remote.check()
        await self._quarantine_all(held)

    async def _quarantine_all(self, failed: Sequence[Held]) -> None:
        for pair, error in failed:
            await self._quarantine(pair, error)

    async def _quarantine(self, pair: OutboundPair, error: Exception) -> None:
        work = self._work
        failure = replace(
            failure_of(error, pair.link.remote_id, SyncType.STATUS_UPDATE, pair.version),
            ticket_id=pair.link.ticket_id,
        )
        if work.is_dry:
            work.plan_failures([failure])
            return
        log_quarantined(Direction.OUTBOUND, [failure])
        async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
            await unit.add_counts(await unit.record_failures([failure]))
            if failure.code is ErrorCode.NOT_FOUND:
                await unit.mark_gone([pair.link.remote_id])
            if isinstance(error, NoteDoubtful):
                await unit.doubt_note(error.note)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """To be held around every write.

        Until one was accepted they take turns: an account that may not write is then noticed
        after three refusals, not after a connection pool full of them.
        """
        async with nullcontext() if self._breaker.may_write else self._first_writes:
            if self._stopped_by is not None:
                raise self._stopped_by
            self._work.check_lease()
            yield
            self._breaker.write_accepted()


def _with_notes(pair: OutboundPair, notes: Sequence[NoteToSend]) -> OutboundPair:
    return replace(pair, version=version_with(pair.version, (note.version for note in notes)))
