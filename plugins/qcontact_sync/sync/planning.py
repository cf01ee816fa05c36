"""A dry run's unit of work: it adds to the plan what a real run would write, and writes nothing.

It works in a read-only transaction, so that the database refuses whatever would slip through.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime

from qcontact_sync.core.decision import TicketDecision
from qcontact_sync.core.model import KnownTicket, RemoteId, RemoteTicket
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.plan import Plan, PlannedFailure
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import SentRow, TicketFailure, TicketRecords, UnitOfWork


@asynccontextmanager
async def planned(
    opening: AbstractAsyncContextManager[UnitOfWork], plan: Plan
) -> AsyncIterator[UnitOfWork]:
    """A unit whose writes are added to the plan when its block ends well.

    Args:
        opening: Opens a read-only unit.
    """
    async with opening as unit:
        tickets, quarantine = _PlannedTickets(unit.tickets), _PlannedQuarantine()
        yield replace(unit, tickets=tickets, quarantine=quarantine, progress=_NoProgress())
    for decision in tickets.decisions:
        plan.add_inbound(decision)
    for failure in quarantine.failures:
        plan.add_failure(PlannedFailure(failure.remote_id, failure.code.value, failure.message))


class _PlannedTickets:
    def __init__(self, tickets: TicketRecords) -> None:
        self._tickets = tickets
        self.decisions: list[TicketDecision] = []

    async def recognise(self, digests: Mapping[RemoteId, str]) -> Mapping[RemoteId, KnownTicket]:
        return await self._tickets.recognise(digests)

    async def look_up(
        self, listed: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> Mapping[RemoteId, KnownTicket]:
        return await self._tickets.look_up(listed, force=force)

    async def read_linked(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, KnownTicket]:
        return await self._tickets.read_linked(remote_ids)

    async def read_again(self, tickets: Iterable[KnownTicket]) -> Mapping[RemoteId, KnownTicket]:
        return await self._tickets.read_again(tickets)

    async def write(self, decisions: Sequence[TicketDecision]) -> None:
        self.decisions += decisions

    async def write_nothing(self) -> None: ...

    async def agree_assignments(self) -> None: ...

    async def renew_marks(self, *, sent: SentNotes, compares_all: bool) -> None: ...

    async def mark_gone(self, remote_ids: Sequence[RemoteId]) -> None: ...


class _PlannedQuarantine:
    def __init__(self) -> None:
        self.failures: list[TicketFailure] = []

    async def add(self, failures: Sequence[TicketFailure]) -> Counts:
        self.failures += failures
        return Counts()

    async def release(self, remote_ids: Sequence[RemoteId]) -> None: ...

    async def release_moot(self, *, sent: SentNotes) -> None: ...

    async def forget_unlinked(self, remote_ids: Sequence[RemoteId]) -> None: ...


class _NoProgress:
    async def add_counts(self, counts: Counts) -> None: ...

    async def count_sent(self, remote_ids: Sequence[RemoteId], updated: int) -> None: ...

    async def audit_sent(self, rows: Sequence[SentRow]) -> None: ...

    async def settle_rows(self, digests: Mapping[RemoteId, str]) -> None: ...

    async def settle_until(self, moment: datetime) -> None: ...
