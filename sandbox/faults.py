"""The fault board: rules that say which request goes wrong, how often, and how."""

import re
import threading
from typing import Annotated, Any, Literal

import msgspec

Action = Literal[
    "answer",  # `status`, `body` and Retry-After instead of the work, or `applied` after it
    "delay",  # wait `delay_s`, then do the work: a write lands after the client gave up
    "delay_answer",  # do the work, wait `delay_s`, then answer
    "drop",  # close the connection before the work
    "lose_answer",  # do the work, close the connection without a byte of answer
    "cut_body",  # do the work, close the connection in the middle of the body
    "drip",  # do the work, send the body in ten pieces `delay_s` apart
    "twice",  # do the work twice, as a proxy that repeats a request; the first answer is sent
    "lie",  # answer as if accepted, change nothing; `echo` shows the change all the same
    "repeat_page",  # every page of a list is the first one, with more to come
    "stale",  # an older version of the ticket, in a list or by id
]
Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """One rule. It matches a request by all of `method`, `path` and `ticket_id` that are set.

    `path` is a regular expression searched in ``/path?query``; the first `after` matches pass, the
    next `times` fail. `body` is ``error`` (the contract's envelope), ``html``, ``empty``, or any
    other text, sent as it is; with `applied` the work was done all the same. `retry_after` is sent
    as it is, `retry_after_date_s` as an HTTP date that many seconds ahead of the sandbox's clock.
    """

    do: Action
    method: str | None = None
    path: str | None = None
    ticket_id: str | int | None = None
    after: Count = 0
    times: Count | Literal["forever"] = 1
    status: Annotated[int, msgspec.Meta(ge=100, le=599)] = 503
    body: str = "error"
    applied: bool = False
    retry_after: int | str | None = None
    retry_after_date_s: float | None = None
    delay_s: Seconds = 0.0
    echo: bool = False

    def __post_init__(self) -> None:
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error

    def matches(self, method: str, target: str, ticket_id: str | None) -> bool:
        if self.method and self.method.upper() != method:
            return False
        if self.path is not None and not re.search(self.path, target):
            return False
        # A list names no ticket in its path: there a stale rule picks the ticket inside the page.
        in_page = self.do == "stale" and ticket_id is None
        return self.ticket_id is None or in_page or str(self.ticket_id) == ticket_id


class Rule(msgspec.Struct):
    fault: Fault
    seen: int = 0
    hits: int = 0

    def strikes(self) -> bool:
        """Count one matching request; say whether it is one that goes wrong."""
        self.seen += 1
        spent = self.fault.times != "forever" and self.hits >= self.fault.times
        if self.seen <= self.fault.after or spent:
            return False
        self.hits += 1
        return True


class FaultBoard:
    """Rules in order; the first that matches and is not spent decides. Safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def __deepcopy__(self, _memo: dict[int, Any]) -> "FaultBoard":
        copied = FaultBoard()
        copied._rules = self.rules()
        return copied

    def add(self, **rule: Any) -> None:
        """Add one rule, e.g. ``add(do="answer", status=429, retry_after=1, path="/tickets")``."""
        self.extend([msgspec.convert(rule, Fault)])

    def extend(self, faults: list[Fault]) -> None:
        with self._lock:
            self._rules += [Rule(fault) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def rules(self) -> list[Rule]:
        with self._lock:
            return [Rule(rule.fault, rule.seen, rule.hits) for rule in self._rules]

    def take(self, method: str, target: str, ticket_id: str | None) -> Fault | None:
        with self._lock:
            for rule in self._rules:
                if rule.fault.matches(method, target, ticket_id) and rule.strikes():
                    return rule.fault
        return None
