"""What happened to each case: the events that the entities dialect lists."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from sandbox.cases import Case, case_of
from sandbox.directory import Directory
from sandbox.entities_words import display_status
from sandbox.seeds import STAFF
from sandbox.store import Version

_FIRST_EVENT = 21_980_000_001
_SYNC_USER = "Sync Account"
_TYPE_OF = {"status": "status_change", "assigned_to": "assignment"}
_NO_CHANGE = object()


@dataclass(frozen=True, slots=True)
class Change:
    """Raw values, and the same as people read them."""

    old: Any
    new: Any
    old_shown: Any
    new_shown: Any


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    type: str
    text: str
    user: str | None  # None: QContact itself
    at: int  # microseconds since 1970
    public: bool | None = None  # only notes are public or not
    changes: dict[str, Change] = field(default_factory=dict)


class EventLog:
    """Events by case, oldest first. Not locked: its owner does that.

    Args:
        now: the server's clock in microseconds since 1970.
    """

    def __init__(self, directory: Directory, now: Callable[[], int]) -> None:
        self._directory = directory
        self._now = now
        self._events: dict[str, list[Event]] = {}
        self._count = 0

    def of(self, version: Version) -> list[Event]:
        """All events of a case, the one that made it first."""
        made = Event(int(version.id), "system", "Case created", None, version.created)
        return [made, *self._events.get(version.id, [])]

    def add(
        self,
        case_id: str,
        type_: str,
        text: str,
        user: str | None,
        *,
        public: bool | None = None,
        changes: dict[str, Change] | None = None,
        at: int | None = None,
    ) -> None:
        self._count += 1
        number, moment = _FIRST_EVENT + self._count, at or self._now()
        event = Event(number, type_, text, user, moment, public, changes or {})
        self._events.setdefault(case_id, []).append(event)

    def add_change(self, old: Version, new: Version, by: str) -> None:
        """One event for each kind of change: status, assignment, anything else."""
        before, after = case_of(old, self._directory), case_of(new, self._directory)
        kinds: dict[str, dict[str, Change]] = {}
        for name in {**before.fields, **after.fields}:
            change = _change(name, before, after)
            if change:
                kinds.setdefault(_TYPE_OF.get(name, "update"), {})[name] = change
        for type_, changes in kinds.items():
            type_ = "automation" if by == "system" else type_
            text = f"Changed {', '.join(changes)}"
            self.add(new.id, type_, text, author(by, new.id), changes=changes)


def author(by: str, case_id: str) -> str | None:
    """Who did it: the sync's account, the agent who has this case on the desk, or nobody."""
    if by == "agent":
        return STAFF[crc32(case_id.encode()) % len(STAFF)]
    return _SYNC_USER if by == "api" else None


def _change(name: str, before: Case, after: Case) -> Change | None:
    old, new = before.fields.get(name, _NO_CHANGE), after.fields.get(name, _NO_CHANGE)
    if old == new:
        return None
    old, new = (None if value is _NO_CHANGE else value for value in (old, new))
    return Change(old, new, _readable(name, old, before), _readable(name, new, after))


def _readable(name: str, value: Any, case: Case) -> Any:
    related = {
        "assigned_to": case.assignee,
        "contact": case.contact,
        "c__dr_number": case.dr_number,
    }
    if name in related:
        entity = related[name]
        return entity.label if entity else None
    return display_status(value) if name == "status" else value
