"""Recording what QContact has accepted: the new base, the audit rows and the counts."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import DecisionKind, TicketDecision
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    Direction,
    KnownTicket,
    LocalId,
    People,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.outbound import Sending, agreed_on, kinds_of
from qcontact_sync.core.unit_ports import SentRow, UnitOfWork
from qcontact_sync.sync.context import Work, attempts
from qcontact_sync.sync.group_commit import GroupCommit
from qcontact_sync.sync.single_reads import rows_read_apart

SETTLED_AT_ONCE = 50
LINGER_S = 0.02
"""A killed run has no record of what it sent in this time: longer groups gain little more."""
Settle = Callable[[], Awaitable[None]]
"""Records what was sent of a ticket, in one transaction with other tickets."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A ticket whose fields QContact has accepted.

    Attributes:
        policy: What it was decided by.
        is_last: Nothing follows, so the transaction that settles the ticket also counts it: a
            crash between two transactions would leave it out of the counts for good.
    """

    ticket: KnownTicket
    sending: Sending
    answer: RemoteTicket
    policy: Policy
    is_last: bool

    @property
    def remote_id(self) -> RemoteId:
        """The id by which QContact and the sync's own tables know the ticket."""
        return self.ticket.linked.remote_id

    @property
    def ticket_id(self) -> LocalId:
        """The id of the ticket's row in FibreFlow."""
        return self.ticket.linked.ticket_id

    def agreed(self) -> KnownTicket:
        """The ticket as it is known now that QContact has what was sent."""
        link = agreed_on(self.ticket.linked, self.sending, self.answer)
        return replace(self.ticket, link=link)

    def audit_rows(self) -> list[SentRow]:
        """One row per kind sent: what was sent, the answer, and the value before."""
        ids, sending = (self.remote_id, self.ticket_id), self.sending
        sent = zip(kinds_of(sending), sending.remote.items(), strict=True)
        return [
            SentRow(*ids, kind, {name: value}, sending.with_before(name, self.answer.payload))
            for kind, (name, value) in sent
        ]


class Settling:
    """Settles the tickets of one pass, those together that are ready at about the same time."""

    def __init__(self, work: Work, people: People) -> None:
        self._work = work
        self._people = people
        self._groups = GroupCommit(self._settle_group, SETTLED_AT_ONCE, LINGER_S)

    def expected(self) -> AbstractContextManager[None]:
        """While the block runs, another ticket may soon be settled."""
        return self._groups.expected()

    def soon(self, sent: Sent) -> Settle:
        """What settles a ticket, together with those that are expected."""
        return partial(self._groups.submit, sent)

    async def now(self, sent: Sent) -> None:
        """Settle a part of a ticket, of which more is to be sent."""
        await self._groups.submit(sent, is_urgent=True)

    async def count(self, tickets: Sequence[KnownTicket]) -> None:
        """Count tickets of which all was sent that can be."""
        if tickets:
            async with self._work.unit(Direction.OUTBOUND) as unit:
                await self.finish(unit, [(ticket, True) for ticket in tickets])

    async def _settle_group(self, group: Sequence[Sent]) -> None:
        """Update the bases; other changes that the answers show are written with them."""
        async for attempt in attempts():
            with attempt:
                async with self._work.unit(Direction.OUTBOUND) as unit:
                    await self._settle_in(unit, group)
                    await self.finish(
                        unit, [(s.ticket, bool(s.sending)) for s in group if s.is_last]
                    )

    async def _settle_in(self, unit: UnitOfWork, group: Sequence[Sent]) -> None:
        now = await unit.tickets.read_again([sent.agreed() for sent in group])
        decisions = [d for s in group if (d := self._settled(s, now[s.remote_id]))]
        await unit.tickets.write(decisions)
        changed = [decision.remote.id for decision in decisions]
        await unit.progress.settle_rows(rows_read_apart(self._work.remote, changed))
        await unit.progress.audit_sent([row for sent in group for row in sent.audit_rows()])

    def _settled(self, sent: Sent, now: KnownTicket) -> TicketDecision | None:
        """What the answer means for FibreFlow's side as it is now."""
        decision = decide(sent.answer, now, self._people, sent.policy)
        if decision.kind is not DecisionKind.SKIP:
            return decision
        has_moved = now.linked.base != sent.ticket.linked.base
        return decision._replace(kind=DecisionKind.RELINK) if has_moved else None

    async def finish(self, unit: UnitOfWork, ended: Sequence[tuple[KnownTicket, bool]]) -> None:
        """Count tickets, once per run, when all of each was sent.

        Args:
            ended: Each with whether anything was sent.
        """
        await unit.quarantine.release([t.linked.remote_id for t, _ in ended if t.has_failed])
        fresh = [(t.linked.remote_id, did_send) for t, did_send in ended if not t.is_counted]
        updated = sum(did_send for _, did_send in fresh)
        await unit.progress.count_sent([remote_id for remote_id, _ in fresh], updated)
