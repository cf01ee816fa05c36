"""The steps of a run: open its record, carry out its directions, settle it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.core.model import Direction, JobId, RunStatus, Window
from qcontact_sync.core.plan import plan_lines
from qcontact_sync.core.ports import Clock
from qcontact_sync.core.request import ParamError, RunRequest, parse_request
from qcontact_sync.core.run_ports import ClosedRun, OpenedRun, RunKey, RunStore, Settlement
from qcontact_sync.core.stats import Counts, DirectionStats, status_of
from qcontact_sync.core.windows import Trigger, resolve_window
from qcontact_sync.sync.context import Ending, Run, Work
from qcontact_sync.sync.stopping import StopRequested
from qcontact_sync.sync.unexpected import expected_only

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunOrder:
    """A request for a run.

    Attributes:
        params: Unchecked, keys of `core.request.PARAM_NAMES`.
        interval: The data interval, where there is one.
        is_recorded_when_refused: Whether bad params leave a ``failed`` row (inside Airflow).
    """

    dag_id: str
    run_id: str
    trigger: Trigger
    params: Mapping[str, object]
    interval: Window | None = None
    is_recorded_when_refused: bool = True


def job_id_of(dag_id: str, run_id: str) -> JobId:
    """A run's id, known before the run begins."""
    return JobId(uuid5(NAMESPACE_URL, f"{dag_id}/{run_id}"))


async def start(
    store: RunStore,
    clock: Clock,
    account: str,
    order: RunOrder,
    check_ids: Callable[[Sequence[str]], Awaitable[None]] | None = None,
) -> tuple[RunKey, RunRequest, OpenedRun]:
    """Check the params, resolve the window, open the record (not for a dry run).

    Args:
        check_ids: Refuses ``ticket_ids``; a dry run plans them as failures instead.

    Raises:
        ParamError: The params are invalid; nothing was changed.
    """
    key = RunKey(
        job_id_of(order.dag_id, order.run_id), account, order.dag_id, order.run_id, order.trigger
    )
    try:
        request = parse_request(order.params)
        cursor = await store.read_cursor(account)
        now = clock.now()
        window = resolve_window(order.trigger, request, order.interval, cursor, now)
        if check_ids is not None and not request.dry_run:
            await check_ids(request.ticket_ids)
    except ParamError as error:
        if order.is_recorded_when_refused:
            await store.refuse_run(key, order.params, error)
        raise
    if request.dry_run:
        log.info("run.previewed window=%s directions=%s", window.window, request.sync_direction)
        return key, request, OpenedRun(now, window)
    opened = await store.open_run(key, request, window)
    log.info(
        "run.opened job=%s window=%s directions=%s moves_cursor=%s attempt=%d",
        key.job_id,
        opened.window.window,
        request.sync_direction,
        opened.window.moves_cursor,
        opened.attempt,
    )
    return key, request, opened


async def carry_out(store: RunStore, direction: Direction, work: Work) -> DirectionStats:
    """Run one direction and record how it ended.

    Raises:
        SyncError: It failed; what it settled before is kept.
    """
    job_id = work.run.job_id
    await store.open_direction(job_id, direction)
    try:
        with expected_only():
            ending = await _run_direction(direction, work)
    except StopRequested:
        ending = Ending(is_complete=False)
    except SyncError as error:
        log.error("%s.broke code=%s: %s", direction, error.code, error)  # noqa: TRY400
        await store.close_direction(job_id, direction, is_complete=False, error=error)
        raise
    stats = await store.close_direction(
        job_id, direction, is_complete=ending.is_complete, error=None, reason=ending.reason
    )
    log.info(
        "%s.%s processed=%d created=%d updated=%d skipped=%d failed=%d took_s=%.1f",
        direction,
        _end_in_words(ending),
        stats.counts.processed,
        stats.counts.created,
        stats.counts.updated,
        stats.counts.skipped,
        stats.counts.failed,
        stats.duration_seconds,
    )
    return stats


async def not_begun(store: RunStore, job_id: JobId, direction: Direction) -> DirectionStats:
    """Record that a direction was stopped while it waited for another run: nothing was done."""
    await store.open_direction(job_id, direction)
    return await store.close_direction(job_id, direction, is_complete=False, error=None)


async def interrupt(store: RunStore, run: Run) -> None:
    """Record that the directions that have not ended were cut short (Ctrl-C)."""
    recorded = await store.read_directions(run.job_id)
    for direction in run.request.directions:
        if direction not in recorded:
            await store.open_direction(run.job_id, direction)
        if direction not in recorded or not recorded[direction].is_ended:
            await store.close_direction(run.job_id, direction, is_complete=False, error=None)


async def preview(direction: Direction, work: Work) -> None:
    """Plan a direction: the plan is in ``work.plan`` and in the log."""
    await _run_direction(direction, work)
    for line in plan_lines(work.plan.to_dict()):
        log.info("%s.plan %s", direction, line)


def _end_in_words(ending: Ending) -> str:
    if ending.is_complete:
        return "done"
    reason = ending.reason or "time limit reached or stop requested; the next run continues"
    return f"cut_short ({reason})"


async def _run_direction(direction: Direction, work: Work) -> Ending:
    # Each in its own task of Airflow; the tasks that open and settle a run need neither.
    if direction is Direction.INBOUND:
        from qcontact_sync.sync.inbound import Inbound

        return await Inbound(work).run()
    from qcontact_sync.sync.outbound import Outbound

    return await Outbound(work).run()


async def fail_to_begin(store: RunStore, job_id: JobId, error: SyncError) -> None:
    """Close the record of a run that was opened and did not come as far as its directions."""
    await store.close_run(job_id, Settlement(RunStatus.FAILED, {}, error.code.value, str(error)))


async def finish(
    store: RunStore, run: Run, unreturned: Collection[Direction] = ()
) -> tuple[Settlement, ClosedRun]:
    """Settle a run's row from its directions as they are on record; safe to repeat.

    Args:
        unreturned: Directions whose task returned nothing: a good end on record is then that of
            an earlier try.
    """
    recorded = await store.read_directions(run.job_id)
    directions = {
        d: _ended(recorded.get(d), has_returned=d not in unreturned) for d in run.request.directions
    }
    status = status_of(directions.values())
    # What broke says more than why another direction stopped before its end.
    by_weight = sorted(directions.values(), key=lambda s: (not s.error_code, not s.error_message))
    settlement = Settlement(status, directions, by_weight[0].error_code, by_weight[0].error_message)
    closed = await store.close_run(run.job_id, settlement)
    level = logging.INFO if status is not RunStatus.FAILED else logging.ERROR
    counts = sum((stats.counts for stats in directions.values()), Counts())
    log.log(
        level,
        "run.settled status=%s processed=%d successful=%d failed=%d skipped=%d took_s=%.1f job=%s",
        status,
        counts.processed,
        counts.successful,
        counts.failed,
        counts.skipped,
        closed.duration_seconds,
        run.job_id,
    )
    return settlement, closed


def _ended(recorded: DirectionStats | None, *, has_returned: bool) -> DirectionStats:
    if recorded is not None and recorded.is_ended and (has_returned or recorded.error_code):
        return recorded
    return (recorded or DirectionStats()).broken(
        ErrorCode.SYNC_JOB_ERROR, "the task ended without a result; see its log"
    )
