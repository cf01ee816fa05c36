"""Which part of the quarantine a person asks for."""

from dataclasses import dataclass
from typing import Literal

FailureState = Literal["due", "pausing", "waiting", "dismissed"]
"""Due with the next run, pausing until a later run, waiting for a change of the ticket, dismissed;
``list_quarantine.sql`` and ``count_quarantine.sql`` decide which.
"""


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which entries of the quarantine; None is any."""

    direction: str | None = None
    error_code: str | None = None
    state: FailureState | None = None


EVERY_FAILURE = FailureFilter()
