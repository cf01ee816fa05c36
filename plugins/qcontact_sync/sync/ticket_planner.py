"""A dry run's counterpart of `TicketSender`: what would be sent is added to the plan."""

from collections.abc import Sequence

from qcontact_sync.core.decide import decide
from qcontact_sync.core.errors import ErrorCode, NeedsConfirmation, TicketError
from qcontact_sync.core.model import KnownTicket, People
from qcontact_sync.core.outbound import sending_of
from qcontact_sync.core.plan import PlanLine, Sign, moves_of
from qcontact_sync.core.unit_ports import NoteToSend
from qcontact_sync.sync.context import Work


class TicketPlanner:
    """Plans the tickets of one pass."""

    def __init__(self, work: Work, people: People) -> None:
        self._work = work
        self._people = people

    def require_confirmation(self, pending: int, limit: int) -> None:
        """Add a notice: a real run would send nothing."""
        held = NeedsConfirmation(pending, limit)
        self._work.plan.notices.append(f"nothing is sent without confirmation: {held}")

    async def send(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> None:
        """Plan a ticket's fields and notes; there is nothing to record."""
        remote = await self._work.remote.get(ticket.linked.remote_id)
        decision = decide(remote, ticket, self._people, self._work.options.policy)
        sending = sending_of(decision)
        fields = (*sending.remote, *("note" for _ in notes))
        if fields and ticket.local:
            uid = ticket.local.ticket_uid
            moves = moves_of(ticket.linked.base.local, sending.local)
            self._work.plan.add(PlanLine(Sign.SEND, remote.id, uid, fields, moves))
        for name, why in sending.refusals.items():
            raise TicketError(why, ErrorCode.VALIDATION_ERROR, field=name)

    async def count_sent_in_part(self) -> None:
        """Nothing is sent, and nothing counted."""
