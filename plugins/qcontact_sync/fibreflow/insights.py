"""Reading the record: one read-only service for all pages, so that their numbers agree."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from qcontact_sync.core.failure_filter import EVERY_FAILURE, FailureFilter
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.reporting.alerts import OLD_AFTER

Row = Mapping[str, Any]


class Insights:
    """The contents of the sync's tables; each method is one read-only query file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(
        self,
        *,
        limit: int,
        status: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> Sequence[Row]:
        """Runs newest first, with all columns of ``sync_job_history``.

        Args:
            start_date, end_date: Half-open limits on ``started_at``.
        """
        return await self._database.read(
            "list_history",
            {"limit": limit, "status": status, "start_date": start_date, "end_date": end_date},
        )

    async def run(self, job_id: UUID) -> Row | None:
        """One run with its window; None if there is no record."""
        rows = await self._database.read("read_run", {"job_id": job_id})
        return rows[0] if rows else None

    async def status(self, account: str) -> Row:
        """The sync of an account at a glance."""
        params = {"account": account, "old_after": OLD_AFTER}
        return (await self._database.read("read_status", params))[0]

    async def figures(self) -> Row:
        """The numbers that go to Airflow's metrics, as one row of ``read_figures``."""
        return (await self._database.read("read_figures"))[0]

    async def failures(
        self,
        wanted: Sequence[str] | None = None,
        limit: int | None = None,
        only: FailureFilter = EVERY_FAILURE,
    ) -> Sequence[Row]:
        """The quarantine, oldest entry first; all, or those of the ``wanted`` ids."""
        params = {"wanted": None if wanted is None else list(wanted), "limit": limit}
        return await self._database.read("list_quarantine", {**params, **asdict(only)})

    async def quarantine_parts(self) -> Sequence[Row]:
        """Number of quarantine entries by direction and code."""
        return await self._database.read("count_quarantine")

    async def conflicts(
        self,
        conflict_id: UUID | None = None,
        limit: int | None = None,
        *,
        offset: int = 0,
        remote_ids: Sequence[str] | None = None,
    ) -> Sequence[Row]:
        """Open conflicts first, then those resolved automatically, newest first."""
        ids = None if remote_ids is None else list(remote_ids)
        params = {"id": conflict_id, "remote_ids": ids, "limit": limit, "offset": offset}
        return await self._database.read("list_conflicts", params)

    async def find_tickets(self, given: str, limit: int) -> Sequence[Row]:
        """Tickets by a part of a number, id or title, in any case; exact ones first."""
        text = given.strip().lower()
        part = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params = {"given": text, "pattern": f"%{part}%", "limit": limit}
        return await self._database.read("find_tickets", params)

    async def ticket_history(self, remote_id: str, limit: int = 50) -> Sequence[Row]:
        """The audit rows of a ticket, newest first."""
        return await self._database.read("ticket_history", {"remote_id": remote_id, "limit": limit})
