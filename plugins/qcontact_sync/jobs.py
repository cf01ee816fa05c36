"""The sync as functions: what the DAG's tasks, the CLI and other Python code call.

This is the one place that names concrete adapters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qcontact_sync.core.model import Direction, Window
from qcontact_sync.core.windows import Trigger
from qcontact_sync.settings import Endpoints, Settings


@dataclass(frozen=True, slots=True)
class RunOrder:
    """A run as whoever starts it orders it.

    Attributes:
        params: Unchecked, keys of `core.request.PARAM_NAMES`.
        interval: The data interval, where there is one.
    """

    dag_id: str
    run_id: str
    trigger: Trigger
    params: Mapping[str, object]
    interval: Window | None = None


@dataclass(frozen=True, slots=True)
class JobResult:
    """A finished run (design sections 2.4 and 2.5)."""

    job_id: UUID
    status: str
    started_at: datetime
    completed_at: datetime
    duration_seconds: float
    sync_result: Mapping[str, object]
    error_message: str | None = None
    error_code: str | None = None


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
    raise NotImplementedError


def run_direction(
    endpoints: Endpoints, settings: Settings, run: Mapping[str, object], direction: Direction
) -> dict[str, object]:
    """Carry out one direction of a started run.

    Returns:
        `DirectionStats.to_dict` with the direction's counts.

    Raises:
        SyncError: The direction broke; what it settled until then is on record.
    """
    raise NotImplementedError


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
    raise NotImplementedError
