"""What the entities dialect lets a client write to a case, and how that reaches the model."""

from typing import Any

from sandbox.calls import require_right
from sandbox.cases import CUSTOM_OF, FIELD_OF, Case
from sandbox.directory import Directory
from sandbox.entities_words import WRITABLE_STATUSES
from sandbox.switches import Switches
from sandbox.writes import ApiError

_TEXTS = ("description", "category", "telephone", "email", "address")
_DROP_DOWNS = ("c__update", "c__feedback")
_READ_ONLY = ("c__dr_number",)
_NOTE_FIELDS = ("entity_type", "entity_id", "subtitle", "public_note")


def check_rights(fields: dict[str, Any], switches: Switches) -> None:
    """Refuse with 403 what this account may not do; each kind of write has a right of its own."""
    require_right(switches.may_set_status or "status" not in fields, "change a status")
    require_right(switches.may_assign or "assigned_to" not in fields, "assign a case")


def check_fields(
    fields: dict[str, Any], case: Case, directory: Directory, switches: Switches
) -> None:
    """Refuse with 422, naming the field."""
    for name, value in fields.items():
        if name == "status":
            _check_status(value, case, switches)
        elif name == "assigned_to":
            _check_assignee(value, directory)
        elif name in _DROP_DOWNS:
            raise ApiError(422, f"{name} is not included in the list", name)
        elif name in _READ_ONLY or not (name in _TEXTS or name.startswith("c__")):
            raise ApiError(422, f"{name} can't be written", name)
        elif value is not None and not isinstance(value, str):
            raise ApiError(422, f"{name} has the wrong type", name)


def _check_status(value: Any, case: Case, switches: Switches) -> None:
    if case.fields.get("status") == "Closed" and switches.closed_refuses_status:
        raise ApiError(422, "status can't be changed: the case is closed", "status")
    if value not in WRITABLE_STATUSES:
        raise ApiError(422, f"status {value!r} is not included in the list", "status")


def _check_assignee(value: Any, directory: Directory) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiError(422, "assigned_to must be a number", "assigned_to")
    if directory.name_of(value) is None:
        raise ApiError(422, f"assigned_to {value} does not exist", "assigned_to")


def model_changes(fields: dict[str, Any], directory: Directory) -> dict[str, Any]:
    """The same change in the names of the tickets model."""
    ours = {theirs: name for name, theirs in FIELD_OF.items()}
    custom_names = {theirs: name for name, theirs in CUSTOM_OF.items()}
    changes = {ours.get(k, k): v for k, v in fields.items() if not k.startswith("c__")}
    custom = {custom_names.get(k, k): v for k, v in fields.items() if k.startswith("c__")}
    if fields.get("assigned_to") is not None:
        changes["assigned_to"] = directory.name_of(fields["assigned_to"])
    if "category" in fields:
        changes["subcategory"] = None
    return {**changes, **({"custom_fields": custom} if custom else {})}


def check_note(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The case's id, and the note in the names of the tickets model."""
    for name in body:
        if name not in _NOTE_FIELDS:
            raise ApiError(422, f"{name} can't be written", name)
    case_id, text, public = (body.get(name) for name in _NOTE_FIELDS[1:])
    if body.get("entity_type") != "Case":
        raise ApiError(422, "entity_type must be Case", "entity_type")
    if isinstance(case_id, bool) or not isinstance(case_id, int):
        raise ApiError(422, "entity_id must be a number", "entity_id")
    if not isinstance(text, str) or not text.strip():
        raise ApiError(422, "subtitle must not be empty", "subtitle")
    if not isinstance(public, bool):
        raise ApiError(422, "public_note must be true or false", "public_note")
    return str(case_id), {"content": text, "is_internal": not public}
