"""What a check of `qcontact-sync doctor` comes out as."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check came out; only `FAILED` keeps the sync from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check, its outcome, and what to do about it (None: nothing)."""

    name: str
    state: State
    found: str
    advice: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Plain values, for JSON."""
        return {**asdict(self), "state": self.state.value}
