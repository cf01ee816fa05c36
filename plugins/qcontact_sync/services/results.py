"""The results for callers: a complete run, and a row of the history."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from qcontact_sync.core.model import Direction, RunStatus, Window
from qcontact_sync.core.run_ports import ClosedRun, Settlement
from qcontact_sync.core.stats import Counts, DirectionStats, stats_in, sync_result
from qcontact_sync.sync.context import Run


@dataclass(frozen=True, slots=True)
class JobResult:
    """A complete run (docs/cli.md, "From Python").

    Attributes:
        window_start, window_end: The window of the run, aware UTC; without a start it begins with
            the first change.
        sync_result: ``inbound_stats``, ``outbound_stats``, ``errors``; for a dry run ``plan``.
    """

    job_id: UUID
    status: str
    started_at: datetime
    completed_at: datetime
    duration_seconds: float
    sync_result: Mapping[str, object]
    summary: Mapping[str, object]
    window_start: datetime | None
    window_end: datetime
    error_message: str | None = None
    error_code: str | None = None

    def to_dict(self) -> dict[str, object]:
        """The run as outside callers see it (``data`` in docs/triggering.md)."""
        data = run_data(
            self.job_id,
            self.status,
            started_at=self.started_at,
            completed_at=self.completed_at,
            duration_seconds=self.duration_seconds,
            window=Window(self.window_start, self.window_end),
            summary=self.summary,
            error_message=self.error_message,
            error_code=self.error_code,
        )
        return {
            **data,
            **({"plan": self.sync_result["plan"]} if "plan" in self.sync_result else {}),
        }


def run_data(
    job_id: UUID,
    status: str,
    *,
    started_at: datetime | None = None,
    completed_at: datetime | None = None,
    duration_seconds: float | None = None,
    window: Window | None = None,
    summary: Mapping[str, object] | None = None,
    error_message: str | None = None,
    error_code: str | None = None,
) -> dict[str, object]:
    """A run as plain values for JSON (``data`` in docs/triggering.md); null means not known yet."""
    return {
        "job_id": str(job_id),
        "status": status,
        "started_at": _plain(started_at),
        "completed_at": _plain(completed_at),
        "duration_seconds": None if duration_seconds is None else round(duration_seconds, 3),
        "window": window and {"start": _plain(window.start), "end": _plain(window.end)},
        "summary": None if summary is None else dict(summary),
        "error_message": error_message,
        "error_code": error_code,
    }


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A recorded run: all columns of ``sync_job_history``.

    Attributes:
        completed_at, duration_seconds: None while it is active.
        success_rate: 0 to 1; None if no ticket was tried.
        sync_options: The run's params.
        sync_result: ``inbound_stats``, ``outbound_stats``, ``errors``; None while it is active.
    """

    id: UUID
    started_at: datetime
    completed_at: datetime | None
    duration_seconds: float | None
    status: str
    total_processed: int
    total_success: int
    total_failed: int
    success_rate: float | None
    inbound_processed: int
    inbound_success: int
    inbound_failed: int
    outbound_processed: int
    outbound_success: int
    outbound_failed: int
    error_message: str | None
    error_code: str | None
    sync_options: Mapping[str, Any] | None
    sync_result: Mapping[str, Any] | None
    created_at: datetime | None

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON, by column; instants in ISO 8601."""
        return plain_row(asdict(self))


def plain_row(row: Mapping[str, object]) -> dict[str, object]:
    """A row as plain values for JSON; instants in ISO 8601, in UTC."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [plain_row(part) if isinstance(part, dict) else _plain(part) for part in value]
    return str(value) if isinstance(value, UUID) else value


def finished(
    run: Run, settlement: Settlement, closed: ClosedRun, errors: Sequence[Mapping[str, object]]
) -> JobResult:
    """The result of a complete run."""
    return JobResult(
        job_id=run.job_id,
        status=settlement.status.value,
        started_at=closed.started_at,
        completed_at=closed.completed_at,
        duration_seconds=closed.duration_seconds,
        sync_result=sync_result(settlement.directions, errors),
        summary=_summary(settlement.directions),
        window_start=run.window.start,
        window_end=run.window.end,
        error_message=settlement.error_message,
        error_code=settlement.error_code,
    )


def recorded(row: Mapping[str, Any]) -> dict[str, object]:
    """A row of ``read_run`` as outside callers see it (``data`` in docs/triggering.md)."""
    by_direction = stats_in(row["sync_result"] or {})
    directions = {d: DirectionStats.from_dict(stats) for d, stats in by_direction.items()}
    return run_data(
        row["id"],
        row["status"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        duration_seconds=row["duration_seconds"],
        window=Window(row["window_start"], row["window_end"]) if row["window_end"] else None,
        summary=None if row["status"] == RunStatus.RUNNING else _summary(directions),
        error_message=row["error_message"],
        error_code=row["error_code"],
    )


def _summary(directions: Mapping[Direction, DirectionStats]) -> dict[str, object]:
    by_name = {d: directions[d].counts if d in directions else Counts() for d in Direction}
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


def previewed(run: Run, plans: Mapping[str, object], now: datetime) -> JobResult:
    """The result of a dry run: its plan by direction; a dry run is not recorded."""
    is_whole = len(plans) == len(run.request.directions)
    return JobResult(
        job_id=run.job_id,
        status="success" if is_whole else "failed",
        started_at=now,
        completed_at=now,
        duration_seconds=0.0,
        sync_result={"plan": dict(plans)},
        summary=_summary({}),
        window_start=run.window.start,
        window_end=run.window.end,
    )
