"""How a ticket's values are shown: ids, titles and statuses, but no personal data."""

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
STANDINGS = {
    "same": "the same",
    "pending": "pending",
    "waits": "waits",
    "differs": "differs",
    "only_qcontact": "only in QContact",
    "only_fibreflow": "only in FibreFlow",
}
GAPS = {
    "done_here": "done here, open in QContact",
    "done_there": "done in QContact, open here",
}
DIRECTIONS = {"inbound": "QContact → FibreFlow", "outbound": "FibreFlow → QContact"}


def shown_value(field: str, value: str | None) -> str:
    """A field's value on one line; of a field with personal data, only whether it is set."""
    if value is None or value == "":
        return "unassigned" if field == ASSIGNED_TO else "-"
    if field in _SHOWN_FIELDS:
        text = printable(value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return "assigned" if field == ASSIGNED_TO else "set, not shown"


def agreed_value(told: FieldStory) -> str:
    """The last agreed values: one value, or FibreFlow's and QContact's."""
    there = shown_value(told.field, told.base_remote)
    if told.base_local is None or told.base_local == told.base_remote:
        return there
    here = shown_value(told.field, told.base_local)
    return here if here == there else f"{here} / {there}"


def what_was_done(row: Row) -> str:
    """The fields of an audit row by name; of an outbound row also the status."""
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
    """The params that a run was started with, as names and values."""
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
    if row["kind"] != "settled" or row["decided_by"]:
        by = f", by {row['decided_by']}" if row["decided_by"] else ""
        return f"{row['resolution'] or 'open (needs a decision)'}{by}"
    lost = {side: f"{name}'s value was not kept" for side, name in SIDES.items()}
    return lost.get(row["loser"], "both values were kept")


def next_try(entry: Row, zone: ZoneInfo, now: datetime) -> str:
    """When a quarantine entry is tried again, as text for users.

    Args:
        now: Aware; if the pause ends before it, the answer is the next run.
    """
    if entry["dismissed_at"] is not None:
        return "dismissed: not tried again until the ticket changes"
    if entry["next_try_at"] is None:
        return "not tried again until the ticket changes"
    if entry["next_try_at"] <= now:
        return "tried again by the next run"
    return f"tried again after {shown_briefly(entry['next_try_at'], zone)}"


def last_decision(entry: Row, zone: ZoneInfo) -> str | None:
    """The last decision about a quarantine entry, with its author and time, or None."""
    if entry["decision"] is None:
        return None
    at = shown_briefly(entry["decided_at"], zone)
    return f"{entry['decision']} by {entry['decided_by']}, {at}"
