"""Pages of QContact's ticket list; of a ticket, only what its place in the list follows from."""

from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.listed import Listed, ListedTicket
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import Page, RemoteId, RemoteTicket
from qcontact_sync.qcontact.decode import Envelope, build_ticket, completed
from qcontact_sync.qcontact.json_bodies import (
    UnexpectedBody,
    converted,
    forgiving_loads,
    untyped,
)
from qcontact_sync.qcontact.received_fields import MalformedTicket, read_id, read_stamp
from qcontact_sync.qcontact.typed_tickets import TypedTickets

READING_VERSION = 1
"""To be raised where the same object is decoded to other values than by the release before."""
SHAPE_ROWS = 10
"""If this many rows all lack a required field, the API has changed."""

T = TypeVar("T")
_Count = Annotated[int, msgspec.Meta(ge=0)]
_FromOne = Annotated[int, msgspec.Meta(ge=1)]


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


_head_decoder = msgspec.json.Decoder(_Head)
_listing_decoder = msgspec.json.Decoder(Envelope[_Listing[msgspec.Raw]], strict=False)


class TicketPages:
    """Decodes pages by one mapping."""

    def __init__(self, mapping: TicketMapping) -> None:
        self._mapping = mapping
        self._key = _reading_key(mapping)
        self._typed = TypedTickets(mapping)

    def decode(self, body: bytes, server_time: datetime | None = None) -> Page:
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
        for received in listing.tickets:
            if (listed := self._listed(received)) is not None:
                tickets.append(listed)
                continue
            try:
                tickets.append(build_ticket(untyped(received), self._mapping))
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

    def _listed(self, received: object) -> ListedTicket | None:
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
        body = bytes(received)
        digest = blake2b(body, digest_size=16, key=self._key).hexdigest()
        return ListedTicket(
            RemoteId(remote_id),
            read_stamp("updated_at", head.updated_at, []),
            digest,
            len(body),
            body,
            self.decode_listed,
        )

    def decode_listed(self, listed: ListedTicket) -> RemoteTicket:
        """A ticket of a page.

        Raises:
            TicketError: It cannot be read.
        """
        typed = self._typed.read(listed.received)
        if typed is not None and typed[0].get("title"):
            values, payload = typed
            return completed(listed.id, values, payload, [], self._mapping, listed.digest)
        try:
            return build_ticket(untyped(listed.received), self._mapping, listed.digest)
        except (UnexpectedBody, MalformedTicket) as error:
            message = "ticket is not readable as JSON"
            raise TicketError(message, ErrorCode.VALIDATION_ERROR) from error


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


def _decode_listing(body: bytes) -> _Listing[Any]:
    try:
        return _listing_decoder.decode(body).data
    except msgspec.ValidationError as error:
        raise UnexpectedBody("not a list of tickets") from error
    except (msgspec.DecodeError, RecursionError):
        return converted(forgiving_loads(body), Envelope[_Listing[Any]]).data
