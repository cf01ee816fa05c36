"""The steps of a run on real adapters: open it, run its directions, complete it."""

from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.mapping_file import load_mapping
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction, RunStatus
from qcontact_sync.core.ports import Remote
from qcontact_sync.core.run_ports import RunKey
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.core.windows import Trigger
from qcontact_sync.fibreflow.database import LEASE_PATIENCE_S, Database
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.migrate import check_schema
from qcontact_sync.fibreflow.needs import needs_of_notes
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.services.collecting import rare_collections
from qcontact_sync.services.doctor_schema import require_fit
from qcontact_sync.services.results import JobResult, finished, previewed
from qcontact_sync.services.wiring import (
    SystemClock,
    database_or,
    open_database,
    open_remote,
    sync_options,
)
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.abandoned import IsRunning, close_abandoned, heartbeat
from qcontact_sync.sync.asked_ids import require_known
from qcontact_sync.sync.context import Progress, Run, Work
from qcontact_sync.sync.leases import ActiveLease, hold_lease
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import Stop, StopRequested, TimeLimit
from qcontact_sync.sync.unexpected import expected_only

CLI_DAG_ID = "cli"
CHECK_BUDGET_S = 5.0
"""How long a start waits for a failing QContact to learn whether it has the ids asked for."""


async def start_run(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    order: RunOrder,
    is_running: IsRunning | None = None,
    *,
    database: Database | None = None,
) -> Run:
    """Check the params, resolve the window, open the run's record (not for a dry run).

    Safe to repeat for the same ``dag_id`` and ``run_id``: the record and its window are kept.
    Recorded runs whose process has ended are closed as ``ABANDONED``.

    Args:
        is_running: Whether the scheduler knows a run (dag id, run id) as running.
        database: Used in place of a connection of its own.

    Raises:
        ParamError: Bad params; a ``failed`` row with ``VALIDATION_ERROR`` was written.
        SyncError: FatalError or RetryableError.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_or(database, fibreflow))
        await check_schema(database)
        # An address or key that cannot be used is refused before the record.
        remote = await stack.enter_async_context(
            open_remote(qcontact, settings.quick(CHECK_BUDGET_S))
        )
        # Before the params: an error in them is recorded, too.
        await require_own(database, settings.account)
        is_mapped = settings.mapping_file is not None
        further = needs_of_notes(settings.inbound_notes)
        words = await require_fit(database, remote.mapping, further, is_from_file=is_mapped)
        runs = PostgresRunStore(database)
        check_ids = partial(require_known, PostgresStore(database), remote)
        key, request, opened = await lifecycle.start(
            runs, SystemClock(), settings.account, order, check_ids
        )
        if not request.dry_run:
            await _begin(runs, key, words, is_running)
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


async def _begin(
    runs: PostgresRunStore, key: RunKey, words: str | None, is_running: IsRunning | None
) -> None:
    """The record of this run is open by now: where its start fails it does not stay so."""
    try:
        with expected_only():
            if words is not None:
                await runs.note_words(key.job_id, words)
            await close_abandoned(runs, key, CLI_DAG_ID, is_running)
    except SyncError as error:
        with suppress(SyncError):
            await lifecycle.fail_to_begin(runs, key.job_id, error)
        raise


async def run_direction(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    run: Run,
    direction: Direction,
    progress: Progress | None = None,
    stop: Stop | None = None,
    *,
    waits: bool = True,
    database: Database | None = None,
) -> dict[str, object]:
    """Run one direction of a started run.

    Args:
        progress: Called as (direction, tickets done, tickets expected so far).
        stop: Ends the direction cleanly when a stop is requested.
        waits: Whether to wait for another active run.
        database: Used in place of a connection of its own.

    Returns:
        `DirectionStats.to_dict` with the direction's counts; for a dry run also ``plan``.

    Raises:
        LeaseBusy: Another run is active, and ``waits`` is false; nothing was done.
        SyncError: The direction failed; its completed work is recorded.
    """
    stop = stop or Stop()
    if run.is_scheduled:
        settings = settings.in_schedule()
    async with (
        database_or(database, fibreflow) as database,
        open_database(fibreflow) as second,
    ):
        mapping = load_mapping(settings, qcontact.dialect)
        store = PostgresStore(database, second, mapping=mapping, notes_into=settings.inbound_notes)
        if run.request.dry_run:
            async with open_remote(qcontact, settings, stop.sleep) as remote:
                work = _work(store, settings, run, remote, progress, stop)
                await lifecycle.preview(direction, work)
            return {**DirectionStats().to_dict(), "plan": work.plan.to_dict()}
        await PostgresRunStore(database).reopen_direction(run.job_id, direction)
        async with (
            open_database(fibreflow, LEASE_PATIENCE_S) as lease_database,
            heartbeat(PostgresRunStore(lease_database), run.job_id),
        ):
            leases = PostgresLeases(database, lease_database)
            try:
                async with hold_lease(
                    leases, settings.account, SystemClock(), stop.sleep, waits=waits
                ) as active:
                    stats = await _run_with_lease(
                        qcontact, settings, database, store, run, direction, progress, stop, active
                    )
            except StopRequested:
                stats = await lifecycle.not_begun(PostgresRunStore(database), run.job_id, direction)
        return stats.to_dict()


async def _run_with_lease(
    qcontact: QContactAccess,
    settings: Settings,
    database: Database,
    store: PostgresStore,
    run: Run,
    direction: Direction,
    progress: Progress | None,
    stop: Stop,
    active: ActiveLease,
) -> DirectionStats:
    """The direction under the lease; its time limit begins now, after any wait."""
    runs = PostgresRunStore(database)
    async with open_remote(qcontact, settings, stop.sleep) as remote:
        resumed = run.resumed_at(await runs.read_progress(run.job_id))
        work = _work(store, settings, resumed, remote, progress, stop)
        work.active_lease = active
        with rare_collections():
            return await lifecycle.carry_out(runs, direction, work)


def _work(
    store: PostgresStore,
    settings: Settings,
    run: Run,
    remote: Remote,
    progress: Progress | None,
    stop: Stop,
) -> Work:
    work = Work(run, sync_options(settings, remote), remote, store)
    work.progress = progress or work.progress
    limit = TimeLimit(settings.time_limit_s, SystemClock())
    work.should_stop = lambda: stop.is_requested() or limit.is_over()
    return work


async def finish_run(
    fibreflow: FibreFlowAccess,
    settings: Settings,
    run: Run,
    plans: Mapping[str, object] | None = None,
    unreturned: Collection[Direction] = (),
    *,
    database: Database | None = None,
) -> JobResult:
    """Complete the run's row from the recorded results of its directions; safe to repeat.

    Args:
        unreturned: Directions whose task returned nothing (`lifecycle.finish`).
        plans: Only for a dry run, which is not recorded: the ``plan`` of each direction.
        database: Used in place of a connection of its own.
    """
    if run.request.dry_run:
        return previewed(run, plans or {}, SystemClock().now())
    async with database_or(database, fibreflow) as database:
        runs = PostgresRunStore(database)
        settlement, closed = await lifecycle.finish(runs, run, unreturned)
        errors = await runs.read_errors(run.job_id)
    if settings.ping_url and settlement.status is not RunStatus.FAILED:
        from qcontact_sync.services.dead_man_ping import dead_man_ping

        await dead_man_ping(settings.ping_url)
    return finished(run, settlement, closed, errors)
