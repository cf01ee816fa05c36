"""What was asked of a QContact: every request, every write, how many at once."""

from collections import Counter, deque
from typing import Any, Literal

import msgspec

Outcome = Literal["", "applied", "refused", "replayed", "lied", "ignored"]


class Entry(msgspec.Struct):
    """One request to the API, or one change by the call centre (`by`: ``api``, ``agent``, or
    ``system`` for what QContact does by itself).
    """

    at: str
    by: Literal["api", "agent", "system"]
    method: str
    target: str  # path and query
    ticket_ids: list[str]
    request_id: str | None = None
    idempotency_key: str | None = None
    body: Any = None
    status: int | None = None  # None: nothing reached the client
    outcome: Outcome = ""  # what became of a write
    fault: str | None = None


class Journal:
    """Not locked: its owner does that."""

    def __init__(self) -> None:
        self.writes: list[Entry] = []
        self.requests: deque[Entry] = deque(maxlen=100_000)
        self.counts: Counter[str] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0

    def forget(self) -> None:
        """Start anew; requests that are being answered still count as in flight."""
        self.writes.clear()
        self.requests.clear()
        self.counts.clear()
        self.most_in_flight = self.in_flight

    def begin(self, entry: Entry, call: str, *, is_write: bool) -> None:
        """Take a request into the counters and logs; its outcome is filled in later."""
        self.counts[call] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.requests.append(entry)
        if is_write:
            self.writes.append(entry)
