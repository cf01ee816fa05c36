"""The DAG's tasks: from Airflow's context through `services.runs` to Airflow's outcomes.

=================================  =======================================
event                              outcome of the task
=================================  =======================================
FatalError                         failed, no retry
RetryableError, anything else      failed, retried while tries are left
another run is active, backfill    rescheduled, which frees the worker
direction not requested            skipped
run recorded as ``failed``         `finalize` failed, after it recorded
=================================  =======================================
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import uniform
from typing import Any

from airflow.sdk import Asset, AssetAlias, Context
from airflow.sdk.exceptions import AirflowRuntimeError

from qcontact_sync.core.errors import FatalError, LeaseBusy, SyncError
from qcontact_sync.core.model import Direction, RunStatus
from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration
from qcontact_sync.on_airflow.plain_failures import RunFailed, log_without_trace
from qcontact_sync.on_airflow.progress_log import ProgressLog
from qcontact_sync.on_airflow.run_context import is_active, is_backfill, order_from, schedule_of
from qcontact_sync.on_airflow.version_compat import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
)
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.services import runs
from qcontact_sync.services.wiring import SystemClock
from qcontact_sync.sync.abandoned import IsRunning
from qcontact_sync.sync.context import Run
from qcontact_sync.sync.stopping import stop_on_sigterm
from qcontact_sync.sync.unexpected import expected_only

log = logging.getLogger(__name__)

Plain = dict[str, object]

ASK_AGAIN_S = (10.0, 20.0)
"""When a rescheduled run of a backfill tries again: random, so that not all try at once."""


def start_run(context: Context, account: str) -> Plain:
    """Open the run; see `services.runs.start_run`."""
    with as_airflow_outcome(), expected_only():
        fibreflow, qcontact, settings = configuration(account)
        order, is_running = order_from(context, settings), _asks_airflow(context)
        started = runs.start_run(fibreflow, qcontact, settings, order, is_running)
        return asyncio.run(started).to_dict()


def run_direction(context: Context, name: str, account: str) -> Plain:
    """Run one direction and return its stats; skip it if it was not requested."""
    run = _started(context)
    direction = Direction(name)
    if direction not in _asked(run):
        raise AirflowSkipException(f"{direction} was not requested")
    with (
        as_airflow_outcome(),
        _put_off_where_busy(),
        expected_only(),
        stop_on_sigterm() as stop,
    ):
        return asyncio.run(
            runs.run_direction(
                *configuration(account),
                Run.from_dict(run),
                direction,
                ProgressLog(SystemClock()),
                stop,
                # The many runs of a backfill would occupy all workers while they wait, and would
                # delay a run that is due now.
                waits=not is_backfill(context),
            )
        )


def announce(context: Context, alias: AssetAlias, tickets: Asset, stats: Plain) -> None:
    """Create an event of the asset for DAGs that follow FibreFlow's tickets, if inbound wrote some.

    Args:
        alias: The task's outlet. If the outlet were the asset itself, every run would create an
            event, also a run that wrote nothing.
    """
    written: dict[str, Any] = {name: stats[name] for name in ("created", "updated")}
    if any(written.values()):
        context["outlet_events"][alias].add(tickets, extra=written)
        log.info("inbound.announced asset=%s", tickets.name)


def finish_run(context: Context, account: str) -> Plain:
    """Complete the run and return its summary; fail if the run's status is ``failed``."""
    run = _started(context)
    plans = _plans(context, run) if run["dry_run"] else {}
    with as_airflow_outcome(), expected_only():
        finished = runs.finish_run(
            *fibreflow_configuration(account), Run.from_dict(run), plans, _unreturned(context, run)
        )
        summary = asyncio.run(finished).to_dict()
    if run["dry_run"]:
        log.info("run.previewed status=%s; the plan is in the directions' logs", summary["status"])
    else:
        from qcontact_sync.on_airflow import alerts, metrics

        alerts.try_check_and_notify(account, schedule_of(context, account))
        metrics.report_run(account, summary)
    if summary["status"] == RunStatus.FAILED:
        # A task that raises returns nothing, but a failed run needs its summary.
        context["ti"].xcom_push("return_value", summary)
        log.error(_explained(_reason(summary), summary["error_code"]))
        log_without_trace()
        raise RunFailed(_reason(summary))
    return summary


def _asks_airflow(context: Context) -> IsRunning:
    """Whether a run is queued or running in Airflow; if that is unknown, it counts as running."""

    def is_running(dag_id: str, run_id: str) -> bool:
        try:
            return is_active(context, dag_id, run_ids=[run_id])
        except AirflowRuntimeError:
            log.warning(
                "Airflow does not report whether run %s is active: its record is kept", run_id
            )
            return True

    return is_running


def _reason(summary: Plain) -> str:
    if summary["error_code"] is None:
        return "the run failed: all tried tickets failed, see qcontact-sync failures"
    return f"the run failed: {summary['error_code']}: {summary['error_message']}"


def _explained(reason: str, code: object) -> str:
    """The reason with the meaning of the code and what to do."""
    means, helps = advice_for(str(code))
    return f"{reason} ({means}). What to do: {helps}" if means else reason


def _started(context: Context) -> Plain:
    run = _returned(context, "start_run")
    if run is None:
        # Only if a user marked a failed start_run as successful.
        raise AirflowFailException("start_run started no run; clear it together with this task")
    return run


def _returned(context: Context, task_id: str) -> Plain | None:
    """The return value of a task; None if it failed or was skipped."""
    returned = context["ti"].xcom_pull(task_ids=task_id)
    return returned if isinstance(returned, dict) else None


def _plans(context: Context, run: Plain) -> Plain:
    """The plans that the directions of a dry run returned: they exist nowhere else."""
    returned = {name: _returned(context, f"{name}_sync") for name in _asked(run)}
    return {name: stats["plan"] for name, stats in returned.items() if stats and "plan" in stats}


def _unreturned(context: Context, run: Plain) -> list[Direction]:
    """Directions whose task returned nothing: cleared, it loses what it returned before."""
    return [Direction(name) for name in _asked(run) if _returned(context, f"{name}_sync") is None]


def _asked(run: Plain) -> tuple[str, ...]:
    directions = run["directions"]
    return tuple(directions) if isinstance(directions, list | tuple) else ()


@contextmanager
def _put_off_where_busy() -> Iterator[None]:
    try:
        yield
    except LeaseBusy as error:
        seconds = uniform(*ASK_AGAIN_S)  # noqa: S311
        log.info("lease.busy: %s; tries again in %.0f s and frees the worker", error, seconds)
        again_at = datetime.now(UTC) + timedelta(seconds=seconds)
        raise AirflowRescheduleException(again_at) from None  # type: ignore[no-untyped-call]


@contextmanager
def as_airflow_outcome() -> Iterator[None]:
    """Convert the sync's errors into Airflow's outcomes (the table above)."""
    try:
        yield
    except SyncError as error:
        reason = f"{error.code}: {error}"
        # In its own line: in the traceback that follows, the reason is hard to find.
        log.error(_explained(reason, error.code.value))  # noqa: TRY400
        log_without_trace()
        if isinstance(error, FatalError):
            raise RunFailed(reason) from error
        raise
