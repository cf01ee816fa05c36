"""Whether the sync needs attention, from its numbers; pure rules."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from qcontact_sync.reporting.alerts import LOW_RATE


@dataclass(frozen=True, slots=True)
class Health:
    """An overview of the sync (design section 2.3, ``status``)."""

    last_sync_at: datetime | None
    last_sync_status: str | None
    last_sync_duration_seconds: float | None
    pending_outbound: int
    quarantined: int
    conflicts_open: int
    failed_last_24h: int
    success_rate_last_7d: float | None
    is_healthy: bool
    health_issues: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON; instants in ISO 8601."""
        plain = asdict(self)
        plain["last_sync_at"] = self.last_sync_at.isoformat() if self.last_sync_at else None
        plain["health_issues"] = list(self.health_issues)
        return plain


def judge(row: Mapping[str, Any], pending_outbound: int) -> Health:
    """Derive the health from a row of ``read_status``.

    Args:
        pending_outbound: Number of tickets with pending changes or notes.
    """
    issues = _issues(row)
    return Health(
        last_sync_at=row["last_sync_at"],
        last_sync_status=row["last_sync_status"],
        last_sync_duration_seconds=row["last_sync_duration_seconds"],
        pending_outbound=pending_outbound,
        quarantined=row["quarantined"],
        conflicts_open=row["conflicts_open"],
        failed_last_24h=int(row["failed_last_24h"]),
        success_rate_last_7d=row["success_rate_last_7d"],
        is_healthy=not issues,
        health_issues=tuple(issues),
    )


def _issues(row: Mapping[str, Any]) -> list[str]:
    issues = []
    if row["last_sync_at"] is None:
        issues.append("no run yet")
    elif not row["is_fresh"]:
        issues.append("no complete run for 12 hours and 30 minutes")
    if row["last_sync_status"] == "failed":
        issues.append("the last run failed")
    rate = row["success_rate_last_7d"]
    if rate is not None and rate < LOW_RATE:
        issues.append(f"only {rate:.0%} of the attempted tickets succeeded in the last 7 days")
    waiting = row["conflicts_open"]
    if waiting:
        is_one = waiting == 1
        issues.append(f"{waiting} open conflict{' needs' if is_one else 's need'} a decision")
    return issues
