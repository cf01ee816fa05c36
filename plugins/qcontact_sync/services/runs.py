"""The steps of a run on real adapters: open it, carry out its directions, settle it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

import aiohttp

from qcontact_sync.config.access import Endpoints
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction, RunStatus
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.core.windows import Trigger
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.migrate import check_schema
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.qcontact.tickets_dialect import TicketsClient
from qcontact_sync.services.results import JobResult, finished, previewed
from qcontact_sync.services.wiring import SystemClock, open_database, open_remote, sync_options
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.abandoned import IsRunning, close_abandoned, heartbeat
from qcontact_sync.sync.context import Progress, Run, Work
from qcontact_sync.sync.leases import HeldLease, hold_lease
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import Stop, StopRequested, TimeLimit

log = logging.getLogger(__name__)

CLI_DAG_ID = "cli"

Stats = dict[str, Mapping[str, object] | None]
Opened = Callable[[Mapping[str, object]], None]


async def start_run(
    endpoints: Endpoints,
    settings: Settings,
    order: RunOrder,
    is_running: IsRunning | None = None,
) -> Run:
    """Open a run; see `jobs.start_run`."""
    await check_schema(endpoints.database_url.get_secret_value())
    async with (
        # Opened only so that an address or key that cannot be used is refused before the record.
        open_remote(endpoints, settings),
        open_database(endpoints.database_url) as database,
    ):
        # Before the params: what is wrong with them is put on record, too.
        await require_own(database, settings.account)
        runs = PostgresRunStore(database)
        key, request, opened = await lifecycle.start(runs, SystemClock(), settings.account, order)
        if not request.dry_run:
            await close_abandoned(runs, key, CLI_DAG_ID, is_running)
    window = opened.window
    return Run(
        key.job_id,
        request,
        window.window,
        window.moves_cursor,
        window.is_dated,
        window.ends_now,
        opened.settled_until,
        order.trigger is Trigger.SCHEDULED,
    )


async def run_whole(
    endpoints: Endpoints,
    settings: Settings,
    order: RunOrder,
    progress: Progress | None,
    opened: Opened | None,
    stop: Stop,
) -> JobResult:
    """All steps of a run, one after the other; see `jobs.run_sync_job`."""
    run = await start_run(endpoints, settings, order)
    if opened is not None:
        opened(run.to_dict())
    stats: Stats = {}
    try:
        await _run_directions(endpoints, settings, run, progress, stats, stop)
    except asyncio.CancelledError:
        # Ctrl-C: what is settled stays, and the record must not say "running" for ever.
        with suppress(SyncError):
            await _finish_interrupted(endpoints, settings, run)
        raise
    return await finish_run(endpoints, settings, run, stats)


async def _run_directions(
    endpoints: Endpoints,
    settings: Settings,
    run: Run,
    progress: Progress | None,
    stats: Stats,
    stop: Stop,
) -> None:
    for direction in run.request.directions:
        try:
            stats[direction.value] = await run_direction(
                endpoints, settings, run, direction, progress, stop
            )
        except SyncError:
            if run.request.dry_run:
                raise
            stats[direction.value] = None


async def _finish_interrupted(endpoints: Endpoints, settings: Settings, run: Run) -> None:
    if run.request.dry_run:
        return
    async with open_database(endpoints.database_url) as database:
        await lifecycle.interrupt(PostgresRunStore(database), run)
    await finish_run(endpoints, settings, run, {})


async def run_direction(
    endpoints: Endpoints,
    settings: Settings,
    run: Run,
    direction: Direction,
    progress: Progress | None,
    stop: Stop,
    *,
    waits: bool = True,
) -> dict[str, object]:
    """One direction of an opened run; see `jobs.run_direction`."""
    if run.is_scheduled:
        settings = settings.in_schedule()
    async with (
        open_database(endpoints.database_url) as database,
        open_database(endpoints.database_url) as second,
    ):
        store = PostgresStore(database, second)
        if run.request.dry_run:
            async with open_remote(endpoints, settings, stop.sleep) as remote:
                work = _work(store, settings, run, remote, progress, stop)
                await lifecycle.preview(direction, work)
            return {**DirectionStats().to_dict(), "plan": work.plan.to_dict()}
        await PostgresRunStore(database).reopen_direction(run.job_id, direction)
        async with (
            open_database(endpoints.database_url) as lease_database,
            heartbeat(PostgresRunStore(lease_database), run.job_id),
        ):
            leases = PostgresLeases(lease_database)
            try:
                async with hold_lease(
                    leases, settings.account, SystemClock(), stop.sleep, waits=waits
                ) as held:
                    stats = await _run_held(
                        endpoints, settings, database, store, run, direction, progress, stop, held
                    )
            except StopRequested:
                stats = await lifecycle.not_begun(PostgresRunStore(database), run.job_id, direction)
        return stats.to_dict()


async def _run_held(
    endpoints: Endpoints,
    settings: Settings,
    database: Database,
    store: PostgresStore,
    run: Run,
    direction: Direction,
    progress: Progress | None,
    stop: Stop,
    held: HeldLease,
) -> DirectionStats:
    """The direction under the lease; its time limit begins now, not while it waited."""
    runs = PostgresRunStore(database)
    async with open_remote(endpoints, settings, stop.sleep) as remote:
        resumed = run.resumed_at(await runs.read_progress(run.job_id))
        work = _work(store, settings, resumed, remote, progress, stop)
        work.held = held
        return await lifecycle.carry_out(runs, direction, work)


def _work(
    store: PostgresStore,
    settings: Settings,
    run: Run,
    remote: TicketsClient,
    progress: Progress | None,
    stop: Stop,
) -> Work:
    work = Work(run, sync_options(settings, remote), remote, store)
    work.progress = progress or work.progress
    limit = TimeLimit(settings.time_limit_s, SystemClock())
    work.should_stop = lambda: stop.is_requested() or limit.is_over()
    return work


async def finish_run(
    endpoints: Endpoints,
    settings: Settings,
    run: Run,
    stats: Mapping[str, Mapping[str, object] | None],
) -> JobResult:
    """Settle a run; see `jobs.finish_run`."""
    if run.request.dry_run:
        return previewed(run, stats, SystemClock().now())
    async with open_database(endpoints.database_url) as database:
        runs = PostgresRunStore(database)
        settlement, closed = await lifecycle.finish(runs, run)
        errors = await runs.read_errors(run.job_id)
    if settings.ping_url and settlement.status is not RunStatus.FAILED:
        await ping(settings.ping_url)
    return finished(run, settlement, closed, errors)


PATIENCE = aiohttp.ClientTimeout(total=5)


async def ping(url: str) -> None:
    """Ask for the address once; whatever comes of it changes nothing but a line in the log."""
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.get(url) as answer,
        ):
            if answer.status >= 400:
                log.warning("ping.refused status=%d", answer.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        # The address itself is a secret: who has it can keep the watchman quiet.
        log.warning("ping.failed: %s", type(error).__name__)
