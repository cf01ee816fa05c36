"""The built-in rules of the lineage ``fibreflow`` (shown in docs/fields.md)."""

from qcontact_sync.core import note_rules
from qcontact_sync.core.columns import Column, ColumnKind, Words
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.rules import AssignmentRules, StatusRules, status_key

FIBREFLOW = "fibreflow"

_RANKS = {
    "open": 0, "assigned": 1, "in_progress": 2, "qa_rejected": 2, "pending_qa": 3,
    "qa_in_progress": 3, "qa_approved": 4, "pending_handover": 5, "handed_to_ops": 6,
    "resolved": 7, "closed": 8, "cancelled": 8,
}  # fmt: skip
_TERMINAL = frozenset({"resolved", "closed", "cancelled"})
_LOCAL_BY_WORD = {
    "New": "open", "Open": "open", "Pending": "open", "Pending Customer": "open",
    "Pending Customer Response": "open", "Assigned": "assigned", "In Progress": "in_progress",
    "Escalated": "in_progress", "Pending Company Response": "in_progress",
    "In Review": "pending_qa", "Reviewed": "qa_approved", "Solved": "resolved",
    "Resolved": "resolved", "Closed": "closed", "Cancelled": "cancelled",
    "Unsolved - No Response": "cancelled",
}  # fmt: skip
_LOCAL_BY_KEY = {status_key(word): local for word, local in _LOCAL_BY_WORD.items()}
_SPELLINGS = {status_key(word): word for word in _LOCAL_BY_WORD}
_TICKETS_STATUS = StatusRules(
    _LOCAL_BY_KEY,
    {
        **{s: s for s in ("open", "assigned", "in_progress", "closed", "cancelled")},
        **dict.fromkeys(("pending_qa", "qa_in_progress"), "in_review"),
        "qa_rejected": "in_progress",
        **dict.fromkeys(("qa_approved", "pending_handover"), "reviewed"),
        **dict.fromkeys(("handed_to_ops", "resolved"), "solved"),
    },
    _RANKS,
    _TERMINAL,
    spellings=_SPELLINGS,
)
_ENTITIES_STATUS = StatusRules(
    _LOCAL_BY_KEY,
    {
        "open": "Open",
        "assigned": "Assigned",
        **dict.fromkeys(("in_progress", "qa_rejected"), "InProgress"),
        **dict.fromkeys(("pending_qa", "qa_in_progress"), "InReview"),
        **dict.fromkeys(("qa_approved", "pending_handover"), "Reviewed"),
        **dict.fromkeys(("handed_to_ops", "resolved", "closed", "cancelled"), "Solved"),
    },
    _RANKS,
    _TERMINAL,
    spellings=_SPELLINGS,
    moves_on=frozenset({("solved", "closed")}),
    final=frozenset({"closed"}),
    writable=frozenset(
        {
            "Open", "Assigned", "InProgress", "Escalated", "InReview", "Reviewed",
            "Pending Company Response", "Solved",
        }
    ),
)  # fmt: skip

PRIORITY_WORDS = Words(
    {**{w: w for w in ("low", "normal", "high", "urgent", "critical")}, "medium": "normal"},
    "normal",
    warns=True,
)
TYPE_WORDS = Words(
    {
        "maintenance": "maintenance",
        **dict.fromkeys(
            ("installation", "new_installation", "newinstallation"), "new_installation"
        ),
        "modification": "modification",
        "ont_swap": "ont_swap",
        "incident": "incident",
    },
    "maintenance",
)


def _columns(
    priority: str,
    dr_number: str,
    pole_number: str,
    pon_number: str,
    project_id: str,
    zone_id: str,
    gps_coordinates: str,
    ont_serial: str,
) -> tuple[Column, ...]:
    """QContact's own fields, with what a dialect calls those that differ; ``""``: it has none."""
    return (
        Column("title", "title", max_length=255),
        Column("description", "description"),
        Column("priority", priority, ColumnKind.WORDS, words=PRIORITY_WORDS),
        Column("ticket_type", "category", ColumnKind.WORDS, words=TYPE_WORDS),
        Column("address", "address"),
        custom_column("dr_number", dr_number, max_length=50),
        custom_column("pole_number", pole_number, max_length=50),
        custom_column("pon_number", pon_number, max_length=50),
        custom_column("project_id", project_id, ColumnKind.UUID),
        custom_column("zone_id", zone_id, ColumnKind.UUID),
        custom_column("gps_coordinates", gps_coordinates, ColumnKind.POINT),
        custom_column("ont_serial", ont_serial, max_length=100),
    )


def custom_column(
    name: str, key: str, kind: ColumnKind = ColumnKind.TEXT, max_length: int | None = None
) -> Column:
    """A column of a custom field; a key that ends with ``.label`` is that of a record."""
    source = key.removesuffix(".label")
    return Column(name, source, kind, max_length=max_length, is_custom=True, is_label=source != key)


TICKETS = TicketMapping(
    FIBREFLOW,
    _TICKETS_STATUS,
    _columns(
        "priority",
        "dr_number",
        "pole_number",
        "pon_number",
        "project_id",
        "zone_id",
        "gps_coordinates",
        "ont_serial",
    ),
    notes=note_rules.BUILT_IN_FATES,
)
"""Dialect ``tickets``."""
ENTITIES = TicketMapping(
    FIBREFLOW,
    _ENTITIES_STATUS,
    _columns("", "c__dr_number.label", "", "", "", "", "c__location_pin", "c__serial_number"),
    assignment=AssignmentRules(takes_ids=True),
    notes=note_rules.BUILT_IN_FATES,
)
"""Dialect ``entities``."""
