"""QContact's tickets from JSON, one by one: a malformed ticket never fails its page.

Decoding is forgiving where QContact's API leaves room: what one field gets wrong costs that field
and a warning, only an unusable ``id`` or ``title`` costs the ticket. Nothing in here puts a
received value into a warning, a reason or an exception.
"""

from typing import Any, Generic, TypeVar

import msgspec

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.canon import case_reference
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import ASSIGNED_TO, RemoteId, RemoteNote, RemoteTicket
from qcontact_sync.core.rules import TitleFrom
from qcontact_sync.qcontact.json_bodies import (
    converted,
    untyped,
)
from qcontact_sync.qcontact.received_fields import (
    KEPT_FIELDS,
    NAMED_FIELDS,
    MalformedTicket,
    Values,
    copy_values,
    name_by_reference,
    read_id,
    read_personal,
    read_stamp,
    read_texts,
    storable,
    without_reference,
)

T = TypeVar("T")


class Envelope(msgspec.Struct, Generic[T]):
    """What is around each answer."""

    data: T


class _Notes(msgspec.Struct):
    notes: list[Any]


class _Note(msgspec.Struct):
    id: int | str
    content: str
    is_internal: bool
    author_id: str | int | None = None
    created_at: Any = None


def decode_ticket(body: bytes, mapping: TicketMapping = TICKETS) -> RemoteTicket:
    """One ticket in its envelope.

    Raises:
        UnexpectedBody: Not JSON, or no envelope.
        MalformedTicket: No usable id or title.
    """
    return build_ticket(_decode_data(body), mapping)


def decode_notes(body: bytes) -> tuple[RemoteNote, ...] | None:
    """All notes of a ticket, or None where one of them is unreadable.

    Notes are counted to find out whether ours arrived; a list with a gap would count wrong.

    Raises:
        UnexpectedBody: Not JSON, or no envelope.
    """
    listed = converted(_decode_data(body), _Notes).notes
    try:
        notes = msgspec.convert(listed, list[_Note])
    except (msgspec.ValidationError, UnicodeError):
        return None
    return tuple(
        RemoteNote(
            storable(str(note.id)),
            storable(note.content),
            note.is_internal,
            None if note.author_id is None else str(note.author_id),
            written_at=read_stamp("created_at", note.created_at, []),
        )
        for note in notes
    )


def decode_created_id(body: bytes) -> str | None:
    """The id of what was just created, or None where the answer does not say.

    Raises:
        UnexpectedBody: Not JSON, or no envelope.
    """
    created = _decode_data(body)
    try:
        return read_id(created) if isinstance(created, dict) else None
    except MalformedTicket:
        return None


def build_ticket(
    received: object, mapping: TicketMapping = TICKETS, digest: str = ""
) -> RemoteTicket:
    """A ticket from decoded JSON.

    Raises:
        MalformedTicket: No usable id or title.
    """
    if not isinstance(received, dict):
        raise MalformedTicket("", "ticket is not an object")
    remote_id = read_id(received)
    values: Values = {}
    warnings: list[str] = []
    payload: dict[str, object] = {"id": received["id"]}
    sources = mapping.sources
    read_texts(received, NAMED_FIELDS, values, payload, warnings)
    if not values.get("title"):
        reason = "title is missing or no text"
        raise MalformedTicket(remote_id, reason, is_incomplete="title" not in received)
    read_texts(received, KEPT_FIELDS, {}, payload, warnings)
    read_texts(received, sources.plain, values, payload, warnings)
    read_personal(received, sources.personal_plain, values, warnings)
    custom = received.get("custom_fields")
    if isinstance(custom, dict):
        kept: dict[str, object] = {}
        read_texts(custom, sources.custom, values, kept, warnings, takes_numbers=True)
        read_personal(custom, sources.personal_custom, values, warnings)
        payload["custom_fields"] = kept
    elif custom is not None:
        warnings.append("custom_fields: not an object, left out")
    return completed(remote_id, values, payload, warnings, mapping, digest)


def completed(
    remote_id: str,
    values: Values,
    payload: dict[str, object],
    warnings: list[str],
    mapping: TicketMapping,
    digest: str,
) -> RemoteTicket:
    """A ticket of what was read, with the values that follow from others."""
    if ASSIGNED_TO in values:
        values[ASSIGNED_TO] = mapping.assignment.assignee(None, values[ASSIGNED_TO])
    if mapping.needs_reference:
        _take_reference(remote_id, values, mapping)
    copy_values(mapping.copies, values)
    updated_at = read_stamp("updated_at", payload.get("updated_at"), warnings)
    return RemoteTicket(
        RemoteId(remote_id), values, updated_at, payload, tuple(warnings), digest=digest
    )


def _take_reference(remote_id: str, values: Values, mapping: TicketMapping) -> None:
    """The case reference, which this dialect has in the title or the id alone."""
    title = values["title"] or ""
    reference = case_reference(f"{remote_id} {title}")
    if "reference" in mapping.sources.plain:
        values[mapping.sources.plain["reference"]] = reference
    if reference and mapping.title_from is TitleFrom.REFERENCE:
        name_by_reference(reference, without_reference(title, reference), values)


def _decode_data(body: bytes) -> object:
    return converted(untyped(body), Envelope[Any]).data
