"""FibreFlow's side of a comparison."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from qcontact_sync.core.comparison_ports import Blockers, UnlinkedRow
from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import (
    OUTSIDE_RUNS,
    Direction,
    KnownTicket,
    LocalId,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.unmoved import EqualTexts, UnmovedTicket
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.rows import text_array
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.fibreflow.unit_of_work import jsonb


class PostgresComparison:
    """The `ComparisonReads` port."""

    def __init__(self, database: Database, store: PostgresStore) -> None:
        self._database = database
        self._store = store

    async def look_up(self, tickets: Sequence[RemoteTicket]) -> Mapping[RemoteId, KnownTicket]:
        # Of every ticket the base is wanted: no fingerprint is compared.
        listed = [(ticket, "") for ticket in tickets]
        async with self._store.unit(OUTSIDE_RUNS, Direction.INBOUND, None) as unit:
            return await unit.tickets.look_up(listed, force=True)

    async def match_unmoved(
        self,
        listed: Sequence[Listed],
        texts: EqualTexts,
        fingerprints: Sequence[str] | None = None,
    ) -> Sequence[UnmovedTicket]:
        digests = [ticket.digest for ticket in listed] if fingerprints is None else []
        params = {
            "remote_ids": text_array([ticket.id for ticket in listed]),
            "digests": text_array(digests),
            "fingerprints": text_array(fingerprints or []),
            "stamps": _stamps([ticket.updated_at for ticket in listed]),
            "ignored": list(texts.ignored),
            "uuids": list(texts.uuids),
            "longest": jsonb(texts.longest),
        }
        async with self._database.transaction(read_only=True) as database:
            (row,) = await database.fetch("match_unmoved", params, self._store.schema)
        if row["remote_ids"] is None:
            return ()
        return list(map(UnmovedTicket, row["remote_ids"], row["ticket_uids"], row["words"]))

    async def read_linked(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, KnownTicket]:
        async with self._store.unit(OUTSIDE_RUNS, Direction.OUTBOUND, None) as unit:
            return await unit.tickets.read_linked(remote_ids)

    async def read_blockers(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, Blockers]:
        rows = await self._database.read("read_blockers", {"remote_ids": list(remote_ids)})
        return {
            RemoteId(row["remote_id"]): Blockers(row["inbound"], row["outbound"], row["is_gone"])
            for row in rows
        }

    async def page_of_links(self, after: RemoteId | None, limit: int) -> Sequence[RemoteId]:
        params = {"after": after, "limit": limit}
        (page,) = await self._database.read("page_of_links", params)
        return page["remote_ids"] or ()

    async def page_of_unlinked(self, after: LocalId | None, limit: int) -> Sequence[UnlinkedRow]:
        rows = await self._database.read("page_of_unlinked", {"after": after, "limit": limit})
        return [
            UnlinkedRow(
                LocalId(row["ticket_id"]),
                row["ticket_uid"],
                RemoteId(row["remote_id"]) if row["remote_id"] else None,
            )
            for row in rows
        ]

    async def settled_until(self, account: str) -> datetime | None:
        return await PostgresRunStore(self._database).read_cursor(account)


def _stamps(stamps: Sequence[datetime | None]) -> str:
    """As `text_array`, of instants."""
    return "{" + ",".join([stamp.isoformat() if stamp else "NULL" for stamp in stamps]) + "}"
