"""How a ticket's values are shown: ids, titles and statuses, but no personal data."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from qcontact_sync.core.canon import printable
from qcontact_sync.core.comparison import GAP_WORDS
from qcontact_sync.core.failure_filter import FailureState
from qcontact_sync.core.model import ASSIGNED_TO, TWO_WAY_FIELDS
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.formats import shown_briefly

Row = Mapping[str, Any]
_SHOWN_FIELDS = frozenset({
    "status", "title", "priority", "ticket_type", "dr_number", "pole_number", "pon_number",
    "ont_serial", "project_id", "zone_id",
})  # fmt: skip
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
GAPS = {gap.value: words for gap, words in GAP_WORDS.items()}
DIRECTIONS = {"inbound": "QContact → FibreFlow", "outbound": "FibreFlow → QContact"}
FAILURE_STATES: Mapping[FailureState, str] = {
    "due": "due with the next run",
    "pausing": "due later",
    "waiting": "wait for a change",
    "dismissed": "dismissed",
}
_NEXT_TRIES: Mapping[FailureState, str] = {
    "due": "tried again by the next run",
    "waiting": "not tried again until the ticket changes",
    "dismissed": "dismissed: not tried again until the ticket changes",
}


def shown_value(
    field: str, value: str | None, names: Mapping[str, str | None] | None = None
) -> str:
    """A field's value on one line; of a field with personal data, only whether it is set.

    Args:
        names: Of FibreFlow's users by id, for who may see assignees; None for who may not.
    """
    if value is None or value == "":
        return "unassigned" if field == ASSIGNED_TO else "-"
    if field == ASSIGNED_TO and names is not None:
        return printable(names.get(value) or value)
    if field in _SHOWN_FIELDS:
        text = printable(value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return "assigned" if field == ASSIGNED_TO else "set, not shown"


def agreed_value(
    field: FieldStory,
    names: Mapping[str, str | None] | None = None,
    shown: Callable[[str, str | None, Mapping[str, str | None] | None], str] = shown_value,
) -> str:
    """The last agreed values: FibreFlow's and QContact's, or one where they look the same.

    Of QContact's own fields only QContact's value is stored.

    Args:
        shown: A field's value as text for users, of the field, its value and ``names``.
    """
    is_two_way = field.field in TWO_WAY_FIELDS
    halves = (field.base_local, field.base_remote) if is_two_way else (field.base_remote,)
    return " / ".join(dict.fromkeys(shown(field.field, half, names) for half in halves))


def names_in(conflict: Row) -> dict[str, str | None]:
    """The FibreFlow user that a conflict's value stands for."""
    return {conflict["local_value"]: conflict["local_name"]}


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


def is_automatic(conflict: Row) -> bool:
    """Whether a rule resolved a conflict, not a person; what was not kept is on record."""
    return conflict["kind"] == "settled" and not conflict["decided_by"]


def conflict_outcome(row: Row) -> str:
    """How a conflict was decided and by whom, or which side's value was not kept."""
    if not is_automatic(row):
        by = f", by {row['decided_by']}" if row["decided_by"] else ""
        return f"{row['resolution'] or 'open (needs a decision)'}{by}"
    lost = {side: f"{name}'s value was not kept" for side, name in SIDES.items()}
    return lost.get(row["loser"], "both values were kept")


def next_try(entry: Row, zone: ZoneInfo) -> str:
    """When a quarantine entry is tried again, as text for users."""
    state: FailureState = entry["state"]
    if state == "pausing":
        return f"tried again after {shown_briefly(entry['next_try_at'], zone)}"
    return _NEXT_TRIES[state]


def last_decision(entry: Row, zone: ZoneInfo) -> str | None:
    """The last decision about a quarantine entry, with its author and time, or None."""
    if entry["decision"] is None:
        return None
    at = shown_briefly(entry["decided_at"], zone)
    return f"{entry['decision']} by {entry['decided_by']}, {at}"
