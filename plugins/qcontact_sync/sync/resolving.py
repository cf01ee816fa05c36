"""Carrying out a person's decision about a frozen field, under the account's lease."""

from dataclasses import dataclass
from uuid import UUID

from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import Direction, JobId, RemoteId
from qcontact_sync.core.ports import RemoteTickets
from qcontact_sync.core.resolve import resolve
from qcontact_sync.core.store_ports import Lease, Store

OUTSIDE_RUNS = JobId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Resolving:
    """The hands that carry a decision out."""

    store: Store
    remote: RemoteTickets
    policy: Policy
    lease: Lease

    async def resolve(self, remote_id: RemoteId, field: str, keep: str) -> None:
        """Let one side win, from what both hold now.

        Raises:
            TicketError: The ticket is gone on either side, or the value cannot be kept.
        """
        people = await self.store.load_people()
        ticket = await self.remote.get(remote_id)
        async with self.store.unit(OUTSIDE_RUNS, Direction.INBOUND, self.lease) as unit:
            pair = (await unit.read_pairs([remote_id])).get(remote_id)
            if pair is None or pair.local is None:
                raise TicketError("the ticket is not in FibreFlow any more", ErrorCode.NOT_FOUND)
            decision = resolve(field, keep, pair.link, pair.local, ticket, people, self.policy)
            await unit.write([decision])
            await unit.close_conflict(remote_id, field, f"kept {keep}")
