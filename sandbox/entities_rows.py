"""How a case looks in a list and by id."""

from fnmatch import fnmatchcase
from typing import Any

import msgspec

from sandbox.cases import Case, Related, case_of
from sandbox.directory import Directory
from sandbox.entities_words import display_category, display_status, status_colour
from sandbox.instants import cut, format_instant
from sandbox.store import Version
from sandbox.switches import Switches

_ICON = "case"
_COLUMNS = {
    "id": "ID",
    "label": "Case",
    "status": "Status",
    "category": "Category",
    "assigned_to": "Assigned To",
    "contact": "Contact",
    "c__dr_location": "DR Location",
    "created_at": "Created At",
}


def _hidden(name: str, switches: Switches) -> bool:
    patterns = (pattern.strip() for pattern in switches.row_without.split(","))
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def columns(switches: Switches) -> list[dict[str, str]]:
    return [
        {"name": name, "label": label}
        for name, label in _COLUMNS.items()
        if not _hidden(name, switches)
    ]


def row_json(version: Version, directory: Directory, switches: Switches) -> bytes:
    """Serialised once per version and set of columns."""
    key = f"row without {switches.row_without}"
    raw = version.views.get(key)
    if not isinstance(raw, bytes):
        row = _row(version, case_of(version, directory), switches)
        if switches.row_without:
            row = {name: value for name, value in row.items() if not _hidden(name, switches)}
        raw = version.views[key] = msgspec.json.encode(row)
    return raw


def _row(version: Version, case: Case, switches: Switches) -> dict[str, Any]:
    fields = case.fields
    status, category = fields.get("status"), fields.get("category")
    row = {
        **_head(version, case, switches),
        "status": display_status(status),
        "__status": status,
        "__status__color": status_colour(status),
        "category": display_category(category),
        "__category": category,
        "__category__color": "#56ccf2" if category else None,
        "assigned_to": _label(case.assignee),
        "__assigned_to": fields.get("assigned_to"),
        "contact": _label(case.contact),
        "__contact": fields.get("contact"),
        "c__dr_location": fields.get("c__dr_location"),
        "__c__dr_location": fields.get("c__dr_location"),
    }
    for name in version.missing:
        for shown in (name, f"__{name}", f"__{name}__color"):
            row.pop(shown, None)
    return row


def _label(related: Related | None) -> str | None:
    return related.label if related else None


def _head(version: Version, case: Case, switches: Switches) -> dict[str, Any]:
    head = {
        "id": case.id,
        "entity_type": "Case",
        "label": case.label,
        "icon": _ICON,
        "created_at": version.fields.get("created_at", _stamp(version.created, switches)),
    }
    missing = {"label" if name == "title" else name for name in version.missing}
    return {name: value for name, value in head.items() if name not in missing}


def _stamp(instant: int, switches: Switches) -> str:
    resolution = switches.time_resolution
    return format_instant(cut(instant, resolution), resolution, switches.time_zone)


def detail_json(version: Version, directory: Directory, switches: Switches) -> bytes:
    case = case_of(version, directory)
    detail = _head(version, case, switches)
    if switches.detail_updated_at and "updated_at" not in version.missing:
        stamp = _stamp(version.changed, switches)
        detail["updated_at"] = version.fields.get("updated_at", stamp)
    if switches.detail_shape == "flat":
        detail |= case.fields
    else:
        detail["fields"] = case.fields
    if switches.relationships != "absent":
        detail["relationships"] = _relationships(case, switches)
    return msgspec.json.encode(detail)


def _relationships(case: Case, switches: Switches) -> dict[str, Any]:
    related = {
        "contact": case.contact,
        "assigned_to": case.assignee,
        "c__dr_number": case.dr_number,
    }
    shows = switches.relationships == "objects"
    return {
        name: entity.as_json() if entity and shows else None for name, entity in related.items()
    }
