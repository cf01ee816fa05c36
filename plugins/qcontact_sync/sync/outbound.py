"""From FibreFlow to QContact: what is sent at the same time, and which failures stop the pass."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence, Set
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol

from qcontact_sync.core.errors import (
    MAYBE_ONE_ROW,
    ErrorCode,
    FatalError,
    RemoteMoved,
    RetryableError,
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
from qcontact_sync.core.outbound import links_enough_for, outbound_limit
from qcontact_sync.core.unit_ports import NoteToSend
from qcontact_sync.sync.breaker import Breaker, NotAllowed, Suspect
from qcontact_sync.sync.concurrency import KeyedTasks
from qcontact_sync.sync.context import Ending, Work, failure_of
from qcontact_sync.sync.notes import NoteDoubtful
from qcontact_sync.sync.pending import list_pending, read_pending, renew_marks
from qcontact_sync.sync.row_faults import RowFaults
from qcontact_sync.sync.settling import SETTLED_AT_ONCE, Settle
from qcontact_sync.sync.ticket_planner import TicketPlanner
from qcontact_sync.sync.ticket_sender import TicketSender

log = logging.getLogger(__name__)


class Sender(Protocol):
    """What happens to pending tickets: they are sent, or in a dry run planned."""

    def require_confirmation(self, pending: int, limit: int) -> None:
        """More is pending than is sent without confirmation."""
        ...

    async def send(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> Settle | None:
        """Send a ticket's fields, then its notes; returns what is left to be done for it."""
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
        self._slots = asyncio.Semaphore(work.options.connections)
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
        await self._prepare()
        pending = await list_pending(work)
        log.info("outbound.pending tickets=%d", len(pending))
        await self._check_amount(len(pending))
        await self._send_all(pending)
        if self._is_cut_short:
            return Ending(is_complete=False)
        await self._quarantine_all(self._row_faults.take_suspects())
        await self._settle_suspects()
        if refusal := self._breaker.refusal():
            await self._sender.count_sent_in_part()
            raise refusal
        return Ending()

    async def _prepare(self) -> None:
        # A dated run leaves the quarantine alone, and compares all tickets in its window.
        if not self._work.run.is_dated:
            async with self._work.unit(Direction.OUTBOUND) as unit:
                await unit.quarantine.release_moot(sent=self._work.options.sent_notes)
                await renew_marks(self._work, unit)

    async def _check_amount(self, pending: int) -> None:
        work = self._work
        given = work.options.max_outbound
        links = await work.store.count_links(links_enough_for(pending)) if given is None else 0
        limit = outbound_limit(links, given)
        if pending > limit and not work.run.request.confirm_outbound:
            self._sender.require_confirmation(pending, limit)

    async def _send_all(self, pending: Sequence[RemoteId]) -> None:
        """Different tickets overlap, within the connections; the steps of one never do."""
        connections = self._work.options.connections
        # Beside those that are sent, one group is in a transaction and one waits for the next. With
        # few connections groups are small; with one, one ticket is settled while the next is sent.
        limit = connections + min(connections**2, 2 * SETTLED_AT_ONCE)
        async with (
            aclosing(read_pending(self._work, pending, self._quarantine)) as tickets,
            KeyedTasks(limit) as tasks,
        ):
            async for ticket, notes in tickets:
                key = {ticket.linked.remote_id}
                await tasks.start(key, partial(self._send_one, ticket, notes, len(pending)))
                if self._stopped_by is not None or self._is_cut_short:
                    break
        if self._stopped_by is not None:
            raise self._stopped_by

    async def _send_one(
        self, ticket: KnownTicket, notes: Sequence[NoteToSend], pending: int
    ) -> None:
        """Send a ticket, unless the pass has stopped.

        An error that stops the pass does not cancel the other tickets: a note whose request is
        cancelled would have an unknown outcome.
        """
        try:
            if not await self._send_guarded(ticket, notes):
                return
        except SyncError as error:
            self._stopped_by = self._stopped_by or error
        self._done += 1
        self._work.progress(Direction.OUTBOUND, self._done, pending)

    def _has_stopped_for(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> bool:
        """Whether the pass, or all that the ticket waits for, has stopped."""
        if self._stopped_by is not None:
            return True
        stopped = self._breaker.stopped
        if stopped and stopped.issuperset(_kinds_pending(ticket, notes)):
            return True
        self._is_cut_short = self._is_cut_short or self._work.should_stop()
        return self._is_cut_short

    async def _send_guarded(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> bool:
        """Send a ticket and record it, or quarantine it; False if the pass has stopped."""
        cleared: Sequence[Suspect] = ()
        try:
            # The slot is held from read to write, so that no other ticket's requests come in
            # between; it is free while the ticket is settled: QContact need not wait for that.
            async with self._slots:
                if self._has_stopped_for(ticket, notes):
                    return False
                failures_before = self._breaker.failures
                settle = await self._sender.send(ticket, notes)
            cleared = self._breaker.ticket_passed(failures_before)
            if settle is not None:
                await settle()
        except MAYBE_ONE_ROW as error:
            await self._quarantine_all(await self._row_faults.blame_or_suspect(ticket, error))
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
        await self._quarantine_all(cleared)
        return True

    async def _suspect(self, ticket: KnownTicket, error: SyncError) -> None:
        """Keep a failure until its cause is known: the ticket, or QContact."""
        self._breaker.suspect(ticket, error)
        if self._breaker.is_open:
            await self._settle_suspects()
            raise error

    async def _settle_suspects(self) -> None:
        """Quarantine the tickets that are suspects, if QContact answers.

        Raises:
            SyncError: It does not.
        """
        suspects = self._breaker.take_all()
        if any(isinstance(error, RetryableError) for _, error in suspects):
            await self._work.remote.check()
        await self._quarantine_all(suspects)

    async def _quarantine_all(self, failed: Sequence[Suspect]) -> None:
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
        async with self._one_at_a_time(kinds):
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

    @asynccontextmanager
    async def _one_at_a_time(self, kinds: Collection[SyncType]) -> AsyncIterator[None]:
        """Wait for the write before, until writes of these kinds are known to be accepted."""
        if not self._breaker.accepted.issuperset(kinds):
            async with self._first_writes:
                if not self._breaker.accepted.issuperset(kinds):
                    yield
                    return
        yield


def _kinds_pending(ticket: KnownTicket, notes: Sequence[NoteToSend]) -> Set[SyncType]:
    """The kinds of write that a ticket waits for."""
    here, agreed = ticket.local, ticket.linked.base.local
    moved = {
        kind
        for name, kind in KIND_OF_FIELD.items()
        if here is not None and here.values.get(name) != agreed.get(name)
    }
    return moved | {SyncType.NOTE_ADD} if notes else moved or set(KIND_OF_FIELD.values())
