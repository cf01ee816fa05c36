"""Carrying out a person's decision about a frozen field, under the account's lease."""

from dataclasses import dataclass

from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import OUTSIDE_RUNS, Direction, Link, RemoteId, RemoteTicket
from qcontact_sync.core.ports import RemoteTickets
from qcontact_sync.core.resolve import resolve
from qcontact_sync.core.store_ports import Lease, Store


@dataclass(frozen=True, slots=True)
class Resolving:
    """The hands that carry a decision out.

    Attributes:
        by: Who decided, for the record.
    """

    store: Store
    remote: RemoteTickets
    policy: Policy
    lease: Lease
    by: str

    async def resolve(self, remote_id: RemoteId, field: str, keep: str) -> None:
        """Let one side win, from what both hold now.

        Where nothing is left to decide (FibreFlow's row was deleted, or the field does not wait
        any more), only what is still open of the conflict ends. Of a ticket that QContact lost,
        FibreFlow's value can be kept.

        Raises:
            TicketError: The value cannot be kept.
        """
        people = await self.store.load_people()
        ticket = await self._read(remote_id)
        async with self.store.unit(OUTSIDE_RUNS, Direction.INBOUND, self.lease) as unit:
            pair = (await unit.read_pairs([remote_id])).get(remote_id)
            if pair is None or pair.local is None:
                await unit.close_conflict(remote_id, field, "deleted in FibreFlow", self.by)
            elif field not in pair.link.frozen:
                # A run that was at work until now came to an end of it.
                reason = "the field does not wait any more"
                await unit.close_conflict(remote_id, field, reason, self.by)
            else:
                seen = ticket or _as_last_agreed(pair.link, keep)
                decision = resolve(field, keep, pair.link, pair.local, seen, people, self.policy)
                await unit.write([decision])
                await unit.close_conflict(remote_id, field, f"kept {keep}", self.by)

    async def _read(self, remote_id: RemoteId) -> RemoteTicket | None:
        try:
            return await self.remote.get(remote_id)
        except TicketError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return None


def _as_last_agreed(link: Link, keep: str) -> RemoteTicket:
    if keep == "remote":
        raise TicketError(
            "QContact does not have the ticket any more: keep local", ErrorCode.NOT_FOUND
        )
    return RemoteTicket(link.remote_id, link.base.remote, link.remote_updated_at)
