"""What happened to a ticket, newest first: the sync's writes, conflicts, and people's decisions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qcontact_sync.core.model import ASSIGNED_TO, Direction, SyncType
from qcontact_sync.reporting.wording import conflict_outcome, is_automatic, shown_value

Row = Mapping[str, Any]
_DONE = {
    (Direction.INBOUND, SyncType.CREATE): "created in FibreFlow",
    (Direction.INBOUND, SyncType.STATUS_UPDATE): "changed in FibreFlow",
    (Direction.INBOUND, SyncType.ASSIGNMENT): "changed in FibreFlow",
    (Direction.INBOUND, SyncType.NOTE_ADD): "note written to FibreFlow",
    (Direction.OUTBOUND, SyncType.STATUS_UPDATE): "sent to QContact",
    (Direction.OUTBOUND, SyncType.ASSIGNMENT): "sent to QContact",
    (Direction.OUTBOUND, SyncType.NOTE_ADD): "note sent to QContact",
}
_TO_SIDE = {"inbound": "to FibreFlow", "outbound": "to QContact"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field with its values before and after.

    Attributes:
        is_before_known, is_after_known: False if it is not recorded: a long text, a place, or what
            a release before this one wrote.
    """

    field: str
    before: str | None
    after: str | None
    is_before_known: bool = True
    is_after_known: bool = True


@dataclass(frozen=True, slots=True)
class Sides:
    """The values of a conflict."""

    field: str
    local: str | None
    remote: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        what: As text for users, without values.
        status: ``success``, ``partial``, ``failed``, ``conflict`` or ``decision``.
        changes: Fields with their values; an assignee may be the id of a FibreFlow user.
        sides: The values of a conflict, likewise.
        details: Why, as text for users; may be empty.
        by: Who decided; None for the sync itself.
    """

    at: datetime
    what: str
    status: str
    changes: tuple[FieldChange, ...] = ()
    sides: Sides | None = None
    details: str = ""
    by: str | None = None


def timeline(
    history: Iterable[Row], conflicts: Iterable[Row], failures: Iterable[Row]
) -> tuple[Event, ...]:
    """Put what is recorded of a ticket into one order, newest first.

    Args:
        history: Rows of ``ticket_history``.
        conflicts: Rows of ``list_conflicts``.
        failures: Rows of ``list_quarantine``.
    """
    events = [
        *map(_audited, history),
        *(event for row in conflicts for event in _conflict(row)),
        *(event for row in failures for event in _decision(row)),
    ]
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


def users_in(events: Sequence[Event]) -> frozenset[str]:
    """Values that may be ids of FibreFlow users."""
    changed = (
        value
        for event in events
        for change in event.changes
        if change.field == ASSIGNED_TO
        for value in (change.before, change.after)
    )
    contested = (e.sides.local for e in events if e.sides and e.sides.field == ASSIGNED_TO)
    return frozenset(value for value in (*changed, *contested) if value)


def _audited(row: Row) -> Event:
    key = (row["sync_direction"], row["sync_type"])
    what = _DONE.get(key, row["sync_type"].replace("_", " "))
    if row["status"] == "failed":
        what = f"failed: {row['sync_type'].replace('_', ' ')} {_TO_SIDE[row['sync_direction']]}"
    is_note = row["sync_type"] == SyncType.NOTE_ADD
    return Event(
        row["synced_at"],
        what,
        row["status"],
        () if is_note else tuple(_changes(row)),
        details=row["error_message"] or "",
    )


def _changes(row: Row) -> Iterator[FieldChange]:
    """The fields of an audit row; some have no values that may be shown or that are recorded."""
    before, after, what = row.get("before") or {}, row.get("after") or {}, row["what"]
    for field in what if isinstance(what, list | Mapping) else ():
        yield FieldChange(
            str(field), before.get(field), after.get(field), field in before, field in after
        )


def _conflict(row: Row) -> Iterator[Event]:
    sides = Sides(row["field"], row["local_value"], row["remote_value"])
    if is_automatic(row):
        what = f"both sides changed {row['field']}: {conflict_outcome(row)}"
        yield Event(row["opened_at"], what, "conflict", sides=sides, details=row["reason"])
        return
    if row["kind"] == "settled":
        what = f"compared: {row['field']} decided, {row['resolution']}"
        yield Event(row["opened_at"], what, "decision", sides=sides, by=row["decided_by"])
        return
    opened = f"conflict opened: {row['field']}"
    yield Event(row["opened_at"], opened, "conflict", sides=sides, details=row["reason"])
    if row["resolved_at"]:
        what = f"conflict about {row['field']} ended: {row['resolution']}"
        yield Event(row["resolved_at"], what, "decision", by=row["decided_by"])


def _decision(row: Row) -> Iterator[Event]:
    if row["decision"]:
        side = _TO_SIDE[row["direction"]]
        what = f"decided about the failure {side}: {row['decision']}"
        yield Event(row["decided_at"], what, "decision", by=row["decided_by"])


def shown_changes(event: Event, names: Mapping[str, str | None] | None = None) -> list[str]:
    """An event's values, a line each: ``status: open → closed``, or those of both sides."""
    if event.sides:
        field, here, there = event.sides.field, event.sides.local, event.sides.remote
        values = (shown_value(field, here, names), shown_value(field, there, names))
        return [f"FibreFlow {values[0]}, QContact {values[1]}"]
    return [_shown_change(change, names) for change in event.changes]


def _shown_change(change: FieldChange, names: Mapping[str, str | None] | None) -> str:
    after = shown_value(change.field, change.after, names)
    if not change.is_after_known:
        return change.field
    if not change.is_before_known:
        return f"{change.field}: {after}"
    return f"{change.field}: {shown_value(change.field, change.before, names)} → {after}"
