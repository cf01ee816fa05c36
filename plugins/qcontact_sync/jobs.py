"""The sync as functions: what the DAG's tasks, the CLI and other Python code call.

This is the one place that names concrete adapters.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from qcontact_sync.clock import SystemClock
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import Direction, RunStatus
from qcontact_sync.core.request import parse_request
from qcontact_sync.core.run_ports import ClosedRun, Settlement
from qcontact_sync.core.stats import Counts, DirectionStats
from qcontact_sync.core.windows import Trigger
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.history import list_history
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.migrate import check_schema
from qcontact_sync.fibreflow.migrate import migrate as migrate_database
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.qcontact.tickets_dialect import TicketsClient, open_client
from qcontact_sync.qcontact.transport import ClientOptions
from qcontact_sync.settings import (
    ConfigError,
    Dialect,
    Endpoints,
    Settings,
    database_url_from_env,
    endpoints_from_env,
    load_settings,
)
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.context import Progress, Run, SyncOptions, Work
from qcontact_sync.sync.leases import hold_lease
from qcontact_sync.sync.lifecycle import RunOrder

__all__ = [
    "JobResult",
    "RunOrder",
    "check_qcontact",
    "finish_run",
    "get_last_sync_job_run",
    "get_sync_job_history",
    "migrate",
    "run_direction",
    "run_sync_job",
    "start_run",
]

ACCOUNT = "default"
CLI_DAG_ID = "cli"


@dataclass(frozen=True, slots=True)
class JobResult:
    """A finished run (design section 2.4).

    Attributes:
        sync_result: ``inbound_stats``, ``outbound_stats``, ``errors``; of a dry run ``plan``.
    """

    job_id: UUID
    status: str
    started_at: datetime
    completed_at: datetime
    duration_seconds: float
    sync_result: Mapping[str, object]
    summary: Mapping[str, object]
    error_message: str | None = None
    error_code: str | None = None

    def to_dict(self) -> dict[str, object]:
        """The run as callers outside see it (design section 2.5, ``data``)."""
        return {
            "job_id": str(self.job_id),
            "status": self.status,
            "started_at": self.started_at.isoformat(),
            "completed_at": self.completed_at.isoformat(),
            "duration_seconds": round(self.duration_seconds, 3),
            "summary": dict(self.summary),
            "error_message": self.error_message,
            "error_code": self.error_code,
            **({"plan": self.sync_result["plan"]} if "plan" in self.sync_result else {}),
        }


@asynccontextmanager
async def _database(endpoints: Endpoints) -> AsyncIterator[Database]:
    database = Database(endpoints.database_url.get_secret_value())
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _client(endpoints: Endpoints, settings: Settings) -> AsyncIterator[TicketsClient]:
    if endpoints.dialect is not Dialect.TICKETS:
        raise ConfigError("the entities dialect is not spoken yet: use dialect tickets")
    options = ClientOptions(
        timeout_s=settings.timeout_s,
        retry_budget_s=settings.retry_budget_s,
        connections=settings.connections,
        rate_per_s=settings.rate_per_s,
    )
    async with open_client(
        url=endpoints.qcontact_url, key=endpoints.qcontact_key, options=options
    ) as client:
        yield client


def _options(settings: Settings, remote: TicketsClient) -> SyncOptions:
    return SyncOptions(
        policy=Policy(remote.words, settings.reopen, settings.assignment_winner),
        overlap=timedelta(seconds=settings.overlap_s),
        page_size=settings.page_size,
        connections=settings.connections,
        max_outbound=settings.max_outbound,
        internal_notes=settings.internal_notes == "send",
    )


def start_run(endpoints: Endpoints, settings: Settings, order: RunOrder) -> dict[str, object]:
    """Check the params, resolve the window, open the run's record (not for a dry run).

    Safe to repeat for the same ``dag_id`` and ``run_id``: the record and its window are kept.

    Returns:
        The run as plain values for XCom, to be handed to `run_direction` and `finish_run`;
        among them ``job_id``, ``directions`` (those asked for), ``dry_run``, ``window_start``,
        ``window_end``.

    Raises:
        ParamError: Bad params; a ``failed`` row with ``VALIDATION_ERROR`` was written.
        SyncError: FatalError or RetryableError.
    """
    return asyncio.run(_start_run(endpoints, order)).to_dict()


async def _start_run(endpoints: Endpoints, order: RunOrder) -> Run:
    await check_schema(endpoints.database_url.get_secret_value())
    async with _database(endpoints) as database:
        key, request, opened = await lifecycle.start(
            PostgresRunStore(database), SystemClock(), ACCOUNT, order
        )
    window = opened.window
    return Run(
        key.job_id,
        request,
        window.window,
        window.moves_cursor,
        window.is_dated,
        opened.settled_until,
    )


def run_direction(
    endpoints: Endpoints,
    settings: Settings,
    run: Mapping[str, object],
    direction: Direction,
    progress: Progress | None = None,
) -> dict[str, object]:
    """Carry out one direction of a started run.

    Args:
        progress: Called as (direction, tickets done, tickets expected so far).

    Returns:
        `DirectionStats.to_dict` with the direction's counts; of a dry run ``plan`` beside them.

    Raises:
        SyncError: The direction broke; what it settled until then is on record.
    """
    work = _run_direction(endpoints, settings, Run.from_dict(run), direction, progress)
    return asyncio.run(work)


async def _run_direction(
    endpoints: Endpoints,
    settings: Settings,
    run: Run,
    direction: Direction,
    progress: Progress | None,
) -> dict[str, object]:
    async with (
        _database(endpoints) as database,
        _database(endpoints) as lease_database,
        _client(endpoints, settings) as remote,
    ):
        runs = PostgresRunStore(database)
        work = Work(run, _options(settings, remote), remote, PostgresStore(database))
        work.progress = progress or work.progress
        if run.request.dry_run:
            await lifecycle.preview(direction, work)
            return {**DirectionStats().to_dict(), "plan": work.plan.to_dict()}
        async with hold_lease(PostgresLeases(lease_database), ACCOUNT, SystemClock()) as held:
            work.held = held
            work.run = run.resumed_at(await runs.read_progress(run.job_id))
            return (await lifecycle.carry_out(runs, direction, work)).to_dict()


def finish_run(
    endpoints: Endpoints,
    settings: Settings,
    run: Mapping[str, object],
    stats: Mapping[str, Mapping[str, object] | None],
) -> dict[str, object]:
    """Settle the run's row from the directions' stats; safe to repeat.

    Args:
        run: What `start_run` returned.
        stats: Per direction asked for, what `run_direction` returned, or None where it broke.

    Returns:
        The summary (design section 2.5, ``data``) as plain values.
    """
    started = Run.from_dict(run)
    return asyncio.run(_finish_run(endpoints, started, stats)).to_dict()


async def _finish_run(
    endpoints: Endpoints, run: Run, stats: Mapping[str, Mapping[str, object] | None]
) -> JobResult:
    if run.request.dry_run:
        return _previewed(run, stats)
    directions = {
        d: DirectionStats.from_dict(plain) if (plain := stats.get(d.value)) else None
        for d in run.request.directions
    }
    async with _database(endpoints) as database:
        runs = PostgresRunStore(database)
        settlement, closed = await lifecycle.settle(runs, run, directions)
        errors = await runs.read_errors(run.job_id)
    return _finished(run, settlement, closed, errors)


def _finished(
    run: Run, settlement: Settlement, closed: ClosedRun, errors: Sequence[Mapping[str, object]]
) -> JobResult:
    return JobResult(
        job_id=run.job_id,
        status=settlement.status.value,
        started_at=closed.started_at,
        completed_at=closed.completed_at,
        duration_seconds=closed.duration_seconds,
        sync_result={
            **{
                f"{d.value}_stats": settlement.directions[d].to_dict()
                if d in settlement.directions
                else None
                for d in Direction
            },
            "errors": list(errors),
        },
        summary=_summary(settlement),
        error_message=settlement.error_message,
        error_code=settlement.error_code,
    )


def _summary(settlement: Settlement) -> dict[str, object]:
    by_name = {
        d: settlement.directions[d].counts if d in settlement.directions else Counts()
        for d in Direction
    }
    total = sum(by_name.values(), Counts())
    inbound, outbound = by_name[Direction.INBOUND], by_name[Direction.OUTBOUND]
    return {
        "total_processed": total.processed,
        "total_success": total.successful,
        "total_failed": total.failed,
        "success_rate": total.success_rate,
        "inbound": {**_in_short(inbound), "created": inbound.created, "updated": inbound.updated},
        "outbound": _in_short(outbound),
    }


def _in_short(counts: Counts) -> dict[str, object]:
    return {
        "processed": counts.processed,
        "successful": counts.successful,
        "failed": counts.failed,
        "skipped": counts.skipped,
    }


def _previewed(run: Run, stats: Mapping[str, Mapping[str, object] | None]) -> JobResult:
    """A dry run's result: its plan; nothing is on record."""
    plans = {name: plain["plan"] for name, plain in stats.items() if plain and "plan" in plain}
    now = SystemClock().now()
    is_whole = len(plans) == len(run.request.directions)
    return JobResult(
        job_id=run.job_id,
        status="success" if is_whole else "failed",
        started_at=now,
        completed_at=now,
        duration_seconds=0.0,
        sync_result={"plan": plans},
        summary=_summary(Settlement(RunStatus.SUCCESS, {})),
    )


def run_sync_job(
    params: Mapping[str, object] | None = None,
    *,
    endpoints: Endpoints | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> JobResult:
    """Run the whole sync once, outside Airflow.

    Args:
        params: As the DAG's (`core.request.PARAM_NAMES`).
        endpoints, settings: From the environment where not given.

    Raises:
        ParamError: Bad params; nothing was touched and no row was written.
        ConfigError: A setting is missing or wrong.
    """
    params = params or {}
    parse_request(params)
    endpoints, settings = endpoints or endpoints_from_env(), settings or load_settings()
    run_id = f"cli__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}_{uuid4().hex[:8]}"
    order = RunOrder(CLI_DAG_ID, run_id, Trigger.MANUAL, params, is_recorded_when_refused=False)
    return asyncio.run(_run_all(endpoints, settings, order, progress))


async def _run_all(
    endpoints: Endpoints, settings: Settings, order: RunOrder, progress: Progress | None
) -> JobResult:
    run = await _start_run(endpoints, order)
    stats: dict[str, Mapping[str, object] | None] = {}
    broken: SyncError | None = None
    for direction in run.request.directions:
        try:
            stats[direction.value] = await _run_direction(
                endpoints, settings, run, direction, progress
            )
        except SyncError as error:
            stats[direction.value] = None
            broken = broken or error
    if run.request.dry_run and broken:
        raise broken
    return await _finish_run(endpoints, run, stats)


def get_sync_job_history(
    limit: int = 20,
    status: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    *,
    endpoints: Endpoints | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Runs on record, newest first: rows with all columns of ``sync_job_history``.

    Args:
        start_date, end_date: Half-open limits on ``started_at``.
    """
    url = endpoints.database_url if endpoints else database_url_from_env()

    async def read() -> Sequence[Mapping[str, Any]]:
        database = Database(url.get_secret_value())
        try:
            return await list_history(
                database, limit=limit, status=status, start_date=start_date, end_date=end_date
            )
        finally:
            await database.close()

    return asyncio.run(read())


def get_last_sync_job_run(*, endpoints: Endpoints | None = None) -> Mapping[str, Any] | None:
    """The newest run on record, or None."""
    rows = get_sync_job_history(1, endpoints=endpoints)
    return rows[0] if rows else None


def check_qcontact(endpoints: Endpoints, settings: Settings) -> str:
    """List one ticket; a sentence for a person about what answered.

    Raises:
        SyncError: Says what is wrong.
    """

    async def check() -> str:
        async with _client(endpoints, settings) as remote:
            return await remote.check()

    return asyncio.run(check())


def migrate(database_url: str) -> list[str]:
    """Bring the database's schema up to date; the names of the migrations applied now."""
    return migrate_database(database_url)
