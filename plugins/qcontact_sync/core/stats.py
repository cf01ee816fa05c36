"""Counts of a run and the status that follows from them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from qcontact_sync.core.model import Direction, RunStatus


@dataclass(frozen=True, slots=True)
class Counts:
    """Tickets of one direction of a run, each counted once by its worst outcome.

    Attributes:
        partial: Successes with a warning; contained in ``successful``.
        created: Contained in ``successful``, as is ``updated``.
        failed_again: Quarantined tickets that failed again: they do not affect the status and are
            not part of ``failed``.
    """

    successful: int = 0
    failed: int = 0
    skipped: int = 0
    partial: int = 0
    created: int = 0
    updated: int = 0
    failed_again: int = 0

    @property
    def processed(self) -> int:
        """All tickets that were read."""
        return self.successful + self.failed + self.skipped

    @property
    def success_rate(self) -> float | None:
        """Share of attempted tickets that succeeded, 0 to 1; None if nothing was attempted."""
        tried = self.successful + self.failed
        return self.successful / tried if tried else None

    def __add__(self, other: "Counts") -> "Counts":
        """Field by field."""
        return Counts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class DirectionStats:
    """What one direction did in one run.

    Attributes:
        is_complete: False if it stopped cleanly before its end (time budget, SIGTERM).
        error_code, error_message: Set if the direction broke outside any ticket.
        is_ended: False on record while the direction runs, and after its process died. Not part
            of `to_dict`.
    """

    counts: Counts = Counts()
    duration_seconds: float = 0.0
    is_complete: bool = True
    error_code: str | None = None
    error_message: str | None = None
    is_ended: bool = True

    def to_dict(self) -> dict[str, object]:
        """Plain values only: XCom loses dataclasses."""
        plain: dict[str, object] = {
            "total_processed": self.counts.processed,
            **{f.name: getattr(self.counts, f.name) for f in fields(Counts)},
            "success_rate": self.counts.success_rate,
            "duration_seconds": round(self.duration_seconds, 3),
            "is_complete": self.is_complete,
            "error_code": self.error_code,
            "error_message": self.error_message,
        }
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> "DirectionStats":
        """The inverse of `to_dict`; derived keys are ignored."""
        counts = {f.name: int(str(plain.get(f.name) or 0)) for f in fields(Counts)}
        duration = plain.get("duration_seconds")
        return cls(
            counts=Counts(**counts),
            duration_seconds=float(str(duration)) if duration is not None else 0.0,
            is_complete=bool(plain.get("is_complete", True)),
            error_code=_text(plain.get("error_code")),
            error_message=_text(plain.get("error_message")),
            is_ended=bool(plain.get("is_ended", True)),
        )

    def broken(self, code: str, message: str) -> "DirectionStats":
        """The same counts, ended by an error."""
        return replace(self, is_complete=False, error_code=code, error_message=message)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def sync_result(
    directions: Mapping[Direction, DirectionStats], errors: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    """What the history keeps of a run, and callers get, as ``sync_result``.

    Args:
        directions: Those that were requested; the others are null.
        errors: Failed tickets, as plain values.
    """
    stats = {_stats_key(d): directions[d].to_dict() if d in directions else None for d in Direction}
    return {**stats, "errors": list(errors)}


def stats_in(result: Mapping[str, Any]) -> dict[Direction, Mapping[str, Any]]:
    """The stats of a ``sync_result``, by direction that was requested, as plain values."""
    return {d: stats for d in Direction if (stats := result.get(_stats_key(d)))}


def _stats_key(direction: Direction) -> str:
    return f"{direction.value}_stats"


def status_of(directions: Collection[DirectionStats]) -> RunStatus:
    """The status of a run, or of one direction (docs/airflow.md, "Colours")."""
    total = sum((d.counts for d in directions), Counts())
    if any(d.error_code for d in directions) or (total.failed and not total.successful):
        return RunStatus.FAILED
    if total.failed or not all(d.is_complete for d in directions):
        return RunStatus.PARTIAL
    return RunStatus.SUCCESS
