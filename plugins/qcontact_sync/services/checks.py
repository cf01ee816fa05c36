"""The result of a check of `qcontact-sync doctor`."""

from dataclasses import asdict, dataclass
from enum import StrEnum


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
