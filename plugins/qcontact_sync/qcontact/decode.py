"""QContact's tickets from JSON, one by one: a malformed ticket never fails its page.

Decoding is forgiving where the contract leaves room: what one field gets wrong costs that field
and a warning, only an unusable ``id`` or ``title`` costs the ticket. Nothing in here puts a
received value into a warning, a reason or an exception.
"""

from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.listed import Listed, ListedTicket
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import ASSIGNED_TO, Page, RemoteId, RemoteNote, RemoteTicket
from qcontact_sync.core.rules import TitleFrom
from qcontact_sync.qcontact.json_bodies import (
    UnexpectedBody,
    converted,
    forgiving_loads,
    untyped,
)
from qcontact_sync.qcontact.received_fields import (
    MalformedTicket,
    case_reference,
    copy_values,
    name_by_reference,
    read_id,
    read_personal,
    read_stamp,
    read_texts,
    same_names,
    storable,
    without_reference,
)

READING_VERSION = 1
"""To be raised where the same object is decoded to other values than by the release before."""
SHAPE_ROWS = 10
"""So many rows that all lack a required field are no poisoned tickets: the API has changed."""
_NAMED_FIELDS = same_names("title", "status", "assigned_to")
# The payload is an allow-list, so that a customer's data in a field nobody knows stays out of
# the audit; these are in it without being synced.
_KEPT_FIELDS = same_names("subcategory", "created_at", "updated_at")

T = TypeVar("T")
_Count = Annotated[int, msgspec.Meta(ge=0)]
_FromOne = Annotated[int, msgspec.Meta(ge=1)]


class _Envelope(msgspec.Struct, Generic[T]):
    data: T


class _Listing(msgspec.Struct, Generic[T]):
    tickets: list[T]
    total: _Count
    page: _FromOne
    page_size: _FromOne
    has_more: bool


class _Head(msgspec.Struct):
    """What a listed ticket must have, and what its place in the list follows from."""

    id: str
    title: str
    updated_at: str


class _Notes(msgspec.Struct):
    notes: list[Any]


class _Note(msgspec.Struct):
    id: int | str
    content: str
    is_internal: bool
    author_id: str | int | None = None
    created_at: Any = None


_head_decoder = msgspec.json.Decoder(_Head)
_listing_decoder = msgspec.json.Decoder(_Envelope[_Listing[msgspec.Raw]], strict=False)


def decode_page(
    body: bytes, server_time: datetime | None = None, mapping: TicketMapping = TICKETS
) -> Page:
    """One answer of the ticket list.

    Raises:
        UnexpectedBody: Not JSON, not a list's envelope, or rows that are no tickets any more.
    """
    listing = _decode_listing(body)
    if listing.has_more and not listing.tickets:
        raise UnexpectedBody("an empty page with more to come")
    tickets: list[Listed] = []
    malformed: list[tuple[str, str]] = []
    incomplete = 0
    key = _reading_key(mapping)
    for received in listing.tickets:
        if (listed := _listed(received, mapping, key)) is not None:
            tickets.append(listed)
            continue
        try:
            tickets.append(build_ticket(untyped(received), mapping))
        except MalformedTicket as error:
            malformed.append((error.remote_id, error.reason))
            incomplete += error.is_incomplete
        except UnexpectedBody:
            malformed.append(("", "ticket is not readable as JSON"))
    if incomplete == len(listing.tickets) >= SHAPE_ROWS:
        raise UnexpectedBody("no row has both id and title")
    return Page(
        tickets=tuple(tickets),
        total=listing.total,
        page=listing.page,
        page_size=listing.page_size,
        has_more=listing.has_more,
        malformed=tuple(malformed),
        server_time=server_time,
    )


def _reading_key(mapping: TicketMapping) -> bytes:
    """Stands for what is read from an object, and how."""
    read = (
        READING_VERSION,
        mapping.sources,
        mapping.copies,
        mapping.title_from,
        mapping.assignment,
    )
    encoded = msgspec.json.encode(read, order="deterministic")
    return blake2b(encoded, digest_size=16).digest()


def _listed(received: object, mapping: TicketMapping, key: bytes) -> ListedTicket | None:
    """A ticket of which only the id, the title and the stamp were looked at.

    None where one of them is missing or odd: the whole object is then decoded at once.
    """
    if not isinstance(received, msgspec.Raw):
        return None
    try:
        head = _head_decoder.decode(received)
        remote_id = read_id({"id": head.id})
    except (msgspec.DecodeError, UnicodeError, RecursionError, MalformedTicket):
        return None
    is_plain = head.updated_at.isascii() and head.updated_at.isprintable()
    if not is_plain or canonical_text(head.title)[0] is None:
        return None
    body = memoryview(received)
    digest = blake2b(body, digest_size=16, key=key).hexdigest()
    return ListedTicket(
        RemoteId(remote_id),
        read_stamp("updated_at", head.updated_at, []),
        digest,
        len(body),
        partial(decode_listed, received, mapping, digest),
    )


def decode_listed(received: msgspec.Raw, mapping: TicketMapping, digest: str) -> RemoteTicket:
    """A ticket of a page.

    Raises:
        TicketError: It cannot be read.
    """
    try:
        return build_ticket(untyped(received), mapping, digest)
    except (UnexpectedBody, MalformedTicket) as error:
        message = "ticket is not readable as JSON"
        raise TicketError(message, ErrorCode.VALIDATION_ERROR) from error


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
    """A ticket from decoded JSON (source: contract, "Ticket").

    Raises:
        MalformedTicket: No usable id or title.
    """
    if not isinstance(received, dict):
        raise MalformedTicket("", "ticket is not an object")
    remote_id = read_id(received)
    values: dict[str, str | None] = {}
    warnings: list[str] = []
    payload: dict[str, object] = {"id": received["id"]}
    sources = mapping.sources
    read_texts(received, _NAMED_FIELDS, values, payload, warnings)
    if not values.get("title"):
        reason = "title is missing or no text"
        raise MalformedTicket(remote_id, reason, is_incomplete="title" not in received)
    read_texts(received, _KEPT_FIELDS, {}, payload, warnings)
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
    if ASSIGNED_TO in values:
        values[ASSIGNED_TO] = mapping.assignment.assignee(None, values[ASSIGNED_TO])
    if mapping.needs_reference:
        _take_reference(remote_id, values, mapping)
    copy_values(mapping.copies, values)
    updated_at = read_stamp("updated_at", payload.get("updated_at"), warnings)
    return RemoteTicket(
        RemoteId(remote_id), values, updated_at, payload, tuple(warnings), digest=digest
    )


def _take_reference(remote_id: str, values: dict[str, str | None], mapping: TicketMapping) -> None:
    """The case reference, which this dialect has in the title or the id alone."""
    title = values["title"] or ""
    reference = case_reference(f"{remote_id} {title}")
    if "reference" in mapping.sources.plain:
        values[mapping.sources.plain["reference"]] = reference
    if reference and mapping.title_from is TitleFrom.REFERENCE:
        name_by_reference(reference, without_reference(title, reference), values)


def _decode_listing(body: bytes) -> _Listing[Any]:
    try:
        return _listing_decoder.decode(body).data
    except msgspec.ValidationError as error:
        raise UnexpectedBody("not a list of tickets") from error
    except (msgspec.DecodeError, RecursionError):
        return converted(forgiving_loads(body), _Envelope[_Listing[Any]]).data


def _decode_data(body: bytes) -> object:
    return converted(untyped(body), _Envelope[Any]).data
