"""FibreFlow's tables and columns that the sync's statements use, by lineage.

`include/sql/optional/roles.sql` grants what stands here; `doctor` and the start of a run
look for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from qcontact_sync.core.built_in import FIBREFLOW
from qcontact_sync.core.catalogue import Need, Needs
from qcontact_sync.fibreflow.host_schema import HostSchema

_ANY_TEXT = 4_000_000
"""What the sync cuts a text to, in characters."""
_LOG = (
    Need("id", "U", "i"),
    Need("ticket_id", "U", "i"),
    Need("qcontact_ticket_id", "S", "i", 10),
    Need("sync_direction", "S", "i", 8),
    Need("sync_type", "S", "i", 13),
    Need("request_payload", "U", "i"),
    Need("response_payload", "U", "i"),
    Need("status", "S", "i", 7),
    Need("error_message", "S", "i"),
    Need("synced_at", "D"),
)
_COUNTS = tuple(
    Need(f"{part}_{name}", "N", "iu")
    for part, names in (
        ("total", ("processed", "success", "failed")),
        ("inbound", ("processed", "success", "failed")),
        ("outbound", ("processed", "success", "failed")),
    )
    for name in names
)
_HISTORY = (
    Need("id", "U", "i"),
    Need("started_at", "D", "i"),
    Need("completed_at", "D", "iu"),
    Need("duration_seconds", "N", "iu"),
    Need("status", "S", "iu", 7),
    *_COUNTS,
    Need("success_rate", "N", "iu"),
    Need("error_message", "S", "iu"),
    Need("error_code", "S", "iu", 20),
    Need("sync_options", "U", "iu"),
    Need("sync_result", "U", "iu"),
    Need("created_at", "D"),
)
_NOTES = (
    Need("id", "U"),
    Need("ticket_id", "U"),
    Need("note_type", "S"),
    Need("content", "S"),
    Need("created_by", "U"),
    Need("created_at", "D"),
)


def _tickets(
    *,
    ticket_type: str,
    pole: tuple[str, str],
    pon: str,
    zone: tuple[str, str],
    position: str,
    closed_at: str,
    created: str = "",
) -> tuple[Need, ...]:
    return (
        Need("id", "U", "i"),
        Need("ticket_uid", "S", "i", 8),
        Need("source", "SE", "i", 8),
        Need("external_id", "S", "i", 10),
        Need("title", "S", "iu", 255),
        Need("description", "S", "iu", _ANY_TEXT),
        Need(ticket_type, "S", "iu", 16, "ticket_type"),
        Need("priority", "S", "iu", 8),
        Need("status", "S", "iu", 16),
        Need("address", "S", "iu", _ANY_TEXT),
        Need("dr_number", "S", "iu", 50),
        Need(pole[0], pole[1], "iu", 0 if pole[1] == "U" else 50, "pole_number"),
        Need(pon, "S", "iu", 50, "pon_number"),
        Need("project_id", "U", "iu"),
        Need(zone[0], zone[1], "iu", 50 if zone[1] == "S" else 0, "zone_id"),
        Need("gps_coordinates", position, "iu"),
        Need("ont_serial", "S", "iu", 100),
        Need("assigned_to", "U", "iu"),
        Need("created_at", "D", created),
        Need("updated_at", "D"),
        Need(closed_at, "D", "iu", field="closed_at"),
    )


NEEDS: Mapping[str, Needs] = MappingProxyType(
    {
        FIBREFLOW: {
            "tickets": _tickets(
                ticket_type="ticket_type",
                pole=("pole_number", "S"),
                pon="pon_number",
                zone=("zone_id", "U"),
                position="G",
                closed_at="closed_at",
            ),
            "ticket_notes": _NOTES,
            "users": (Need("id", "U"), Need("full_name", "S")),
            "qcontact_sync_log": _LOG,
            "sync_job_history": _HISTORY,
        },
        "maintenance": {
            "tickets": _tickets(
                ticket_type="ticket_category",
                pole=("pole_id", "U"),
                pon="pon",
                zone=("zone", "S"),
                position="S",
                closed_at="resolved_at",
                created="i",
            ),
            "ticket_notes": (*_NOTES, Need("visibility", "SE")),
            "users": (Need("id", "U"), Need("user_id", "U")),
            "qcontact_sync_log": _LOG,
            "sync_job_history": _HISTORY,
        },
    }
)
"""By lineage. Of what else its selects read, see `OTHER_TABLES`."""
OTHER_TABLES: Mapping[str, Needs] = MappingProxyType(
    {
        "maintenance": {
            "users": (Need("id", "U"), Need("first_name", "S"), Need("last_name", "S")),
            "maintenance_ticket_sequences": (
                Need("sequence_date", "D", "iu"),
                Need("last_sequence", "N", "iu"),
            ),
        },
    }
)
"""By lineage: tables of the application that have no usual name."""
_WHOLE = {
    "tickets": ("SELECT",),
    "ticket_notes": ("SELECT",),
    "qcontact_sync_log": ("SELECT", "INSERT"),
    "sync_job_history": ("SELECT", "INSERT", "UPDATE"),
}


_RECEIVED_NOTES = {
    FIBREFLOW: (
        "id", "ticket_id", "note_type", "content", "created_by", "created_at", "system_event",
        "event_data",
    ),
    "maintenance": (
        "id", "ticket_id", "note_type", "visibility", "content", "created_by", "created_at",
    ),
}  # fmt: skip
"""By lineage: the columns of a note that comes in."""
_ACTIVITIES: Needs = MappingProxyType(
    {
        "maintenance_activities": (
            Need("id", "U", "i"),
            Need("ticket_id", "U", "i"),
            Need("external_id", "S", "i", 20),
            Need("activity_type", "S", "i", 4),
            Need("description", "S", "i"),
            Need("created_by_name", "S", "i", 255),
            Need("external_timestamp", "D", "i"),
        )
    }
)


def needs_of_notes(inbound_notes: str) -> Needs:
    """What the setting ``INBOUND_NOTES`` needs beyond the lineage's tables."""
    return _ACTIVITIES if inbound_notes == "activities" else {}


def needed_rights(schema: HostSchema, *, inbound_notes: str = "off") -> Sequence[Mapping[str, Any]]:
    """Elements of ``missing_rights``' array: name, privilege, columns (None: all of the table).

    Args:
        inbound_notes: The setting ``INBOUND_NOTES``.
    """
    names = schema.quoted_names()
    rights: list[Mapping[str, Any]] = []
    if inbound_notes == "notes":
        columns = _RECEIVED_NOTES[schema.lineage]
        rights.append(_right(names["ticket_notes"], "INSERT", columns))
    for usual, needs in NEEDS[schema.lineage].items():
        whole = _WHOLE.get(usual, ())
        rights += [_right(names[usual], privilege, None) for privilege in whole]
        rights += [
            _right(names[usual], privilege, columns)
            for privilege, columns in _by_column(usual, needs, schema).items()
            if columns and privilege not in whole
        ]
    others = {**OTHER_TABLES.get(schema.lineage, {}), **needs_of_notes(inbound_notes)}
    for name, needs in others.items():
        by_right = _by_column(name, needs, schema)
        rights += [_right(name, right, columns) for right, columns in by_right.items() if columns]
    return rights


def _by_column(usual: str, needs: Iterable[Need], schema: HostSchema) -> dict[str, list[str]]:
    more = (schema.inserted, schema.updated) if usual == "tickets" else ((), ())
    return {
        "SELECT": [need.column for need in needs],
        "INSERT": [*(need.column for need in needs if "i" in need.rights), *more[0]],
        "UPDATE": [*(need.column for need in needs if "u" in need.rights), *more[1]],
    }


def _right(name: str, privilege: str, columns: Sequence[str] | None) -> Mapping[str, Any]:
    return {"name": name, "privilege": privilege, "columns": columns}
