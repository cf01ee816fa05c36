"""The sync as functions for Python code without an event loop; the command line uses them, too.

`services` contains the same functions as coroutines.
"""

import asyncio
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import uuid4

from qcontact_sync.config.access import (
    FibreFlowAccess,
    QContactAccess,
    access_from_env,
    fibreflow_from_env,
    qcontact_from_env,
)
from qcontact_sync.config.settings import Settings, load_settings
from qcontact_sync.core.request import parse_request
from qcontact_sync.core.windows import Trigger
from qcontact_sync.services.migration import migrate
from qcontact_sync.services.results import HistoryRow, JobResult
from qcontact_sync.services.runs import CLI_DAG_ID
from qcontact_sync.services.whole_run import OnOpened, run_whole
from qcontact_sync.sync.context import Progress
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import stop_on_sigterm
from qcontact_sync.sync.unexpected import expected_only

if TYPE_CHECKING:
    from qcontact_sync.services import (
        airflow_program,
        comparison,
        doctor,
        forgetting,
        mapping_report,
        review,
    )
    from qcontact_sync.settings import Endpoints

__all__ = [
    "HistoryRow",
    "JobResult",
    "check_mapping",
    "choose_side",
    "compare_tickets",
    "describe_mapping",
    "dismiss_failures",
    "examine",
    "explain_ticket",
    "find_tickets",
    "forget_ticket",
    "get_last_sync_job_run",
    "get_status",
    "get_status_here",
    "get_sync_job_history",
    "list_conflicts",
    "list_differences",
    "list_failures",
    "migrate",
    "resolve_conflict",
    "retry_failures",
    "retry_matching",
    "run_sync_job",
]

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """The same function in its own event loop."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return asyncio.run(function(*args, **kwargs))

    return call


if TYPE_CHECKING:
    get_status = _blocking(review.get_status)
    get_status_here = _blocking(airflow_program.get_status_here)
    explain_ticket = _blocking(review.explain_ticket)
    find_tickets = _blocking(review.find_tickets)
    list_failures = _blocking(review.list_failures)
    retry_failures = _blocking(review.retry_failures)
    retry_matching = _blocking(review.retry_matching)
    dismiss_failures = _blocking(review.dismiss_failures)
    list_conflicts = _blocking(review.list_conflicts)
    resolve_conflict = _blocking(review.resolve_conflict)
    compare_tickets = _blocking(comparison.compare_tickets)
    list_differences = _blocking(comparison.list_differences)
    choose_side = _blocking(comparison.choose_side)
    forget_ticket = _blocking(forgetting.forget_ticket)
    examine = _blocking(doctor.examine)
    check_mapping = _blocking(mapping_report.check_mapping)
    describe_mapping = mapping_report.describe_mapping

_ELSEWHERE = {
    "compare_tickets": "comparison",
    "list_differences": "comparison",
    "choose_side": "comparison",
    "forget_ticket": "forgetting",
    "examine": "doctor",
    "get_status_here": "airflow_program",
    "check_mapping": "mapping_report",
    "describe_mapping": "mapping_report",
}


def __getattr__(name: str) -> object:
    """The functions above, imported when one is asked for: a run needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module(f"qcontact_sync.services.{_ELSEWHERE.get(name, 'review')}")
    function = getattr(room, name)
    return _blocking(function) if iscoroutinefunction(function) else function


def run_sync_job(
    params: Mapping[str, object] | None = None,
    *,
    fibreflow: FibreFlowAccess | None = None,
    qcontact: QContactAccess | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    on_opened: OnOpened | None = None,
    endpoints: "Endpoints | None" = None,
) -> JobResult:
    """Run the whole sync once, outside Airflow.

    Args:
        params: The same as the DAG's (`core.request.PARAM_NAMES`).
        fibreflow, qcontact, settings: Default: from the environment.
        progress: Called as (direction, tickets done, tickets expected so far).
        on_opened: Called once before the first read, with the run as plain values; among them
            ``job_id``, ``directions`` (the requested ones), ``dry_run``, ``window_start`` and
            ``window_end``.
        endpoints: Deprecated, both sides in one.

    Raises:
        ParamError: Invalid params; nothing was changed and no row was written.
        ConfigError: A setting is missing or wrong.
        SyncError: The run could not be opened or recorded, or a dry run failed. A run that fails
            later returns a result with status ``failed``.
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
    order = RunOrder(CLI_DAG_ID, run_id, Trigger.MANUAL, params, is_recorded_when_refused=False)
    with expected_only(), stop_on_sigterm() as stop:
        return asyncio.run(
            run_whole(fibreflow, qcontact, settings, order, progress, on_opened, stop)
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
    """Recorded runs, newest first.

    Args:
        start_date, end_date: Half-open limits on ``started_at``.
        fibreflow: Default: from the environment.
        endpoints: Deprecated, both sides in one.
    """
    from qcontact_sync.services.run_reports import history

    if endpoints is not None:
        fibreflow = _warned(endpoints).fibreflow
    access = fibreflow or fibreflow_from_env()
    return asyncio.run(history(access, limit, status, start_date, end_date))


def get_last_sync_job_run(
    *, fibreflow: FibreFlowAccess | None = None, endpoints: "Endpoints | None" = None
) -> HistoryRow | None:
    """The newest recorded run, or None."""
    rows = get_sync_job_history(1, fibreflow=fibreflow, endpoints=endpoints)
    return rows[0] if rows else None


def _warned(endpoints: "Endpoints") -> "Endpoints":
    message = "endpoints is deprecated: pass fibreflow and qcontact"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return endpoints
