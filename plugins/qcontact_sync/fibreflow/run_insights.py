"""Runs on record over time; each method is one read-only transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from qcontact_sync.core.model import RemoteId
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.reporting.periods import Period

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """A period; the rows are described in the queries of the same names.

    Attributes:
        sums: ``sum_runs``.
        directions: ``sum_directions``.
        buckets: ``chart_runs``, oldest first; parts without a run are left out.
        errors: ``count_errors``, runs that broke before tickets that failed.
        runs: ``list_runs``, the newest.
    """

    sums: Row
    directions: Sequence[Row]
    buckets: Sequence[Row]
    errors: Sequence[Row]
    runs: Sequence[Row]


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run.

    Attributes:
        run: ``report_run``.
        directions: ``read_directions``.
        errors: ``count_errors`` of the run.
        tickets: ``list_run_errors``, as many as were asked for.
    """

    run: Row
    directions: Sequence[Row]
    errors: Sequence[Row]
    tickets: Sequence[Row]


class RunInsights:
    """Reads the record of runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def period(self, period: Period, zone: str, limit: int) -> PeriodReport:
        """A period at a glance.

        Args:
            zone: The time zone of the buckets' days and weeks.
            limit: At most this many runs.
        """
        span = {"start_date": period.start, "end_date": period.end}
        async with self._database.transaction(read_only=True) as database:
            return PeriodReport(
                sums=(await database.fetch("sum_runs", span))[0],
                directions=await database.fetch("sum_directions", span),
                buckets=await database.fetch(
                    "chart_runs", {**span, "unit": period.unit.value, "zone": zone}
                ),
                errors=await database.fetch("count_errors", {**span, "job_id": None}),
                runs=await database.fetch("list_runs", _page(period, None, limit, 0)),
            )

    async def runs(
        self, period: Period, status: str | None, limit: int, offset: int
    ) -> Sequence[Row]:
        """Runs of a period, newest first."""
        return await self._database.read("list_runs", _page(period, status, limit, offset))

    async def run(self, job_id: UUID, limit: int) -> RunReport | None:
        """One run with at most ``limit`` of its failed tickets; None if there is no record."""
        key = {"job_id": job_id}
        async with self._database.transaction(read_only=True) as database:
            rows = await database.fetch("report_run", key)
            if not rows:
                return None
            return RunReport(
                run=rows[0],
                directions=await database.fetch("read_directions", key),
                errors=await database.fetch(
                    "count_errors", {**key, "start_date": None, "end_date": None}
                ),
                tickets=await database.fetch("list_run_errors", {**key, "limit": limit}),
            )

    async def tickets(self, remote_ids: Sequence[RemoteId]) -> Sequence[Row]:
        """Names of these tickets for people, in the same order (``describe_tickets``)."""
        return await self._database.read("describe_tickets", {"remote_ids": list(remote_ids)})

    async def transitions(self, remote_ids: Sequence[RemoteId]) -> Sequence[Row]:
        """What would be sent of these tickets, by transition (``sum_pending``)."""
        return await self._database.read("sum_pending", {"remote_ids": list(remote_ids)})


def _page(period: Period, status: str | None, limit: int, offset: int) -> dict[str, object]:
    return {
        "start_date": period.start,
        "end_date": period.end,
        "status": status,
        "limit": limit,
        "offset": offset,
    }
