"""Comparing both sides with QContact's values from the last run: only the database is read."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from qcontact_sync.core.comparison import RecordedState, Standing, TicketComparison, only_here
from qcontact_sync.core.comparison_ports import Blockers, ComparisonReads
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import KnownTicket, Link, People, RemoteId, RemoteTicket
from qcontact_sync.sync.comparing import GONE, judge

BATCH = 500


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A look at linked tickets.

    Attributes:
        pending: Tickets of which the next run sends something.
    """

    reads: ComparisonReads
    policy: Policy
    people: People
    pending: frozenset[RemoteId]

    async def compare(self, after: RemoteId | None) -> AsyncIterator[TicketComparison]:
        """Linked tickets in the order of their ids, those behind ``after``."""
        while page := await self.reads.page_of_links(after, BATCH):
            after = page[-1]
            known = await self.reads.read_linked(page)
            blockers = await self.reads.read_blockers(page)
            for remote_id in page:
                if remote_id in known:
                    yield self._judge(known[remote_id], blockers.get(remote_id, Blockers()))

    def _judge(self, known: KnownTicket, blockers: Blockers) -> TicketComparison:
        link = known.linked
        if blockers.is_gone:
            uid = known.local.ticket_uid if known.local else None
            found = only_here(link.remote_id, uid, GONE, known.version)
            return found if uid else TicketComparison(link.remote_id, None, Standing.SAME)
        is_pending = link.remote_id in self.pending
        recorded = RecordedState(blockers.inbound, blockers.outbound, is_pending=is_pending)
        return judge(as_last_seen(link), known, recorded, self.people, self.policy)


def as_last_seen(link: Link) -> RemoteTicket:
    """The ticket as the sync saw it in QContact last."""
    return RemoteTicket(link.remote_id, link.base.remote, link.remote_updated_at)
