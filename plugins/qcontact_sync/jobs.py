"""The sync as functions: what the DAG's tasks, the CLI and other Python code call.

With `run_steps` and `wiring`, this is the one place that names concrete adapters.
"""

import asyncio
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from qcontact_sync.config.access import (
    FibreFlowAccess,
    QContactAccess,
    access_from_env,
    fibreflow_from_env,
    qcontact_from_env,
)
from qcontact_sync.config.settings import Settings, load_settings
from qcontact_sync.core.model import Direction
from qcontact_sync.core.request import parse_request
from qcontact_sync.core.windows import Trigger
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.migrate import migrate as migrate_database
from qcontact_sync.services import runs
from qcontact_sync.services.results import HistoryRow, JobResult, recorded
from qcontact_sync.services.wiring import open_database, open_remote, table_names
from qcontact_sync.sync.abandoned import IsRunning
from qcontact_sync.sync.context import Progress, Run
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import stop_on_sigterm

if TYPE_CHECKING:
    from qcontact_sync.settings import Endpoints

__all__ = [
    "HistoryRow",
    "IsRunning",
    "JobResult",
    "RunOrder",
    "check_qcontact",
    "find_run",
    "finish_run",
    "get_last_sync_job_run",
    "get_sync_job_history",
    "migrate",
    "run_direction",
    "run_sync_job",
    "start_run",
]


def start_run(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
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
    return asyncio.run(runs.start_run(fibreflow, qcontact, settings, order, is_running)).to_dict()


def run_direction(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    run: Mapping[str, object],
    direction: Direction,
    progress: Progress | None = None,
    *,
    waits: bool = True,
) -> dict[str, object]:
    """Carry out one direction of a started run.

    Args:
        progress: Called as (direction, tickets done, tickets expected so far).
        waits: Whether to wait for another run that is at work.

    Returns:
        `DirectionStats.to_dict` with the direction's counts; of a dry run ``plan`` beside them.

    Raises:
        LeaseBusy: Another run is at work, and ``waits`` is false; nothing was done.
        SyncError: The direction broke; what it settled until then is on record.
    """
    with stop_on_sigterm() as stop:
        return asyncio.run(
            runs.run_direction(
                fibreflow,
                qcontact,
                settings,
                Run.from_dict(run),
                direction,
                progress,
                stop,
                waits=waits,
            )
        )


def finish_run(
    fibreflow: FibreFlowAccess,
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
    return asyncio.run(runs.finish_run(fibreflow, settings, started, stats)).to_dict()


def run_sync_job(
    params: Mapping[str, object] | None = None,
    *,
    fibreflow: FibreFlowAccess | None = None,
    qcontact: QContactAccess | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    opened: runs.Opened | None = None,
    endpoints: "Endpoints | None" = None,
) -> JobResult:
    """Run the whole sync once, outside Airflow.

    Args:
        params: As the DAG's (`core.request.PARAM_NAMES`).
        fibreflow, qcontact, settings: From the environment where not given.
        progress: Called as (direction, tickets done, tickets expected so far).
        opened: Called once before anything is read, with what `start_run` returns.
        endpoints: Deprecated, both sides in one.

    Raises:
        ParamError: Bad params; nothing was touched and no row was written.
        ConfigError: A setting is missing or wrong.
        SyncError: The run could not be opened or put on record; of a dry run, it broke. A run
            that breaks later is a result with status ``failed``.
    """
    params = params or {}
    parse_request(params)
    if endpoints is not None:
        fibreflow, qcontact = _warned(endpoints).fibreflow, endpoints.qcontact
    if fibreflow is None and qcontact is None:
        fibreflow, qcontact = access_from_env()
    fibreflow, qcontact = fibreflow or fibreflow_from_env(), qcontact or qcontact_from_env()
    settings = settings or load_settings()
    run_id = f"cli__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}_{uuid4().hex[:8]}"
    order = RunOrder(
        runs.CLI_DAG_ID, run_id, Trigger.MANUAL, params, is_recorded_when_refused=False
    )
    with stop_on_sigterm() as stop:
        return asyncio.run(
            runs.run_whole(fibreflow, qcontact, settings, order, progress, opened, stop)
        )


def get_sync_job_history(
    limit: int = 20,
    status: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    *,
    fibreflow: FibreFlowAccess | None = None,
    endpoints: "Endpoints | None" = None,
) -> Sequence[HistoryRow]:
    """Runs on record, newest first.

    Args:
        start_date, end_date: Half-open limits on ``started_at``.
        fibreflow: From the environment where not given.
        endpoints: Deprecated, both sides in one.
    """
    if endpoints is not None:
        fibreflow = _warned(endpoints).fibreflow
    found = fibreflow or fibreflow_from_env()

    async def read() -> Sequence[HistoryRow]:
        async with open_database(found) as database:
            rows = await Insights(database).history(
                limit=limit, status=status, start_date=start_date, end_date=end_date
            )
        return [HistoryRow(**row) for row in rows]

    return asyncio.run(read())


def get_last_sync_job_run(
    *, fibreflow: FibreFlowAccess | None = None, endpoints: "Endpoints | None" = None
) -> HistoryRow | None:
    """The newest run on record, or None."""
    rows = get_sync_job_history(1, fibreflow=fibreflow, endpoints=endpoints)
    return rows[0] if rows else None


def find_run(job_id: UUID, *, fibreflow: FibreFlowAccess) -> dict[str, object] | None:
    """A run on record as callers outside see it (design section 2.5, ``data``), or None.

    Its summary is null while it goes on.
    """

    async def read() -> dict[str, object] | None:
        async with open_database(fibreflow) as database:
            row = await Insights(database).run(job_id)
        return recorded(row) if row else None

    return asyncio.run(read())


def check_qcontact(qcontact: QContactAccess, settings: Settings) -> str:
    """List one ticket; a sentence for a person about what answered.

    Raises:
        SyncError: Says what is wrong.
    """

    async def check() -> str:
        async with open_remote(qcontact, settings) as remote:
            return await remote.check()

    return asyncio.run(check())


def migrate(database_url: str) -> list[str]:
    """Bring the database's schema up to date; the names of the migrations applied now."""
    return migrate_database(database_url, table_names())


def _warned(endpoints: "Endpoints") -> "Endpoints":
    message = "endpoints is deprecated: pass fibreflow and qcontact"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return endpoints
