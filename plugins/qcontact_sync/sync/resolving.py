"""Carrying out a person's decision about a frozen field, under the account's lease."""

from dataclasses import dataclass

from qcontact_sync.core.errors import ErrorCode, RowHidden, TicketError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import OUTSIDE_RUNS, Direction, Link, RemoteId, RemoteTicket
from qcontact_sync.core.ports import TicketAccess
from qcontact_sync.core.resolve import resolve
from qcontact_sync.core.store_ports import Lease, Store
from qcontact_sync.sync.single_reads import rows_read_apart


@dataclass(frozen=True, slots=True)
class Resolving:
    """What a decision is carried out with.

    Attributes:
        by: Who decided, for the record.
    """

    store: Store
    remote: TicketAccess
    policy: Policy
    lease: Lease
    by: str

    async def resolve(self, remote_id: RemoteId, field: str, keep: str) -> None:
        """Let one side win, based on what both sides hold now.

        If there is nothing left to decide (FibreFlow's row was deleted, or the field is not
        frozen any more), only the open conflict is closed. For a ticket that QContact does not
        have any more, only FibreFlow's value can be kept.

        Raises:
            TicketError: The value cannot be kept.
        """
        rules = self.policy.mapping.assignment
        people = rules.laid_over(await self.store.load_people())
        ticket = await self._read(remote_id)
        async with self.store.unit(OUTSIDE_RUNS, Direction.INBOUND, self.lease) as unit:
            known = (await unit.tickets.read_linked([remote_id])).get(remote_id)
            if known is not None and known.is_hidden:
                raise RowHidden
            if known is None or known.local is None:
                await unit.conflicts.close(remote_id, field, "deleted in FibreFlow", self.by)
            elif field not in known.linked.frozen:
                # The run that held the lease until now closed the conflict.
                reason = "the conflict was already closed"
                await unit.conflicts.close(remote_id, field, reason, self.by)
            else:
                link = known.linked
                seen = ticket or _as_last_agreed(link, keep)
                decision = resolve(field, keep, link, known.local, seen, people, self.policy)
                await unit.tickets.write([decision])
                await unit.progress.settle_rows(rows_read_apart(self.remote, [remote_id]))
                await unit.conflicts.close(remote_id, field, f"kept {keep}", self.by)

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
