"""Listed tickets that are the same on both sides, found without reading or deciding each.

Whatever is not certainly the same is left to the comparison ticket by ticket.
"""

from collections.abc import Mapping, Sequence

from qcontact_sync.core.comparison import Standing, TicketComparison
from qcontact_sync.core.comparison_ports import ComparisonReads
from qcontact_sync.core.listed import Listed
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import People, RemoteId, RemoteTicket
from qcontact_sync.core.unmoved import WordJudge, equal_texts


class UnmovedTickets:
    """Tickets that neither side changed since they agreed, and whose values mean the same."""

    def __init__(self, reads: ComparisonReads, people: People, policy: Policy) -> None:
        self._reads = reads
        self._texts = equal_texts(policy.mapping)
        self._judge = WordJudge(self._texts.judged if self._texts else (), people, policy)

    async def recognised(self, listed: Sequence[Listed]) -> Mapping[RemoteId, TicketComparison]:
        """Those that were settled as the object that was received now says."""
        return await self._same([ticket for ticket in listed if ticket.digest], None)

    async def unchanged(
        self, prints: Mapping[RemoteId, str], tickets: Sequence[RemoteTicket]
    ) -> Mapping[RemoteId, TicketComparison]:
        """Those whose values are the agreed ones, although the object is another one.

        Args:
            prints: Their fingerprints.
        """
        return await self._same(tickets, [prints[ticket.id] for ticket in tickets])

    async def _same(
        self, listed: Sequence[Listed], prints: Sequence[str] | None
    ) -> Mapping[RemoteId, TicketComparison]:
        if self._texts is None or not listed:
            return {}
        found = await self._reads.match_unmoved(listed, self._texts, prints)
        are_the_same = self._judge.are_the_same
        return {
            remote_id: TicketComparison(remote_id, uid, Standing.SAME)
            for remote_id, uid, words in found
            if are_the_same(words)
        }
