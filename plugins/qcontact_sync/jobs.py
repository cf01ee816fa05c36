"""The sync as functions: what the DAG's tasks, the CLI and other Python code call.

With `wiring`, this is the one place that names concrete adapters.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from qcontact_sync.clock import SystemClock
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction
from qcontact_sync.core.request import parse_request
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.core.windows import Trigger
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.migrate import check_schema
from qcontact_sync.fibreflow.migrate import migrate as migrate_database
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.results import HistoryRow, JobResult, finished, previewed
from qcontact_sync.settings import (
    Endpoints,
    Settings,
    database_url_from_env,
    endpoints_from_env,
    load_settings,
)
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.abandoned import IsRunning, close_abandoned, heard_of
from qcontact_sync.sync.context import Progress, Run, Work
from qcontact_sync.sync.leases import hold_lease
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import Stop, StopRequested, stop_on_sigterm
from qcontact_sync.wiring import ACCOUNT, open_database, open_remote, sync_options

__all__ = [
    "HistoryRow",
    "IsRunning",
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

CLI_DAG_ID = "cli"


def start_run(
    endpoints: Endpoints,
    settings: Settings,
    order: RunOrder,
    is_running: IsRunning | None = None,
) -> dict[str, object]:
    """Check the params, resolve the window, open the run's record (not for a dry run).

    Safe to repeat for the same ``dag_id`` and ``run_id``: the record and its window are kept.
    Runs on record whose process is gone are closed as ``ABANDONED``.

    Args:
        is_running: Asks the scheduler whether it knows a run (dag id, run id) as running.

    Returns:
        The run as plain values for XCom, to be handed to `run_direction` and `finish_run`;
        among them ``job_id``, ``directions`` (those asked for), ``dry_run``, ``window_start``,
        ``window_end``.

    Raises:
        ParamError: Bad params; a ``failed`` row with ``VALIDATION_ERROR`` was written.
        SyncError: FatalError or RetryableError.
    """
    return asyncio.run(_start_run(endpoints, order, is_running)).to_dict()


async def _start_run(
    endpoints: Endpoints, order: RunOrder, is_running: IsRunning | None = None
) -> Run:
    await check_schema(endpoints.database_url.get_secret_value())
    async with open_database(endpoints.database_url) as database:
        runs = PostgresRunStore(database)
        key, request, opened = await lifecycle.start(runs, SystemClock(), ACCOUNT, order)
        if not request.dry_run:
            await close_abandoned(runs, key, CLI_DAG_ID, is_running)
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
    with stop_on_sigterm() as stop:
        work = _run_direction(endpoints, settings, Run.from_dict(run), direction, progress, stop)
        return asyncio.run(work)


async def _run_direction(
    endpoints: Endpoints,
    settings: Settings,
    run: Run,
    direction: Direction,
    progress: Progress | None,
    stop: Stop,
) -> dict[str, object]:
    async with (
        open_database(endpoints.database_url) as database,
        open_database(endpoints.database_url) as lease_database,
        open_remote(endpoints, settings, stop.sleep) as remote,
    ):
        runs = PostgresRunStore(database)
        work = Work(run, sync_options(settings, remote), remote, PostgresStore(database))
        work.progress = progress or work.progress
        work.should_stop = stop.is_wished
        if run.request.dry_run:
            await lifecycle.preview(direction, work)
            return {**DirectionStats().to_dict(), "plan": work.plan.to_dict()}
        leases = PostgresLeases(lease_database)
        async with heard_of(PostgresRunStore(lease_database), run.job_id):
            return (await _under_lease(leases, runs, direction, work, stop)).to_dict()


async def _under_lease(
    leases: PostgresLeases, runs: PostgresRunStore, direction: Direction, work: Work, stop: Stop
) -> DirectionStats:
    try:
        async with hold_lease(leases, ACCOUNT, SystemClock(), stop.sleep) as held:
            work.held = held
            work.run = work.run.resumed_at(await runs.read_progress(work.run.job_id))
            return await lifecycle.carry_out(runs, direction, work)
    except StopRequested:
        # Asked to end while another run was at work: nothing was done, and that is on record.
        await runs.open_direction(work.run.job_id, direction)
        return await runs.close_direction(work.run.job_id, direction, is_complete=False, error=None)


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
        return previewed(run, stats, SystemClock().now())
    directions = {
        d: DirectionStats.from_dict(plain) if (plain := stats.get(d.value)) else None
        for d in run.request.directions
    }
    async with open_database(endpoints.database_url) as database:
        runs = PostgresRunStore(database)
        settlement, closed = await lifecycle.settle(runs, run, directions)
        errors = await runs.read_errors(run.job_id)
    return finished(run, settlement, closed, errors)


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
    with stop_on_sigterm() as stop:
        return asyncio.run(_run_all(endpoints, settings, order, progress, stop))


async def _run_all(
    endpoints: Endpoints,
    settings: Settings,
    order: RunOrder,
    progress: Progress | None,
    stop: Stop,
) -> JobResult:
    run = await _start_run(endpoints, order)
    stats: dict[str, Mapping[str, object] | None] = {}
    broken: SyncError | None = None
    for direction in run.request.directions:
        try:
            stats[direction.value] = await _run_direction(
                endpoints, settings, run, direction, progress, stop
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
) -> Sequence[HistoryRow]:
    """Runs on record, newest first.

    Args:
        start_date, end_date: Half-open limits on ``started_at``.
    """
    url = endpoints.database_url if endpoints else database_url_from_env()

    async def read() -> Sequence[HistoryRow]:
        async with open_database(url) as database:
            rows = await Insights(database).history(
                limit=limit, status=status, start_date=start_date, end_date=end_date
            )
        return [HistoryRow(**row) for row in rows]

    return asyncio.run(read())


def get_last_sync_job_run(*, endpoints: Endpoints | None = None) -> HistoryRow | None:
    """The newest run on record, or None."""
    rows = get_sync_job_history(1, endpoints=endpoints)
    return rows[0] if rows else None


def check_qcontact(endpoints: Endpoints, settings: Settings) -> str:
    """List one ticket; a sentence for a person about what answered.

    Raises:
        SyncError: Says what is wrong.
    """

    async def check() -> str:
        async with open_remote(endpoints, settings) as remote:
            return await remote.check()

    return asyncio.run(check())


def migrate(database_url: str) -> list[str]:
    """Bring the database's schema up to date; the names of the migrations applied now."""
    return migrate_database(database_url)
