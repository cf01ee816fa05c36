"""From FibreFlow to QContact: what is pending, in which order, and which failures stop the pass."""

import asyncio
import logging
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Collection,
    Mapping,
    Sequence,
    Set,
)
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Protocol

from qcontact_sync.core.errors import (
    MAYBE_ONE_ROW,
    ErrorCode,
    FatalError,
    RemoteMoved,
    RetryableError,
    RowLocked,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import (
    KIND_OF_FIELD,
    Direction,
    KnownTicket,
    People,
    RemoteId,
    SyncType,
)
from qcontact_sync.core.outbound import outbound_limit, version_with
from qcontact_sync.core.unit_ports import NoteToSend
from qcontact_sync.sync.breaker import Breaker, Held, NotAllowed
from qcontact_sync.sync.concurrency import KeyedTasks
from qcontact_sync.sync.context import Ending, Work, attempts, failure_of
from qcontact_sync.sync.notes import NoteDoubtful
from qcontact_sync.sync.row_faults import RowFaults
from qcontact_sync.sync.ticket_planner import TicketPlanner
from qcontact_sync.sync.ticket_sender import TicketSender

log = logging.getLogger(__name__)

BATCH = 200

PendingTicket = tuple[KnownTicket, Sequence[NoteToSend]]


class Sender(Protocol):
    """What becomes of pending tickets: they are sent, or in a dry run planned."""

    def require_confirmation(self, pending: int, limit: int) -> None:
        """More is pending than is sent without confirmation."""
        ...

    async def send(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> None:
        """Send a ticket's fields, then its notes."""
        ...

    async def count_sent_in_part(self) -> None:
        """Count tickets of which only what the account may not do was not sent."""
        ...


class Outbound:
    """One outbound pass of a run."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._sender: Sender = TicketPlanner(work, People({}, {}))
        self._breaker = Breaker()
        self._row_faults = RowFaults(work, Direction.OUTBOUND)
        self._first_writes = asyncio.Lock()
        self._stopped_by: SyncError | None = None
        self._is_cut_short = False
        self._done = 0

    async def run(self) -> Ending:
        """Send what is pending.

        Raises:
            NeedsConfirmation: More is pending than is sent without confirmation; nothing was sent.
        """
        work = self._work
        people = await work.load_people()
        if work.is_dry:
            self._sender = TicketPlanner(work, people)
        else:
            self._sender = TicketSender(work, people, self._writing, self._breaker.stopped)
        if not work.options.policy.sends_assignment:
            async with work.unit(Direction.OUTBOUND) as unit:
                await unit.tickets.agree_assignments()
        await self._release_moot()
        pending = await self._pending()
        log.info("outbound.pending tickets=%d", len(pending))
        await self._check_amount(len(pending))
        await self._send_all(pending)
        if self._is_cut_short:
            return Ending(is_complete=False)
        await self._quarantine_all(self._row_faults.take_held())
        await self._settle_suspects()
        if refusal := self._breaker.refusal():
            await self._sender.count_sent_in_part()
            raise refusal
        return Ending()

    async def _release_moot(self) -> None:
        # A dated run leaves the quarantine alone.
        if not self._work.run.is_dated:
            async with self._work.unit(Direction.OUTBOUND) as unit:
                internal_notes = self._work.options.internal_notes
                await unit.quarantine.release_moot(internal_notes=internal_notes)

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
        given = work.options.max_outbound
        links = await work.store.count_links() if given is None else 0
        limit = outbound_limit(links, given)
        if pending > limit and not work.run.request.confirm_outbound:
            self._sender.require_confirmation(pending, limit)

    async def _send_all(self, pending: Sequence[RemoteId]) -> None:
        """Different tickets overlap, within the connections; the steps of one never do."""
        # Half of them may wait for the database while the others wait for QContact.
        limit = 2 * self._work.options.connections
        async with (
            aclosing(self._pending_pairs(pending)) as pairs,
            KeyedTasks(limit) as tasks,
        ):
            async for ticket, notes in pairs:
                key = {ticket.linked.remote_id}
                await tasks.start(key, partial(self._send_one, ticket, notes, len(pending)))
                if self._stopped_by is not None or self._is_cut_short:
                    break
        if self._stopped_by is not None:
            raise self._stopped_by

    async def _pending_pairs(
        self, pending: Sequence[RemoteId]
    ) -> AsyncGenerator[PendingTicket, None]:
        """The pending tickets with their notes, read shortly before they are sent."""
        work = self._work
        for start in range(0, len(pending), BATCH):
            remote_ids = pending[start : start + BATCH]
            tickets, locked = await self._read_linked(remote_ids)
            notes = await work.store.list_notes_to_send(
                remote_ids, internal_notes=work.options.internal_notes
            )
            tickets = {i: _with_notes(ticket, notes.get(i, ())) for i, ticket in tickets.items()}
            for remote_id, error in locked.items():
                await self._quarantine(tickets.pop(remote_id), error)
            for remote_id in remote_ids:
                if remote_id in tickets:
                    yield tickets[remote_id], notes.get(remote_id, ())

    async def _read_linked(
        self, remote_ids: Sequence[RemoteId]
    ) -> tuple[dict[RemoteId, KnownTicket], Mapping[RemoteId, RowLocked]]:
        """Tickets as they are now, and which of them FibreFlow keeps locked.

        A locked row is about to change: what it held before is not sent.
        """
        work, locked = self._work, dict[RemoteId, RowLocked]()
        try:
            return await self._lock(remote_ids), locked
        except RowLocked:
            async with work.store.unit(work.run.job_id, Direction.OUTBOUND, None) as unit:
                tickets = await unit.tickets.read_linked(remote_ids)
        for remote_id in tickets:
            try:
                await self._lock([remote_id])
            except RowLocked as error:
                locked[remote_id] = error
        return dict(tickets), locked

    async def _lock(self, remote_ids: Sequence[RemoteId]) -> dict[RemoteId, KnownTicket]:
        async for attempt in attempts():
            with attempt:
                async with self._work.unit(Direction.OUTBOUND) as unit:
                    return dict(await unit.tickets.read_linked(remote_ids))
        raise AssertionError("the last attempt returns or raises")

    async def _send_one(
        self, ticket: KnownTicket, notes: Sequence[NoteToSend], pending: int
    ) -> None:
        """Send a ticket, unless the pass has stopped.

        An error that stops the pass does not cancel the other tickets: a note whose request is
        cancelled would have an unknown outcome.
        """
        if self._stopped_by is not None or self._breaker.stopped.issuperset(
            _kinds_pending(ticket, notes)
        ):
            return
        if self._work.should_stop():
            self._is_cut_short = True
            return
        try:
            await self._send_guarded(ticket, notes)
        except SyncError as error:
            self._stopped_by = self._stopped_by or error
        self._done += 1
        self._work.progress(Direction.OUTBOUND, self._done, pending)

    async def _send_guarded(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> None:
        failures_before = self._breaker.failures
        try:
            await self._sender.send(ticket, notes)
        except MAYBE_ONE_ROW as error:
            await self._quarantine_all(await self._row_faults.blame_or_hold(ticket, error))
        except (TicketError, RetryableError) as error:
            if self._breaker.is_suspect(error):
                await self._suspect(ticket, error)
            elif isinstance(error, TicketError | RemoteMoved):
                await self._quarantine(ticket, error)
            else:
                raise
        except FatalError:
            raise
        except Exception as error:  # the guard: a ticket that breaks the code is alone too
            await self._quarantine(ticket, error)
        else:
            self._row_faults.has_passed = True
            await self._quarantine_all(self._breaker.ticket_passed(failures_before))

    async def _suspect(self, ticket: KnownTicket, error: SyncError) -> None:
        """Hold a failure back until its cause is known: the ticket, or QContact."""
        self._breaker.hold(ticket, error)
        if self._breaker.is_open:
            await self._settle_suspects()
            raise error

    async def _settle_suspects(self) -> None:
        """Quarantine the tickets that were held back, if QContact answers.

        Raises:
            SyncError: It does not.
        """
        held = self._breaker.take_all()
        if any(isinstance(error, RetryableError) for _, error in held):
            await self._work.remote.check()
        await self._quarantine_all(held)

    async def _quarantine_all(self, failed: Sequence[Held]) -> None:
        for ticket, error in failed:
            await self._quarantine(ticket, error)

    async def _quarantine(self, ticket: KnownTicket, error: Exception) -> None:
        link = ticket.linked
        failure = replace(
            failure_of(error, link.remote_id, SyncType.STATUS_UPDATE, ticket.version),
            ticket_id=link.ticket_id,
        )
        self._work.log_quarantined(Direction.OUTBOUND, [failure])
        async with self._work.unit(Direction.OUTBOUND) as unit:
            await unit.progress.add_counts(await unit.quarantine.add([failure]))
            if failure.code is ErrorCode.NOT_FOUND:
                await unit.tickets.mark_gone([link.remote_id])
            if isinstance(error, NoteDoubtful):
                await unit.notes.doubt(error.note)

    @asynccontextmanager
    async def _writing(self, kinds: Collection[SyncType]) -> AsyncIterator[None]:
        """Held around each write.

        Until a write of each kind was accepted, writes are sent one at a time: an account that may
        not write is then noticed after three refusals.
        """
        is_allowed = self._breaker.accepted.issuperset(kinds)
        async with nullcontext() if is_allowed else self._first_writes:
            if self._stopped_by is not None:
                raise self._stopped_by
            if stopped := self._breaker.stopped.intersection(kinds):
                raise NotAllowed(stopped)
            self._work.check_lease()
            try:
                yield
            except TicketError as error:
                if error.code is ErrorCode.AUTHORIZATION_ERROR:
                    self._breaker.write_refused(kinds)
                raise
            self._breaker.accepted.update(kinds)


def _kinds_pending(ticket: KnownTicket, notes: Sequence[NoteToSend]) -> Set[SyncType]:
    """The kinds of write that a ticket waits for."""
    here, agreed = ticket.local, ticket.linked.base.local
    moved = {
        kind
        for name, kind in KIND_OF_FIELD.items()
        if here is not None and here.values.get(name) != agreed.get(name)
    }
    return moved | {SyncType.NOTE_ADD} if notes else moved or set(KIND_OF_FIELD.values())


def _with_notes(ticket: KnownTicket, notes: Sequence[NoteToSend]) -> KnownTicket:
    return replace(ticket, version=version_with(ticket.version, (note.version for note in notes)))
