"""Reading tickets by their id, a few at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qcontact_sync.core.errors import RetryableError, TicketError
from qcontact_sync.core.model import RemoteId, RemoteTicket
from qcontact_sync.core.ports import TicketAccess, WalkedList
from qcontact_sync.core.walk import READ_APART
from qcontact_sync.sync.concurrency import run_all


@dataclass(slots=True)
class SingleReads:
    """The results of reading tickets by id.

    Attributes:
        refused: QContact does not have them, or its answer cannot be decoded.
        unreachable: No answer for now; the cause may be the ticket or QContact.
    """

    tickets: list[RemoteTicket] = field(default_factory=list)
    refused: list[tuple[RemoteId, TicketError]] = field(default_factory=list)
    unreachable: list[tuple[RemoteId, RetryableError]] = field(default_factory=list)

    @property
    def done(self) -> int:
        """The number of tickets asked for."""
        return len(self.tickets) + len(self.refused) + len(self.unreachable)

    def add(
        self, remote_id: RemoteId, outcome: RemoteTicket | TicketError | RetryableError
    ) -> None:
        """Add what one read came to."""
        if isinstance(outcome, RemoteTicket):
            self.tickets.append(outcome)
        elif isinstance(outcome, TicketError):
            self.refused.append((remote_id, outcome))
        else:
            self.unreachable.append((remote_id, outcome))

    def raise_if_nothing_answered(self) -> None:
        """If every read failed, the tickets are not the cause.

        Raises:
            RetryableError: The first of them.
        """
        if self.unreachable and not (self.tickets or self.refused):
            raise self.unreachable[0][1]


async def read_each(remote: TicketAccess, remote_ids: Sequence[RemoteId]) -> SingleReads:
    """Read each ticket; the client limits how many requests run at once.

    Raises:
        FatalError: Bad credentials and the like.
    """
    reads = SingleReads()

    async def read(remote_id: RemoteId) -> None:
        try:
            reads.add(remote_id, await remote.get(remote_id))
        except (TicketError, RetryableError) as error:
            reads.add(remote_id, error)

    await run_all(read(remote_id) for remote_id in dict.fromkeys(remote_ids))
    return reads


def rows_read_apart(remote: TicketAccess, remote_ids: Iterable[RemoteId]) -> Mapping[RemoteId, str]:
    """What to settle of tickets whose base changes without the list: the next walk reads them.

    Nothing where QContact can be asked what changed.
    """
    return dict.fromkeys(remote_ids, READ_APART) if isinstance(remote, WalkedList) else {}
