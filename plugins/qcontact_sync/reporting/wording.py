"""What may be shown of a ticket, and how: ids, titles and statuses, nothing of a person's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qcontact_sync.core.canon import printable
from qcontact_sync.core.model import ASSIGNED_TO
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.formats import shown_briefly

Row = Mapping[str, Any]
_SHOWN_FIELDS = frozenset({"status", "title", "priority", "ticket_type"})
_LONGEST = 80
SIDES = {"local": "FibreFlow", "remote": "QContact"}
TRIGGERS = {"scheduled": "by schedule", "manual": "by hand", "backfill": "backfill"}
DIRECTIONS = {"inbound": "QContact → FibreFlow", "outbound": "FibreFlow → QContact"}


def shown_value(field: str, value: str | None) -> str:
    """A field's value on one line; of fields that may tell about a person, only that it is set."""
    if value is None or value == "":
        return "nobody" if field == ASSIGNED_TO else "-"
    if field in _SHOWN_FIELDS:
        text = printable(value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return "somebody" if field == ASSIGNED_TO else "set, not shown"


def agreed_value(told: FieldStory) -> str:
    """What both sides last agreed on: one value, or FibreFlow's and QContact's."""
    there = shown_value(told.field, told.base_remote)
    if told.base_local is None or told.base_local == told.base_remote:
        return there
    here = shown_value(told.field, told.base_local)
    return here if here == there else f"{here} / {there}"


def what_was_done(row: Row) -> str:
    """An audit row's subject: the fields by name, of an outbound one the status by its word."""
    what = row["what"]
    if isinstance(what, list):
        return ", ".join(map(str, what))
    if not isinstance(what, Mapping):
        return ""
    return ", ".join(
        f"{name}: {shown_value(name, str(value))}" if name == "status" else str(name)
        for name, value in what.items()
    )


def options_of(options: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """A run's params that were given, as names and values."""
    return [
        (name.replace("_", " "), _shown_option(value))
        for name, value in (options or {}).items()
        if value not in (None, False, [], "", "both")
    ]


def _shown_option(value: object) -> str:
    if value is True:
        return "yes"
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shown if len(shown) <= 4 * _LONGEST else f"{shown[: 4 * _LONGEST]}…"


def conflict_outcome(row: Row) -> str:
    """How a conflict ended."""
    if row["kind"] != "settled":
        by = f", by {row['decided_by']}" if row["decided_by"] else ""
        return f"{row['resolution'] or 'waits for you'}{by}"
    lost = {side: f"{name}'s value lost" for side, name in SIDES.items()}
    return lost.get(row["loser"], "both were left as they were")


def next_try(entry: Row, zone: ZoneInfo, now: datetime) -> str:
    """When a quarantine entry is tried again, for a person.

    Args:
        now: Aware; a pause that is over by then means the next run.
    """
    if entry["dismissed_at"] is not None:
        return "dismissed: not again before the ticket changes"
    if entry["next_try_at"] is None:
        return "not again before the ticket changes"
    if entry["next_try_at"] <= now:
        return "again with the next run"
    return f"again after {shown_briefly(entry['next_try_at'], zone)}"


def last_decision(entry: Row, zone: ZoneInfo) -> str | None:
    """What a person decided last about a quarantine entry, who and when; None for nothing."""
    if entry["decision"] is None:
        return None
    at = shown_briefly(entry["decided_at"], zone)
    return f"{entry['decision']} by {entry['decided_by']}, {at}"
