"""Compares a small sample of tickets with QContact, to detect missed changes."""

import logging
from collections.abc import Sequence

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import OUTSIDE_RUNS, Direction, RemoteId, RemoteTicket
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.reporting.divergence import diverges
from qcontact_sync.services.wiring import open_database, open_remote
from qcontact_sync.sync.single_reads import read_each

log = logging.getLogger(__name__)

SAMPLE = 25


async def compare_sample(
    fibreflow: FibreFlowAccess, qcontact: QContactAccess, settings: Settings
) -> dict[str, object]:
    """Compare the next few tickets with QContact; each call continues after the last one.

    Returns:
        ``compared`` (int), ``differing`` (QContact ids, see `reporting.divergence.diverges`;
        tickets in quarantine or with an open conflict are not compared), ``unread`` (int: QContact
        did not show them).

    Raises:
        SyncError: One of the sides is not available.
    """
    async with (
        open_database(fibreflow) as database,
        open_remote(qcontact, settings) as remote,
    ):
        await require_own(database, settings.account)
        rows = await database.read("sample_links", {"account": settings.account, "size": SAMPLE})
        ids = [RemoteId(row["remote_id"]) for row in rows]
        reads = await read_each(remote, ids)
        reads.raise_if_nothing_answered()
        differing = await _differing(database, settings.account, reads.tickets, remote.mapping)
        await _note(database, settings.account, ids, len(reads.tickets), differing)
    log.info("sample.compared tickets=%d differing=%s", len(reads.tickets), differing)
    unread = len(ids) - len(reads.tickets)
    return {"compared": len(reads.tickets), "differing": differing, "unread": unread}


async def _differing(
    database: Database, account: str, tickets: Sequence[RemoteTicket], mapping: TicketMapping
) -> list[str]:
    settled_until = await PostgresRunStore(database).read_cursor(account)
    async with PostgresStore(database, mapping=mapping).unit(
        OUTSIDE_RUNS, Direction.INBOUND, None
    ) as unit:
        known = await unit.tickets.read_linked([ticket.id for ticket in tickets])
    return [
        ticket.id
        for ticket in tickets
        if (found := known.get(ticket.id))
        and found.local
        and diverges(ticket, found.linked, found.local, settled_until, mapping)
    ]


async def _note(
    database: Database,
    account: str,
    ids: Sequence[RemoteId],
    compared: int,
    differing: Sequence[str],
) -> None:
    async with database.transaction():
        await database.fetch(
            "note_sample",
            {
                "account": account,
                "compared": compared,
                "differing": list(differing),
                "last_id": ids[-1] if ids else None,
            },
        )
