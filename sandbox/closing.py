"""Solved cases, which QContact closes by itself after a while."""

from typing import Any

from sandbox.entities_words import raw_status
from sandbox.instants import SECOND


class SolvedCases:
    """Remembers since when (microseconds since 1970) each case is solved."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}

    def watch(self, case_id: str, status: Any, now: int) -> None:
        if raw_status(status) == "Solved":
            self._since.setdefault(case_id, now)
        else:
            self._since.pop(case_id, None)

    def forget(self, case_id: str) -> None:
        self._since.pop(case_id, None)

    def due(self, now: int, after_s: float) -> list[str]:
        """The cases to close now; none where `after_s` is 0."""
        if not after_s or not self._since:
            return []
        latest = now - int(after_s * SECOND)
        return [case_id for case_id, since in self._since.items() if since <= latest]
