"""QContact's tickets from JSON, one by one: a malformed ticket never fails its page.

Decoding is forgiving where the contract leaves room: what one field gets wrong costs that field
and a warning, only an unusable ``id`` or ``title`` costs the ticket. Nothing in here puts a
received value into a warning, a reason or an exception.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.model import Page, RemoteId, RemoteNote, RemoteTicket

MAX_ID_LENGTH = 100
MAX_TEXT_LENGTH = 1_000_000
"""Of one field, in characters; a longer text is cut and marked."""
CUT_MARK = "…"
SHAPE_ROWS = 10
"""So many rows that all lack a required field are no poisoned tickets: the API has changed."""
_CUSTOM_FIELDS = (
    "dr_number", "pole_number", "pon_number", "project_id", "zone_id", "gps_coordinates",
    "ont_serial",
)  # fmt: skip
_RENAMED = {"category": "ticket_type"}
_TEXT_FIELDS = (
    "title", "status", "assigned_to", "description", "priority", "category", "address",
)  # fmt: skip
# The payload is an allow-list, so that a customer's data in a field nobody knows stays out of
# the audit; these are in it without being synced.
_KEPT_FIELDS = ("subcategory", "created_at", "updated_at")

T = TypeVar("T")
_Count = Annotated[int, msgspec.Meta(ge=0)]
_FromOne = Annotated[int, msgspec.Meta(ge=1)]


class UnexpectedBody(ValueError):
    """The body is not the JSON that the contract promises; its text is not repeated."""


class MalformedTicket(ValueError):
    """A ticket without usable ``id`` or ``title``.

    Attributes:
        remote_id: "" where it has none.
        is_incomplete: One of the two is not there at all.
    """

    def __init__(self, remote_id: str, reason: str, *, is_incomplete: bool = False) -> None:
        super().__init__(reason)
        self.is_incomplete = is_incomplete
        self.remote_id = remote_id
        self.reason = reason


class _Envelope(msgspec.Struct, Generic[T]):
    data: T


class _Listing(msgspec.Struct, Generic[T]):
    tickets: list[T]
    total: _Count
    page: _FromOne
    page_size: _FromOne
    has_more: bool


class _Notes(msgspec.Struct):
    notes: list[Any]


class _Note(msgspec.Struct):
    id: int | str
    content: str
    is_internal: bool
    author_id: str | int | None = None


_listing_decoder = msgspec.json.Decoder(_Envelope[_Listing[msgspec.Raw]], strict=False)
_any_decoder = msgspec.json.Decoder()


def decode_page(body: bytes, server_time: datetime | None = None) -> Page:
    """One answer of the ticket list.

    Raises:
        UnexpectedBody: Not JSON, not a list's envelope, or rows that are no tickets any more.
    """
    listing = _decode_listing(body)
    if listing.has_more and not listing.tickets:
        raise UnexpectedBody("an empty page with more to come")
    tickets: list[RemoteTicket] = []
    malformed: list[tuple[str, str]] = []
    incomplete = 0
    for received in listing.tickets:
        try:
            tickets.append(build_ticket(_untyped(received)))
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


def decode_ticket(body: bytes) -> RemoteTicket:
    """One ticket in its envelope.

    Raises:
        UnexpectedBody: Not JSON, or no envelope.
        MalformedTicket: No usable id or title.
    """
    return build_ticket(_decode_data(body))


def decode_notes(body: bytes) -> tuple[RemoteNote, ...] | None:
    """All notes of a ticket, or None where one of them is unreadable.

    Notes are counted to find out whether ours arrived; a list with a gap would count wrong.

    Raises:
        UnexpectedBody: Not JSON, or no envelope.
    """
    listed = _converted(_decode_data(body), _Notes).notes
    try:
        notes = msgspec.convert(listed, list[_Note])
    except (msgspec.ValidationError, UnicodeError):
        return None
    return tuple(
        RemoteNote(
            _storable(str(note.id)),
            _storable(note.content),
            note.is_internal,
            None if note.author_id is None else str(note.author_id),
        )
        for note in notes
    )


def _storable(text: str) -> str:
    return canonical_text(text)[0] or ""


def decode_created_id(body: bytes) -> str | None:
    """The id of what was just created, or None where the answer does not say.

    Raises:
        UnexpectedBody: Not JSON, or no envelope.
    """
    created = _decode_data(body)
    try:
        return _read_id(created) if isinstance(created, dict) else None
    except MalformedTicket:
        return None


def build_ticket(received: object) -> RemoteTicket:
    """A ticket from decoded JSON (source: contract, "Ticket").

    Raises:
        MalformedTicket: No usable id or title.
    """
    if not isinstance(received, dict):
        raise MalformedTicket("", "ticket is not an object")
    remote_id = _read_id(received)
    values: dict[str, str | None] = {}
    warnings: list[str] = []
    payload: dict[str, object] = {"id": received["id"]}
    _read_texts(received, _TEXT_FIELDS, values, payload, warnings)
    if not values.get("title"):
        reason = "title is missing or no text"
        raise MalformedTicket(remote_id, reason, is_incomplete="title" not in received)
    _read_texts(received, _KEPT_FIELDS, {}, payload, warnings)
    custom = received.get("custom_fields")
    if isinstance(custom, dict):
        kept: dict[str, object] = {}
        _read_texts(custom, _CUSTOM_FIELDS, values, kept, warnings, takes_numbers=True)
        payload["custom_fields"] = kept
    elif custom is not None:
        warnings.append("custom_fields: not an object, left out")
    updated_at = _read_stamp(payload.get("updated_at"), warnings)
    return RemoteTicket(RemoteId(remote_id), values, updated_at, payload, tuple(warnings))


def _read_texts(
    source: Mapping[str, object],
    keys: tuple[str, ...],
    values: dict[str, str | None],
    payload: dict[str, object],
    warnings: list[str],
    *,
    takes_numbers: bool = False,
) -> None:
    """Read the fields that are there into ``values`` (canonical) and ``payload`` (storable)."""
    for key in keys:
        if key not in source:
            continue
        received = source[key]
        field = _RENAMED.get(key, key)
        if type(received) is str:
            values[field], payload[key] = _read_text(field, received, warnings)
        elif received is None:
            values[field] = payload[key] = None
        elif takes_numbers and _is_number(received):
            values[field] = str(received)
            payload[key] = received
        else:
            warnings.append(f"{field}: not text, left out")


def _read_text(field: str, received: str, warnings: list[str]) -> tuple[str | None, str | None]:
    """The text as it is compared, and as the audit keeps it."""
    if len(received) > MAX_TEXT_LENGTH:
        warnings.append(f"{field}: cut to {MAX_TEXT_LENGTH:,} characters")
        received = received[: MAX_TEXT_LENGTH - len(CUT_MARK)] + CUT_MARK
    text, was_dropped = canonical_text(received)
    if was_dropped:
        warnings.append(f"{field}: characters that cannot be stored were dropped")
    return text, text if was_dropped else received


def _is_number(received: object) -> bool:
    # A bool is an int to isinstance; infinity and NaN are no JSON and no jsonb.
    return type(received) is int or (type(received) is float and math.isfinite(received))


def _read_id(received: Mapping[str, object]) -> str:
    remote_id = received.get("id")
    if type(remote_id) is float and remote_id.is_integer():
        remote_id = int(remote_id)
    if type(remote_id) is int:
        remote_id = str(remote_id)
    if type(remote_id) is not str:
        reason = "id is missing or neither text nor a whole number"
        raise MalformedTicket("", reason, is_incomplete="id" not in received)
    if len(remote_id) > MAX_ID_LENGTH:
        raise MalformedTicket("", f"id is longer than {MAX_ID_LENGTH} characters")
    text, was_dropped = canonical_text(remote_id)
    if text is None or was_dropped:
        raise MalformedTicket("", "id is empty or cannot be stored")
    # As received: a tidied id might be one that QContact does not know.
    return remote_id


def _read_stamp(received: object, warnings: list[str]) -> datetime | None:
    if not isinstance(received, str):
        return None
    try:
        # A bare date parses too, but midnight is not when the ticket was updated.
        stamp = datetime.fromisoformat(received) if len(received) > len("2026-01-01") else None
        if stamp is not None and stamp.tzinfo is None:
            warnings.append("updated_at: no zone, taken as UTC")
            stamp = stamp.replace(tzinfo=UTC)
        if stamp is not None:
            return stamp.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    warnings.append("updated_at: not an ISO 8601 instant, left out")
    return None


def _decode_listing(body: bytes) -> _Listing[Any]:
    try:
        return _listing_decoder.decode(body).data
    except msgspec.ValidationError as error:
        raise UnexpectedBody("not a list of tickets") from error
    except (msgspec.DecodeError, RecursionError):
        return _converted(_forgiving_loads(body), _Envelope[_Listing[Any]]).data


def _decode_data(body: bytes) -> object:
    return _converted(_untyped(body), _Envelope[Any]).data


def _converted(decoded: object, type_: type[T]) -> T:
    try:
        return msgspec.convert(decoded, type_, strict=False)
    except (msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise UnexpectedBody("not the promised envelope") from error


def _untyped(received: object) -> object:
    """JSON text as plain values; what is not JSON text passes through."""
    if not isinstance(received, bytes | msgspec.Raw):
        return received
    try:
        return _any_decoder.decode(received)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _forgiving_loads(bytes(received))


def _forgiving_loads(body: bytes) -> object:
    """Lone surrogates, control characters, NaN and stray bytes: no JSON to msgspec, yet seen.

    Stray bytes and lone surrogates come out as surrogates, which `canonical_text` drops.
    """
    text = body.decode("utf-8", "surrogateescape")
    try:
        return json.loads(text, strict=False, parse_int=_int_or_nan)
    except (ValueError, RecursionError) as error:
        raise UnexpectedBody("not JSON") from error


def _int_or_nan(digits: str) -> int | float:
    # Python refuses to convert thousands of digits.
    return int(digits) if len(digits) <= MAX_ID_LENGTH else math.nan
