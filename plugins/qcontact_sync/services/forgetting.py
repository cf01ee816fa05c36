"""`forget`: remove what the sync keeps of a ticket that was erased in FibreFlow."""

from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ConfigError, ErrorCode, TicketError
from qcontact_sync.core.model import RemoteId
from qcontact_sync.fibreflow.database import LEASE_PATIENCE_S, PERSON_PATIENCE_S
from qcontact_sync.fibreflow.erased_tickets import ErasedTickets
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.services.deciding import acquire_lease, person
from qcontact_sync.services.review import UnknownId
from qcontact_sync.services.wiring import open_database


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of a ticket.

    Attributes:
        remote_id: The ticket's QContact id.
        links, conflicts, quarantined, notes: Rows removed.
        payloads: Rows of the audit that were emptied and marked.
    """

    remote_id: str
    links: int
    conflicts: int
    quarantined: int
    notes: int
    payloads: int

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


async def forget_ticket(
    fibreflow: FibreFlowAccess,
    settings: Settings,
    given: str,
    patience_s: float | None = None,
    *,
    by: str | None = None,
) -> Forgotten:
    """Remove what the sync keeps of an erased ticket. Waits while a run is active.

    Args:
        given: The ticket's QContact id, or the uuid that it had in FibreFlow.
        patience_s: How long it waits for a run that is at work; None for as long as it takes.
        by: Who asked, for the mark in the audit; None for the user that this process runs as.

    Raises:
        UnknownId: The sync keeps nothing under this id.
        TicketError: ``CONFLICT``, FibreFlow still has the ticket.
        ConfigError: The database's user may not change a table; it is named.
        RunActive: A run is still active; nothing was removed.
    """
    async with (
        open_database(fibreflow, PERSON_PATIENCE_S) as database,
        open_database(fibreflow, LEASE_PATIENCE_S) as lease_database,
        AsyncExitStack() as stack,
    ):
        await require_own(database, settings.account)
        tickets = ErasedTickets(database)
        async with database.transaction(read_only=True):
            await _find(tickets, given)
        leases = PostgresLeases(lease_database)
        active = await acquire_lease(stack, leases, settings.account, patience_s)
        async with database.transaction(active.lease):
            remote_id = await _find(tickets, given)
            mark = {"forgotten_at": datetime.now(UTC).isoformat(), "by": person(by)}
            removed = await tickets.forget(remote_id, mark)
    return Forgotten(remote_id, **removed)


async def _find(tickets: ErasedTickets, given: str) -> RemoteId:
    """The QContact id of a ticket that may be forgotten."""
    row = await tickets.find(given)
    if row is None:
        raise UnknownId(given, "ticket that the sync keeps something of")
    if row["is_here"]:
        raise TicketError(
            f"FibreFlow still has ticket {given}: erase it there (and in QContact) first",
            ErrorCode.CONFLICT,
        )
    if row["lacks"]:
        raise ConfigError(
            f"the database's user may not change table {row['lacks']}: run `forget` with the "
            "DATABASE_URL of the role that owns it (docs/personal-data.md)"
        )
    return RemoteId(row["remote_id"])
