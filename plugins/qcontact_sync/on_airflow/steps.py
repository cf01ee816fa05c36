"""What the DAG's tasks do: Airflow's context in, `services.runs` behind, Airflow's outcomes out.

=================================  =======================================
what happens                       how the task ends
=================================  =======================================
FatalError                         failed, without another try
RetryableError, anything else      failed, tried again while tries are left
another run is at work, backfill   put off, the worker is free meanwhile
direction not asked for            skipped
run settled as ``failed``          `finalize` failed, after it has recorded
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
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowRuntimeError,
    AirflowSkipException,
)

from qcontact_sync.core.errors import FatalError, LeaseBusy, SyncError
from qcontact_sync.core.model import Direction, RunStatus
from qcontact_sync.on_airflow import alerts
from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration
from qcontact_sync.on_airflow.progress_log import ProgressLog
from qcontact_sync.on_airflow.run_context import is_backfill, order_from
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.services import runs
from qcontact_sync.services.wiring import SystemClock
from qcontact_sync.sync.abandoned import IsRunning
from qcontact_sync.sync.context import Run
from qcontact_sync.sync.stopping import stop_on_sigterm

log = logging.getLogger(__name__)

Plain = dict[str, object]

ASK_AGAIN_S = (10.0, 20.0)
"""When a backfill's run that was put off asks again: not all of them at once."""


def start_run(context: Context, account: str) -> Plain:
    """Open the run; see `services.runs.start_run`."""
    with as_airflow_outcome():
        fibreflow, qcontact, settings = configuration(account)
        order, is_running = order_from(context, settings), _asks_airflow(context)
        started = runs.start_run(fibreflow, qcontact, settings, order, is_running)
        return asyncio.run(started).to_dict()


def run_direction(context: Context, name: str, account: str) -> Plain:
    """Carry out one direction and return its stats; skip it where the run was not asked for it."""
    run = _started(context)
    direction = Direction(name)
    if direction not in _asked(run):
        raise AirflowSkipException(f"{direction} was not asked for")
    with as_airflow_outcome(), _put_off_where_busy(), stop_on_sigterm() as stop:
        return asyncio.run(
            runs.run_direction(
                *configuration(account),
                Run.from_dict(run),
                direction,
                ProgressLog(SystemClock()),
                stop,
                # A backfill's many runs would hold all workers while they wait, and take the turn
                # of a run that is due now.
                waits=not is_backfill(context),
            )
        )


def announce(context: Context, alias: AssetAlias, tickets: Asset, stats: Plain) -> None:
    """Tell whoever follows FibreFlow's tickets that inbound wrote some.

    Args:
        alias: What the task declares as its outlet: an asset declared there itself would be
            announced by every run, also by one that wrote nothing.
    """
    written: dict[str, Any] = {name: stats[name] for name in ("created", "updated")}
    if any(written.values()):
        context["outlet_events"][alias].add(tickets, extra=written)
        log.info("inbound.announced asset=%s", tickets.name)


def finish_run(context: Context, account: str) -> Plain:
    """Settle the run and return its summary; fail where the run's status is ``failed``."""
    run = _started(context)
    plans = _plans(context, run) if run["dry_run"] else {}
    with as_airflow_outcome():
        finished = runs.finish_run(*fibreflow_configuration(account), Run.from_dict(run), plans)
        summary = asyncio.run(finished).to_dict()
    if run["dry_run"]:
        log.info("run.previewed status=%s; the plan is in the directions' logs", summary["status"])
    else:
        alerts.try_check_and_notify(account)
    if summary["status"] == RunStatus.FAILED:
        # A task that raises returns nothing; the summary is wanted most where the run failed.
        context["ti"].xcom_push("return_value", summary)
        log.error(_explained(_reason(summary), summary["error_code"]))
        raise AirflowFailException(_reason(summary))
    return summary


def _asks_airflow(context: Context) -> IsRunning:
    """Whether Airflow has a run queued or running; where it cannot say, it counts as running."""

    def is_running(dag_id: str, run_id: str) -> bool:
        states = ["queued", "running"]
        try:
            return context["ti"].get_dr_count(dag_id, run_ids=[run_id], states=states) > 0
        except AirflowRuntimeError:
            log.warning("Airflow does not say whether run %s goes on: left as it is", run_id)
            return True

    return is_running


def _reason(summary: Plain) -> str:
    if summary["error_code"] is None:
        return "the run failed: no ticket that was tried succeeded, see qcontact-sync failures"
    return f"the run failed: {summary['error_code']}: {summary['error_message']}"


def _explained(reason: str, code: object) -> str:
    """With what helps, so that nobody has to look the code up."""
    means, helps = advice_for(str(code))
    return f"{reason} ({means}). What helps: {helps}" if means else reason


def _started(context: Context) -> Plain:
    run = _returned(context, "start_run")
    if run is None:
        # Only by hand: a person marked start_run as successful that was not.
        raise AirflowFailException("start_run started nothing; clear it, and this task with it")
    return run


def _returned(context: Context, task_id: str) -> Plain | None:
    """What a task returned; None where it broke or was skipped."""
    returned = context["ti"].xcom_pull(task_ids=task_id)
    return returned if isinstance(returned, dict) else None


def _plans(context: Context, run: Plain) -> Plain:
    """What the directions of a dry run returned: they leave no other trace."""
    returned = {name: _returned(context, f"{name}_sync") for name in _asked(run)}
    return {name: stats["plan"] for name, stats in returned.items() if stats and "plan" in stats}


def _asked(run: Plain) -> tuple[str, ...]:
    directions = run["directions"]
    return tuple(directions) if isinstance(directions, list | tuple) else ()


@contextmanager
def _put_off_where_busy() -> Iterator[None]:
    try:
        yield
    except LeaseBusy as error:
        seconds = uniform(*ASK_AGAIN_S)  # noqa: S311
        log.info("lease.busy: %s; asks again in %.0f s and frees the worker", error, seconds)
        again_at = datetime.now(UTC) + timedelta(seconds=seconds)
        raise AirflowRescheduleException(again_at) from None  # type: ignore[no-untyped-call]


@contextmanager
def as_airflow_outcome() -> Iterator[None]:
    """Turn the sync's errors into what Airflow does next (the table above)."""
    try:
        yield
    except SyncError as error:
        reason = f"{error.code}: {error}"
        # In a line of its own: in the traceback that follows it is hard to find.
        log.error(_explained(reason, error.code.value))  # noqa: TRY400
        if isinstance(error, FatalError):
            raise AirflowFailException(reason) from error
        raise
