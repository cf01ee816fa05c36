"""Reports about recorded runs and pending work; read-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.mapping_file import sent_notes
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.failure_filter import EVERY_FAILURE, FailureFilter
from qcontact_sync.core.outbound import outbound_limit
from qcontact_sync.fibreflow.database import PERSON_PATIENCE_S
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.run_insights import PeriodReport, Row, RunInsights, RunReport
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.reporting.periods import Period
from qcontact_sync.services.results import HistoryRow, recorded
from qcontact_sync.services.wiring import open_database


@dataclass(frozen=True, slots=True)
class Pending:
    """Tickets with pending changes or notes.

    Attributes:
        total: Their number.
        tickets: The first of them, the oldest change first (``describe_tickets``).
        transitions: All of them, by transition of the status (``sum_pending``).
        limit: More than this are not sent without confirmation.
        limit_reason: Where the limit comes from, for users.
    """

    total: int
    tickets: Sequence[Row]
    transitions: Sequence[Row]
    limit: int
    limit_reason: str

    @property
    def is_held(self) -> bool:
        """Whether none is sent until a user confirms."""
        return self.total > self.limit


@dataclass(frozen=True, slots=True)
class QuarantineOverview:
    """The quarantine, as its page shows it.

    Attributes:
        parts: The number of entries by direction and code (``count_quarantine``).
        entries: The oldest of those that match a filter (``list_quarantine``).
    """

    parts: Sequence[Row]
    entries: Sequence[Row]


async def history(
    fibreflow: FibreFlowAccess,
    limit: int,
    status: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> Sequence[HistoryRow]:
    """Recorded runs, newest first.

    Args:
        start_date, end_date: Half-open limits on ``started_at``.
    """
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        rows = await Insights(database).history(
            limit=limit, status=status, start_date=start_date, end_date=end_date
        )
    return [HistoryRow(**row) for row in rows]


async def find_run(fibreflow: FibreFlowAccess, job_id: UUID) -> dict[str, object] | None:
    """A recorded run as outside callers see it (``data`` in docs/triggering.md), or None.

    Its summary is null while the run is active.
    """
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        row = await Insights(database).run(job_id)
    return recorded(row) if row else None


async def report_period(
    fibreflow: FibreFlowAccess, settings: Settings, period: Period, limit: int
) -> PeriodReport:
    """An overview of a period, with its newest ``limit`` runs."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await RunInsights(database).period(period, settings.timezone, limit)


async def list_runs(
    fibreflow: FibreFlowAccess, period: Period, status: str | None, *, limit: int, offset: int = 0
) -> Sequence[Row]:
    """Runs of a period, newest first, without their results."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await RunInsights(database).runs(period, status, limit, offset)


async def report_run(fibreflow: FibreFlowAccess, job_id: UUID, limit: int) -> RunReport | None:
    """One run with at most ``limit`` of its failed tickets; None if the run does not exist."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await RunInsights(database).run(job_id, limit)


async def list_pending(fibreflow: FibreFlowAccess, settings: Settings, limit: int) -> Pending:
    """The tickets that the next run would send, at most ``limit``."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        store, insights = PostgresStore(database), RunInsights(database)
        ids = await store.list_pending(None, None, sent=sent_notes(settings))
        return Pending(
            len(ids),
            await insights.tickets(ids[:limit]),
            await insights.transitions(ids),
            outbound_limit(await store.count_links(), settings.max_outbound),
            "the default" if settings.max_outbound is None else "QCONTACT_SYNC_MAX_OUTBOUND",
        )


async def list_quarantine(
    fibreflow: FibreFlowAccess, limit: int, only: FailureFilter = EVERY_FAILURE
) -> QuarantineOverview:
    """The quarantine with its ``limit`` oldest entries of those that match."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        insights = Insights(database)
        return QuarantineOverview(
            await insights.quarantine_parts(), await insights.failures(limit=limit, only=only)
        )
