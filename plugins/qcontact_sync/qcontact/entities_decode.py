"""QContact's cases from JSON (docs/sandbox.md, "The cases (entities dialect)").

As forgiving as `decode`: only an unusable ``id``, or a label and reference that are both missing,
costs the case. A field that a record leaves out is absent, never cleared.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import ASSIGNED_TO, RemoteId, RemoteTicket
from qcontact_sync.core.rules import TitleFrom
from qcontact_sync.qcontact.json_bodies import UnexpectedBody, untyped
from qcontact_sync.qcontact.received_fields import (
    MalformedTicket,
    copy_values,
    is_number,
    name_by_reference,
    read_id,
    read_personal,
    read_stamp,
    read_texts,
    same_names,
    storable,
    without_reference,
)

_REFERENCE = re.compile(r"\bFT[0-9]+\b")
_CATEGORY_PARTS = re.compile(r"::|\|")


def decode_case(body: bytes, mapping: TicketMapping = ENTITIES) -> RemoteTicket:
    """One case.

    Raises:
        UnexpectedBody: Not JSON, or no object.
        MalformedTicket: No usable id, or neither label nor reference.
    """
    received = untyped(body)
    if not isinstance(received, dict):
        raise UnexpectedBody("not a case")
    return build_case(received, mapping)


def build_case(received: Mapping[str, Any], mapping: TicketMapping = ENTITIES) -> RemoteTicket:
    """A case from decoded JSON; older records have their fields flat.

    Raises:
        MalformedTicket: No usable id, or neither label nor reference.
    """
    remote_id = read_id(received)
    # Empty text is none: an id of a case is never sent for another entity's.
    if received.get("entity_type") not in (None, "", "Case"):
        raise MalformedTicket(remote_id, "the record is no case")
    nested = received.get("fields")
    fields = {**received, **nested} if isinstance(nested, dict) else received
    values: dict[str, str | None] = {}
    warnings: list[str] = []
    payload: dict[str, object] = {"id": received["id"]}
    name = _read_name(received.get("label"), fields.get("reference"))
    if name is None:
        raise MalformedTicket(
            remote_id,
            "label and reference are missing or no text",
            is_incomplete="label" not in received,
        )
    values["title"] = payload["title"] = name.title
    payload["reference"] = name.reference
    if name.was_cut:
        warnings.append("title: characters that cannot be stored were dropped")
    sources = mapping.sources
    read_texts(fields, same_names("status"), values, payload, warnings)
    read_texts(fields, sources.plain, values, payload, warnings)
    read_texts(fields, sources.custom, values, payload, warnings, takes_numbers=True)
    read_personal(fields, {**sources.personal_plain, **sources.personal_custom}, values, warnings)
    read_texts(fields, same_names("created_at", "updated_at"), {}, payload, warnings)
    _split_category(payload)
    related = received.get("relationships")
    labels = {ASSIGNED_TO: ASSIGNED_TO, **sources.labels}
    _read_labels(labels, related, fields, values, payload, warnings)
    _read_labels(sources.personal_labels, related, fields, values, {}, warnings)
    if ASSIGNED_TO in values:
        given = fields.get(ASSIGNED_TO)
        assignee_id = None if given is None else str(given)
        values[ASSIGNED_TO] = mapping.assignment.assignee(assignee_id, values[ASSIGNED_TO])
    if mapping.needs_reference:
        _take_reference(name, values, mapping)
    copy_values(mapping.copies, values)
    updated_at = read_stamp("updated_at", payload.get("updated_at"), warnings)
    return RemoteTicket(
        RemoteId(remote_id), values, updated_at, payload, tuple(warnings), name.reference
    )


@dataclass(frozen=True, slots=True)
class _Name:
    """What a case is called.

    Attributes:
        was_cut: Characters that cannot be stored were dropped.
    """

    title: str
    reference: str | None
    was_cut: bool


def _read_name(label: object, reference: object) -> _Name | None:
    """The subject without the reference; the reference itself where there is no subject."""
    text, was_cut = canonical_text(label) if type(label) is str else (None, False)
    given = str(reference) if type(reference) is str or is_number(reference) else ""
    known = storable(given) or None
    if known is None and (found := _REFERENCE.findall(text or "")):
        # A subject may quote other cases; the list writes the case's own reference behind it.
        known = found[-1]
    subject = without_reference(text or "", known)
    title = subject or known
    return None if title is None else _Name(title, known, was_cut)


def _take_reference(name: _Name, values: dict[str, str | None], mapping: TicketMapping) -> None:
    if "reference" in mapping.sources.plain:
        values[mapping.sources.plain["reference"]] = name.reference
    if name.reference and mapping.title_from is TitleFrom.REFERENCE:
        subject = "" if name.title == name.reference else name.title
        name_by_reference(name.reference, subject, values)


def _split_category(payload: dict[str, object]) -> None:
    """Category and subcategory for the record; the two may stand in one field."""
    category = payload.get("category")
    if isinstance(category, str):
        first, *rest = _CATEGORY_PARTS.split(category, maxsplit=1)
        if rest:
            payload["category"], payload["subcategory"] = first.strip(), rest[0].strip()


def _read_labels(
    names: Mapping[str, str],
    relationships: object,
    fields: Mapping[str, object],
    values: dict[str, str | None],
    payload: dict[str, object],
    warnings: list[str],
) -> None:
    """Fields whose value is another record: its label counts, the field itself is its id."""
    related = relationships if isinstance(relationships, dict) else {}
    for key, field in names.items():
        label = _label_of(related, fields, key)
        if label is not _UNKNOWN:
            read_texts({field: label}, same_names(field), values, payload, warnings)


_UNKNOWN = object()


def _label_of(related: Mapping[str, Any], fields: Mapping[str, object], key: str) -> object:
    """The related record's label, None where there is no such record, else `_UNKNOWN`."""
    record, record_id = related.get(key), fields.get(key)
    if isinstance(record, dict):
        return record.get("label", _UNKNOWN)
    if isinstance(record_id, str) and record_id.strip() and not record_id.strip().isdigit():
        # Flat records and rows show the label in the field's own place.
        return record_id if key == "assigned_to" else _UNKNOWN
    is_none = record_id is None or record_id == ""
    return None if is_none and (key in related or key in fields) else _UNKNOWN
