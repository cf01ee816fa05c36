"""From QContact into FibreFlow: read, decide, write a batch at a time, settle slice by slice."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import Kind, TicketDecision
from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    RetryableError,
    SyncError,
    TicketError,
)
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.model import Direction, People, RemoteId, RemoteTicket, SyncType, Window
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.store_ports import Match, TicketFailure
from qcontact_sync.core.windows import read_window
from qcontact_sync.sync.concurrency import KeyedTasks
from qcontact_sync.sync.context import Work, attempts, failure_of, log_quarantined
from qcontact_sync.sync.reader import ListReader, PageDelta
from qcontact_sync.sync.single_reads import SingleReads, read_each

log = logging.getLogger(__name__)

BATCH = 1_000
BATCHES_AT_ONCE = 2
"""One is decided while the database writes the other."""
MAX_RETRIED = 500


@dataclass(slots=True)
class _Outcome:
    """What became of a batch before it is written."""

    decisions: list[TicketDecision] = field(default_factory=list)
    failures: list[TicketFailure] = field(default_factory=list)
    passed: list[RemoteId] = field(default_factory=list)
    suspects: list[RemoteId] = field(default_factory=list)
    fresh: list[TicketDecision] = field(default_factory=list)
    skipped: int = 0

    @property
    def counts(self) -> Counts:
        """What is decided here and was not counted in this run before."""
        created = sum(d.kind is Kind.CREATE for d in self.fresh)
        successful = sum(d.kind is Kind.CREATE or bool(d.writes) for d in self.fresh)
        warned = sum(bool(d.warnings and (d.kind is Kind.CREATE or d.writes)) for d in self.fresh)
        return Counts(
            successful=successful,
            skipped=len(self.fresh) - successful,
            partial=warned,
            created=created,
            updated=successful - created,
        )


class Inbound:
    """One inbound pass of a run."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._people = People({}, {})
        self._doubted = set[RemoteId]()
        self._skipped = 0
        self._done = 0
        self._expected = 0

    async def run(self) -> bool:
        """Bring in what the run's request covers.

        Returns:
            False where it stopped cleanly before its end.
        """
        work = self._work
        self._people = await work.store.load_people()
        if work.run.request.ticket_ids:
            await self._apply_asked_for(work.run.request.ticket_ids)
            return True
        is_retrying = not work.run.is_dated
        due = await work.store.list_due(Direction.INBOUND, MAX_RETRIED) if is_retrying else ()
        retried = await self._apply_ids(due)
        is_complete = await self._apply_window()
        # The list answered, so it is these tickets and not QContact.
        await self._record(_failures(retried.unreachable))
        return is_complete

    async def _apply_asked_for(self, given: Sequence[str]) -> None:
        found = await self._work.store.resolve_ids(given)
        reads = await self._apply_ids([found.get(i, RemoteId(i)) for i in given])
        reads.raise_if_nothing_answered()
        await self._record(_failures(reads.unreachable))
        await self._forget([RemoteId(i) for i in given if i not in found])
        await self._settle(None)

    async def _forget(self, unknown: Sequence[RemoteId]) -> None:
        """An id that neither side knows is a slip of the pen: no quarantine for it."""
        work = self._work
        if not work.is_dry:
            async with work.store.unit(work.run.job_id, Direction.INBOUND, work.lease) as unit:
                await unit.forget_unlinked(unknown)

    async def _apply_window(self) -> bool:
        work = self._work
        reader = ListReader(work.remote, page_size=work.options.page_size)
        asked, overlap = work.run.window, work.options.overlap
        server_time = await reader.server_time(read_window(asked, overlap, None))
        # Where nobody gave an end, QContact's present is read to, whatever our clock says; but the
        # cursor goes no further than the earlier of the two: either clock may be ahead for a while.
        end = (work.run.ends_now and server_time) or asked.end
        since = await work.store.cursor_age(work.run.job_id) if work.run.moves_cursor else None
        window = read_window(Window(asked.start, end), overlap, server_time, since)
        if work.run.settled_until is not None:
            # What an earlier try of this run settled needs no reading back, and no second count.
            window = Window(work.run.settled_until, max(work.run.settled_until, window.end))
        log.info("inbound.reading window=%s", window)
        async with (
            aclosing(reader.read(window)) as deltas,
            KeyedTasks(1 if work.is_dry else BATCHES_AT_ONCE) as batches,
        ):
            batch: list[RemoteTicket] = []
            async for delta in deltas:
                # The first one tells how many tickets the whole window has.
                self._expected = self._expected or self._done + delta.expected
                batch += delta.tickets
                self._doubted |= delta.doubted
                await self._fail_malformed(delta)
                if len(batch) >= BATCH or delta.settled_until:
                    await batches.start({t.id for t in batch}, partial(self._apply, batch))
                    batch = []
                if delta.settled_until:
                    await batches.finish()
                    await self._settle(min(delta.settled_until, asked.end))
                if work.should_stop():
                    return delta.settled_until == window.end
        return True

    async def _settle(self, until: datetime | None) -> None:
        """Make a slice durable; its unchanged tickets are counted only now, so that a retry that
        reads the slice again cannot count them twice.
        """
        work = self._work
        if work.is_dry:
            return
        async with work.store.unit(work.run.job_id, Direction.INBOUND, work.lease) as unit:
            await unit.add_counts(Counts(skipped=self._skipped))
            if until is not None:
                await unit.settle_until(until)
        self._skipped = 0

    async def _apply_ids(self, remote_ids: Sequence[RemoteId]) -> SingleReads:
        """Read tickets one by one and apply them; what a single read says is believed."""
        reads = await read_each(self._work.remote, remote_ids)
        await self._record(_failures(reads.refused))
        await self._apply(reads.tickets, is_trusted=True)
        return reads

    async def _apply(self, tickets: Sequence[RemoteTicket], *, is_trusted: bool = False) -> None:
        """Apply tickets in one transaction; where a row is refused, in ever smaller ones, so that
        only that ticket goes to quarantine.
        """
        for start in range(0, len(tickets), BATCH):
            part = tickets[start : start + BATCH]
            try:
                await self._apply_batch(part, is_trusted=is_trusted)
            except TicketError as error:
                if len(part) == 1:
                    version = fingerprint(part[0].values)
                    await self._record(
                        [failure_of(error, part[0].id, SyncType.STATUS_UPDATE, version)]
                    )
                    continue
                middle = len(part) // 2
                await self._apply(part[:middle], is_trusted=is_trusted)
                await self._apply(part[middle:], is_trusted=is_trusted)

    async def _apply_batch(self, tickets: Sequence[RemoteTicket], *, is_trusted: bool) -> None:
        work = self._work
        prints = [(t, fingerprint(t.values)) for t in _newest_of_each(tickets)]
        outcome = _Outcome()
        async for attempt in attempts():
            with attempt:
                async with work.store.unit(work.run.job_id, Direction.INBOUND, work.lease) as unit:
                    matches = await unit.match(prints, force=work.run.request.force_resync)
                    outcome = self._decide_all(prints, matches, is_trusted=is_trusted)
                    if not work.is_dry:
                        await unit.write(outcome.decisions)
                        failed = await unit.record_failures(outcome.failures)
                        await unit.release(outcome.passed)
                        await unit.add_counts(outcome.counts + failed)
        self._skipped += outcome.skipped
        self._report(len(prints), outcome)
        reads = await self._apply_ids(outcome.suspects)
        await self._record(_failures(reads.unreachable))

    def _decide_all(
        self,
        prints: Sequence[tuple[RemoteTicket, str]],
        matches: Mapping[RemoteId, Match],
        *,
        is_trusted: bool,
    ) -> _Outcome:
        outcome = _Outcome()
        for ticket, version in prints:
            match = matches[ticket.id]
            if not is_trusted and ticket.id in self._doubted:
                outcome.suspects.append(ticket.id)
            elif match.is_unchanged:
                outcome.skipped += not match.is_counted
                outcome.passed.append(ticket.id)
            elif not is_trusted and _may_be_older(ticket, version, match):
                # A listed version that may be behind what was seen before is not believed.
                outcome.suspects.append(ticket.id)
            else:
                self._decide(ticket, version, match, outcome)
        return outcome

    def _decide(self, ticket: RemoteTicket, version: str, match: Match, outcome: _Outcome) -> None:
        work = self._work
        try:
            decision = decide(
                ticket,
                match.pair,
                self._people,
                work.options.policy,
                force=work.run.request.force_resync,
                version=version,
            )
        except (FatalError, RetryableError):
            raise
        except Exception as error:  # the guard: a ticket that breaks the code is alone too
            sync_type = SyncType.STATUS_UPDATE if match.pair.link else SyncType.CREATE
            outcome.failures.append(failure_of(error, ticket.id, sync_type, version))
            return
        outcome.passed.append(ticket.id)
        if decision.kind is Kind.SKIP:
            outcome.skipped += not match.is_counted
            return
        outcome.decisions.append(decision)
        if not match.is_counted:
            outcome.fresh.append(decision)

    async def _fail_malformed(self, delta: PageDelta) -> None:
        await self._record(
            [
                TicketFailure(
                    RemoteId(key or "(no id)"),
                    SyncType.STATUS_UPDATE,
                    ErrorCode.VALIDATION_ERROR,
                    reason,
                    version=reason,
                    recoverable=False,
                )
                for key, reason in delta.malformed
            ]
        )

    async def _record(self, failures: Sequence[TicketFailure]) -> None:
        work = self._work
        if work.is_dry:
            work.plan_failures(failures)
        elif failures:
            log_quarantined(Direction.INBOUND, failures)
            async with work.store.unit(work.run.job_id, Direction.INBOUND, work.lease) as unit:
                await unit.add_counts(await unit.record_failures(failures))
                gone = [f.remote_id for f in failures if f.code is ErrorCode.NOT_FOUND]
                await unit.mark_gone(gone)

    def _report(self, seen: int, outcome: _Outcome) -> None:
        work = self._work
        self._done += seen
        if work.is_dry:
            work.plan_failures(outcome.failures)
        else:
            log_quarantined(Direction.INBOUND, outcome.failures)
        for decision in outcome.decisions:
            if work.is_dry:
                work.plan.add_inbound(decision)
            log.debug("inbound.%s qcontact_id=%s", decision.kind.value, decision.remote.id)
        work.progress(Direction.INBOUND, self._done, max(self._expected, self._done))


def _newest_of_each(tickets: Sequence[RemoteTicket]) -> Iterable[RemoteTicket]:
    """One version of each ticket, where a moving list showed two: the newest, else the last."""
    newest: dict[RemoteId, RemoteTicket] = {}
    for ticket in tickets:
        known = newest.get(ticket.id)
        stamps = (ticket.updated_at, known.updated_at) if known else (None, None)
        if not (stamps[0] and stamps[1] and stamps[0] < stamps[1]):
            newest[ticket.id] = ticket
    return newest.values()


def _may_be_older(ticket: RemoteTicket, version: str, match: Match) -> bool:
    """Stamps have whole seconds: of two edits with one stamp, the list may show the first."""
    link = match.pair.link
    if link is None or link.remote_updated_at is None or ticket.updated_at is None:
        return False
    if ticket.updated_at == link.remote_updated_at:
        return version != link.fingerprint
    return ticket.updated_at < link.remote_updated_at


def _failures(unread: Sequence[tuple[RemoteId, SyncError]]) -> list[TicketFailure]:
    return [failure_of(e, remote_id, SyncType.STATUS_UPDATE, None) for remote_id, e in unread]
