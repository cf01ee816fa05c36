"""Batches of QContact's tickets: decided, written in one transaction each, failures quarantined."""

import logging
from collections.abc import Collection, Iterable, Sequence

from qcontact_sync.core.canon import printable
from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind
from qcontact_sync.core.errors import (
    MAYBE_ONE_ROW,
    ChangeDropped,
    ErrorCode,
    FatalError,
    RetryableError,
    SyncError,
    TicketError,
)
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.listed import Listed, decoded
from qcontact_sync.core.model import (
    Direction,
    KnownTicket,
    People,
    RemoteId,
    RemoteTicket,
    SyncType,
)
from qcontact_sync.core.ports import WalkedList
from qcontact_sync.core.unit_ports import TicketFailure, UnitOfWork
from qcontact_sync.sync.batch_outcome import Outcome, prints_of
from qcontact_sync.sync.context import Work, attempts, failure_of
from qcontact_sync.sync.note_receiving import NoteReceiver
from qcontact_sync.sync.row_faults import RowFaults
from qcontact_sync.sync.single_reads import SingleReads, read_each, rows_read_apart
from qcontact_sync.sync.versions import may_be_older, newest_of_each

log = logging.getLogger(__name__)

BATCH = 1_000
BATCH_WEIGHT = 16_000_000
"""A batch with more characters than this is also full."""


class InboundBatches:
    """Applies tickets to FibreFlow.

    Attributes:
        doubted: Ids whose listed version is not believed.
        skipped: Unchanged tickets that were not counted yet; counted when their slice is settled.
        expected: Number of tickets of the whole window, for progress; 0 until it is known.
        done: Number of tickets decided so far.
        digests: Of a list that is walked whole: the rows of the tickets that are being applied.
    """

    def __init__(self, work: Work, people: People) -> None:
        self._work = work
        self._people = people
        self._row_faults = RowFaults(work, Direction.INBOUND)
        self._notes = NoteReceiver(work, people)
        self.doubted = set[RemoteId]()
        self.skipped = 0
        self.expected = 0
        self.done = 0
        self.digests = dict[RemoteId, str]()

    async def apply_ids(self, remote_ids: Sequence[RemoteId]) -> SingleReads:
        """Read tickets one by one and apply them; what a single read shows is believed."""
        reads = await read_each(self._work.remote, remote_ids)
        await self.quarantine_unread(reads.refused)
        await self.apply(reads.tickets, is_trusted=True)
        return reads

    async def apply(self, tickets: Sequence[Listed], *, is_trusted: bool = False) -> None:
        """Apply tickets in one transaction.

        If the database refuses a row, the batch is divided until only that ticket is left, which
        goes to quarantine.

        Raises:
            FatalError: The database refuses every row, or the statement itself.
        """
        for part in batches_of(tickets):
            await self._apply_part(part, is_trusted=is_trusted)

    async def _apply_part(self, part: Sequence[Listed], *, is_trusted: bool) -> None:
        try:
            outcome = await self._apply_batch(part, is_trusted=is_trusted)
        except (TicketError, *MAYBE_ONE_ROW) as error:
            await self._narrow_down(part, error, is_trusted=is_trusted)
            return
        await self._receive_notes(part, outcome)
        reads = await self.apply_ids(outcome.suspects)
        await self.quarantine_unread(reads.unreachable)

    async def _narrow_down(
        self, part: Sequence[Listed], error: SyncError, *, is_trusted: bool
    ) -> None:
        """Apply what can be applied of a batch that failed, and quarantine the rest."""
        if len(part) == 1:
            if isinstance(error, MAYBE_ONE_ROW):
                error = await self._row_faults.blame(error)
            await self._fail(part, error)
        elif isinstance(error, ChangeDropped) and error.remote_ids:
            rest = [t for t in part if t.id not in error.remote_ids]
            await self.apply(rest, is_trusted=is_trusted)
            await self._fail([t for t in part if t.id in error.remote_ids], error)
        else:
            middle = len(part) // 2
            await self._apply_part(part[:middle], is_trusted=is_trusted)
            await self._apply_part(part[middle:], is_trusted=is_trusted)

    async def _fail(self, tickets: Sequence[Listed], error: SyncError) -> None:
        await self.quarantine(
            [
                failure_of(error, t.id, SyncType.STATUS_UPDATE, fingerprint(decoded(t).values))
                for t in tickets
            ]
        )

    async def quarantine(self, failures: Sequence[TicketFailure]) -> None:
        """Quarantine tickets in a transaction of their own."""
        if not failures:
            return
        self._work.log_quarantined(Direction.INBOUND, failures)
        async with self._work.unit(Direction.INBOUND) as unit:
            await unit.progress.add_counts(await unit.quarantine.add(failures))
            gone = [f.remote_id for f in failures if f.code is ErrorCode.NOT_FOUND]
            await unit.tickets.mark_gone(gone)
            # The quarantine decides when these are tried again, not the next walk of the list.
            await unit.progress.settle_rows(
                self._rows_of(f.remote_id for f in failures if not f.recoverable)
            )

    async def quarantine_unread(self, unread: Sequence[tuple[RemoteId, SyncError]]) -> None:
        """Quarantine tickets that could not be read."""
        await self.quarantine([failure_of(e, i, SyncType.STATUS_UPDATE, None) for i, e in unread])

    async def _apply_batch(self, tickets: Sequence[Listed], *, is_trusted: bool) -> Outcome:
        """Decide a batch and write it with its failures and counts in one transaction."""
        listed = newest_of_each(tickets)
        outcome = Outcome()
        async for attempt in attempts():
            with attempt:
                async with self._work.unit(Direction.INBOUND) as unit:
                    outcome = await self._decide_all(unit, listed, is_trusted=is_trusted)
                    await unit.tickets.write(outcome.decisions)
                    failed = await unit.quarantine.add(outcome.failures)
                    await unit.quarantine.release(outcome.passed)
                    await unit.progress.add_counts(outcome.counts + failed)
                    await unit.progress.settle_rows(self._settled_rows(listed, outcome))
        self._row_faults.has_passed |= bool(outcome.decisions)
        self.skipped += outcome.skipped
        self._report(len(listed), outcome)
        return outcome

    async def _receive_notes(self, tickets: Sequence[Listed], outcome: Outcome) -> None:
        """Notes of tickets that passed; where a window is listed, not of what is created finished.

        Where they are received, the rows of a list that is walked are settled only now: a run that
        ends before asks again.
        """
        if not self._notes.is_asked_for:
            return
        passed = {*outcome.recognised, *outcome.passed}
        if not isinstance(self._work.remote, WalkedList):
            # A first import brings in the archive: a request for each of its tickets takes hours.
            finished = (d for d in outcome.decisions if d.kind is DecisionKind.CREATE and d.closes)
            passed.difference_update(d.remote.id for d in finished)
        failed = await self._notes.receive([t for t in tickets if t.id in passed])
        await self.quarantine([failure_of(e, i, SyncType.NOTE_ADD, None) for i, e in failed])
        settled = {ticket.id for ticket in tickets}.difference(i for i, _ in failed)
        if rows := self._rows_of(settled):
            async with self._work.unit(Direction.INBOUND) as unit:
                await unit.progress.settle_rows(rows)

    async def _decide_all(
        self, unit: UnitOfWork, listed: Collection[Listed], *, is_trusted: bool
    ) -> Outcome:
        """Decide about tickets; those that were settled as they are listed are not decoded."""
        force, outcome = self._work.run.request.force_resync, Outcome()
        doubted = frozenset() if is_trusted else self.doubted
        digests = {t.id: t.digest for t in listed if t.digest and t.id not in doubted}
        settled = await unit.tickets.recognise(digests) if digests and not force else {}
        for remote_id, known in settled.items():
            outcome.recognise(remote_id, known)
        prints = prints_of([t for t in listed if t.id not in settled], outcome)
        found = await unit.tickets.look_up(prints, force=force)
        for ticket, version in prints:
            known = found[ticket.id]
            if ticket.id in doubted:
                outcome.suspects.append(ticket.id)
            elif known.is_unchanged:
                outcome.skip(ticket.id, known)
            elif not is_trusted and may_be_older(ticket, version, known):
                outcome.suspects.append(ticket.id)
            else:
                self._decide(ticket, version, known, outcome)
        return outcome

    def _decide(
        self, ticket: RemoteTicket, version: str, known: KnownTicket, outcome: Outcome
    ) -> None:
        work = self._work
        try:
            decision = decide(
                ticket,
                known,
                self._people,
                work.options.policy,
                force=work.run.request.force_resync,
                version=version,
            )
        except (FatalError, RetryableError):
            raise
        except Exception as error:  # the guard: a ticket that breaks the code is alone too
            sync_type = SyncType.STATUS_UPDATE if known.link else SyncType.CREATE
            outcome.failures.append(failure_of(error, ticket.id, sync_type, version))
            return
        outcome.passed.append(ticket.id)
        if decision.kind is DecisionKind.LEAVE and work.is_dry:
            work.plan.leave_out(ticket.id)
        if decision.kind in (DecisionKind.SKIP, DecisionKind.LEAVE):
            outcome.skipped += not known.is_counted
            return
        outcome.decisions.append(decision)
        if not known.is_counted:
            outcome.fresh.append(decision)

    def _settled_rows(self, listed: Collection[Listed], outcome: Outcome) -> dict[RemoteId, str]:
        changed = [decision.remote.id for decision in outcome.decisions]
        apart = rows_read_apart(self._work.remote, changed)
        if self._notes.is_asked_for:
            return dict(apart)
        return {**apart, **self._rows_of(ticket.id for ticket in listed)}

    def _rows_of(self, remote_ids: Iterable[RemoteId]) -> dict[RemoteId, str]:
        return {i: self.digests[i] for i in remote_ids if i in self.digests}

    def _report(self, seen: int, outcome: Outcome) -> None:
        self.done += seen
        self._work.log_quarantined(Direction.INBOUND, outcome.failures)
        if log.isEnabledFor(logging.DEBUG):
            for decision in outcome.decisions:
                shown = printable(decision.remote.id)
                log.debug("inbound.%s qcontact_id=%s", decision.kind.value, shown)
        self._work.progress(Direction.INBOUND, self.done, max(self.expected, self.done))


def is_full(batch: Sequence[Listed]) -> bool:
    """Whether so many tickets, or so much text, go into one transaction."""
    return len(batch) >= BATCH or sum(ticket.weight for ticket in batch) >= BATCH_WEIGHT


def batches_of(tickets: Iterable[Listed]) -> Iterable[Sequence[Listed]]:
    """Tickets in batches that are full, in their order."""
    batch: list[Listed] = []
    weight = 0
    for ticket in tickets:
        batch.append(ticket)
        weight += ticket.weight
        if len(batch) >= BATCH or weight >= BATCH_WEIGHT:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
