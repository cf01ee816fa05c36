"""The result of a check of `qcontact-sync doctor`."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_SKEW = timedelta(minutes=5)
CHECK_PATIENCE_S = 10
"""A user waits: one try with a short timeout."""


class State(StrEnum):
    """The state of a check; only with `FAILED` the sync cannot work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check, its result, and what to do about it (None: nothing)."""

    name: str
    state: State
    found: str
    advice: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Plain values, for JSON."""
        return {**asdict(self), "state": self.state.value}


def check_clock(name: str, there: datetime, asked_at: datetime, answered_at: datetime) -> Check:
    """Compare a clock, read between two readings of this machine's."""
    skew = there - (asked_at + (answered_at - asked_at) / 2)
    seconds = skew.total_seconds()
    found = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(skew) <= MAX_SKEW:
        return Check(name, State.OK, found)
    return Check(
        name,
        State.WARNING,
        found,
        "correct the wrong clock; the sync's results do not depend on it",
    )
