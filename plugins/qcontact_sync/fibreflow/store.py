"""The `Store` port on PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import Direction, JobId, People, RemoteId, Window
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.store_ports import Lease
from qcontact_sync.core.unit_ports import NoteToSend, UnitOfWork
from qcontact_sync.core.walk import KnownRow
from qcontact_sync.fibreflow.change_mark import marked_tickets
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.host_schema import with_columns
from qcontact_sync.fibreflow.note_records import PostgresNotes, note_params, note_to_send
from qcontact_sync.fibreflow.outcome_records import (
    PostgresConflicts,
    PostgresProgress,
    PostgresQuarantine,
)
from qcontact_sync.fibreflow.ticket_records import PostgresTickets
from qcontact_sync.fibreflow.ticket_uids import AdoptionScan
from qcontact_sync.fibreflow.unit_of_work import OpenUnit


class PostgresStore:
    """FibreFlow's database as the two directions use it; one per direction of a run.

    Args:
        more: Further connections, for units that run at the same time.
        mapping: Names the columns of tickets beyond the lineage's own.
        notes_into: What QContact's notes become: ``notes`` or ``activities``.

    Attributes:
        schema: FibreFlow's, with the columns that the mapping names.
    """

    def __init__(
        self,
        database: Database,
        *more: Database,
        mapping: TicketMapping = TICKETS,
        notes_into: str = "notes",
    ) -> None:
        self.schema = with_columns(database.schema, mapping)
        self._mapping = mapping
        self._notes_into = notes_into
        # Last in, first out: the others connect when two units run at the same time.
        self._free = asyncio.LifoQueue[Database]()
        for free in (*more, database):
            self._free.put_nowait(free)
        self._scan = AdoptionScan()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Database]:
        free = await self._free.get()
        try:
            yield free
        finally:
            self._free.put_nowait(free)

    async def _read(self, name: str, params: Mapping[str, Any] | None = None) -> list[DictRow]:
        async with self._connection() as database:
            return await database.read(name, params)

    @asynccontextmanager
    async def unit(
        self, job_id: JobId, direction: Direction, lease: Lease | None
    ) -> AsyncIterator[UnitOfWork]:
        """A transaction; without a lease it is read-only (a dry run)."""
        read_only = lease is None
        async with (
            self._connection() as free,
            free.transaction(lease, read_only=read_only) as database,
        ):
            await database.limit_lock_waits()
            unit = OpenUnit(database, job_id, direction, read_only, self.schema, self._mapping)
            tickets = PostgresTickets(unit, self._scan)
            yield UnitOfWork(
                tickets,
                PostgresConflicts(unit),
                PostgresQuarantine(unit),
                PostgresNotes(unit, self._notes_into),
                PostgresProgress(unit),
            )
        tickets.committed()

    async def cursor_age(self, job_id: JobId) -> timedelta | None:
        rows = await self._read("read_cursor_age", {"job_id": job_id})
        return rows[0]["age"] if rows else None

    async def load_people(self) -> People:
        """FibreFlow's users; a name that two users share identifies none of them."""
        rows = await self._read("load_people")
        name_by_id = {row["id"]: canonical_text(row["full_name"] or "")[0] for row in rows}
        owners = Counter(name for name in name_by_id.values() if name)
        return People(
            name_by_id,
            {name: key for key, name in name_by_id.items() if name and owners[name] == 1},
        )

    async def list_due(self, direction: Direction, limit: int) -> Sequence[RemoteId]:
        rows = await self._read("list_due", {"direction": direction.value, "limit": limit})
        return [RemoteId(row["remote_id"]) for row in rows]

    async def resolve_ids(self, given: Sequence[str]) -> Mapping[str, RemoteId]:
        rows = await self._read("resolve_ids", {"given": list(given)})
        return {row["given"]: RemoteId(row["remote_id"]) for row in rows}

    async def list_pending(
        self, window: Window | None, remote_ids: Sequence[RemoteId] | None, *, sent: SentNotes
    ) -> Sequence[RemoteId]:
        params = {
            "remote_ids": None if remote_ids is None else list(remote_ids),
            "window_start": _naive_utc(window.start) if window else None,
            "window_end": _naive_utc(window.end) if window else None,
            **note_params(sent),
        }
        async with (
            self._connection() as free,
            free.transaction(read_only=True) as database,
        ):
            is_all = window is None and remote_ids is None
            # Read before tickets are compared: what changes in between has its mark the next time.
            marked = await marked_tickets(database, sent) if is_all else None
            rows = await database.fetch("list_pending", {"ticket_ids": marked, **params})
        return [RemoteId(row["remote_id"]) for row in rows]

    async def list_notes_to_send(
        self, remote_ids: Sequence[RemoteId], *, sent: SentNotes
    ) -> Mapping[RemoteId, Sequence[NoteToSend]]:
        rows = await self._read(
            "list_notes_to_send",
            {"remote_ids": list(remote_ids), **note_params(sent)},
        )
        notes: dict[RemoteId, list[NoteToSend]] = {}
        for row in rows:
            notes.setdefault(RemoteId(row["remote_id"]), []).append(note_to_send(row))
        return notes

    async def read_listed_rows(
        self, job_id: JobId, finished: Collection[str]
    ) -> Mapping[RemoteId, KnownRow]:
        params = {"job_id": job_id, "finished": sorted(finished)}
        rows = await self._read("read_listed_rows", params)
        return {
            RemoteId(row["remote_id"]): KnownRow(
                row["digest"],
                row["age"],
                row["is_finished"],
                row["is_linked"],
                row["is_gone"],
                row["is_counted"],
            )
            for row in rows
        }

    async def count_links(self, at_most: int | None = None) -> int:
        rows = await self._read("count_links", {"at_most": at_most})
        return int(rows[0]["links"])


def _naive_utc(moment: datetime | None) -> datetime | None:
    # FibreFlow's stamps have no zone and are meant to hold UTC.
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


class ReviewStore:
    """Small writes outside any run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change_failures(self, change: str, ids: Sequence[UUID], by: str) -> None:
        """``retry_quarantine`` or ``dismiss_quarantine`` these entries, as ``by`` decided."""
        async with self._database.transaction() as database:
            await database.fetch(change, {"ids": list(ids), "by": by})
