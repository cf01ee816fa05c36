"""A ticket of the model as the entities dialect sees it: one case, its fields and its relations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sandbox.directory import QUEUES, Directory
from sandbox.entities_words import raw_status
from sandbox.seeds import FIRST_ID, REFERENCE
from sandbox.store import Version

FIRST_REFERENCE = 499_000
# Names of the tickets model that a case does not show under their own name, or not at all.
_MODEL_ONLY = frozenset(
    (
        "title", "priority", "subcategory", "customer_name", "customer_phone", "customer_email",
        "custom_fields", "created_at", "updated_at", "label",
    )
)  # fmt: skip
FIELD_OF = {"customer_phone": "telephone", "customer_email": "email"}
CUSTOM_OF = {"ont_serial": "c__serial_number", "gps_coordinates": "c__location_pin"}
_CONTACTS, _DR_ENTITIES = 21_940_000_000, 21_950_000_000
_SPAN = 9_000_000


@dataclass(frozen=True, slots=True)
class Related:
    """Another entity that a case points to."""

    id: int
    type: str
    label: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type,
            "label": self.label,
            "icon": self.type.lower(),
            "entity_type": self.type,
            "deleted": False,
        }


@dataclass(frozen=True, slots=True)
class Case:
    """One version of a case; `fields` as the detail shows them."""

    id: int
    label: str | None
    fields: dict[str, Any]
    assignee: Related | None
    contact: Related | None
    dr_number: Related | None


def case_of(version: Version, directory: Directory) -> Case:
    """The case that `version` is; worked out once per version."""
    case = version.views.get("case")
    if not isinstance(case, Case):
        case = version.views["case"] = _read_case(version, directory)
    return case


def _read_case(version: Version, directory: Directory) -> Case:
    model = version.fields
    custom = model.get("custom_fields")
    custom = custom if isinstance(custom, Mapping) else {}
    case_id = int(version.id)
    reference = _reference(case_id, model)
    assignee = _assignee(model.get("assigned_to"), directory)
    contact = _related("Contact", _CONTACTS, model.get("customer_name"), salt=version.id)
    dr_number = _related("DrNumber", _DR_ENTITIES, custom.get("dr_number"))
    fields = {
        "status": raw_status(model.get("status")),
        "category": _category(model),
        "reference": reference,
        "description": model.get("description"),
        "telephone": model.get("customer_phone"),
        "email": model.get("customer_email"),
        "address": model.get("address"),
        "assigned_to": assignee.id if assignee else None,
        "contact": contact.id if contact else None,
        "c__dr_number": dr_number.id if dr_number else None,
        "c__dr_location": _location(model),
        **{theirs: custom.get(ours) for ours, theirs in CUSTOM_OF.items()},
        **dict.fromkeys(("c__availability", "c__field_agent", "c__c_tv_connector")),
        **{name: value for name, value in custom.items() if name.startswith("c__")},
        **_added(model),
    }
    for name in version.missing:
        fields.pop(FIELD_OF.get(name, name), None)
    label = model["label"] if "label" in model else _label(model.get("title"), fields)
    return Case(case_id, label, fields, assignee, contact, dr_number)


def _added(model: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that an agent set by a name that only the entities dialect has."""
    shared = {"status", "category", "description", "address", "assigned_to"}
    return {k: v for k, v in model.items() if k not in _MODEL_ONLY and k not in shared}


def _reference(case_id: int, model: Mapping[str, Any]) -> str:
    """The one in the title, else one of the case's own."""
    found = REFERENCE.search(str(model.get("title") or ""))
    if found:
        return found[0]
    number = case_id - FIRST_ID
    return f"FT{FIRST_REFERENCE + number if number >= 0 else case_id % 1_000_000:06}"


def _label(title: Any, fields: Mapping[str, Any]) -> str:
    """A subject and the reference, or a blank and the reference."""
    text = "" if title is None else str(title)
    reference = str(fields.get("reference") or "")
    if not reference:
        return text
    if text.strip() == reference:
        text = ""
    return text if reference in text else f"{text} {reference}"


def _category(model: Mapping[str, Any]) -> Any:
    category, sub = model.get("category"), model.get("subcategory")
    if not isinstance(category, str) or not sub or "::" in category or "|" in category:
        return category
    return f"{category}::{sub}"


def _location(model: Mapping[str, Any]) -> str | None:
    """The suburb in the address."""
    parts = str(model.get("address") or "").split(",")
    return parts[1].strip() if len(parts) > 1 else None


def _assignee(value: Any, directory: Directory) -> Related | None:
    id_, name = directory.look_up(value)
    return None if id_ is None else Related(id_, "Queue" if id_ in QUEUES else "User", name)


def _related(type_: str, first: int, label: Any, salt: str = "") -> Related | None:
    if not isinstance(label, str) or not label:
        return None
    return Related(first + crc32(f"{salt}{label}".encode()) % _SPAN, type_, label)
