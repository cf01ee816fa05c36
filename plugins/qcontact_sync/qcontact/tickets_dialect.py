"""The "tickets" dialect of QContact: an API key, and lists by window."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
from pydantic import SecretStr

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.errors import ErrorCode, FatalError, PageRefused, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import (
    KIND_OF_FIELD,
    Note,
    Page,
    RemoteId,
    RemoteNote,
    RemoteTicket,
    SyncType,
    Window,
)
from qcontact_sync.core.ports import BeforeTry
from qcontact_sync.qcontact.authentication import FixedKey
from qcontact_sync.qcontact.calls import MAX_LIST_BYTES, Call, ticket_path
from qcontact_sync.qcontact.decode import (
    decode_created_id,
    decode_notes,
    decode_ticket,
)
from qcontact_sync.qcontact.listed_tickets import TicketPages
from qcontact_sync.qcontact.single_tickets import get_ticket, read_updated
from qcontact_sync.qcontact.transport import ClientOptions, Transport, open_transport

log = logging.getLogger(__name__)

SAFE_PAGE_SIZE = 100
"""Always accepted; more may be refused."""


@asynccontextmanager
async def open_client(
    *, url: str, key: SecretStr, options: ClientOptions, mapping: TicketMapping = TICKETS
) -> AsyncIterator["TicketsClient"]:
    """A client for the time of the block; nothing is sent yet.

    Args:
        url: Base URL; a path prefix and a trailing slash are allowed.

    Raises:
        FatalError: ``CONFIG_ERROR``, URL or key cannot be used.
    """
    async with open_transport(url, FixedKey(_bearer(key)), options) as transport:
        yield TicketsClient(transport, mapping)


class TicketsClient:
    """`core.ports.RemoteTickets` over HTTP; open one with `open_client`."""

    writes_assignment = True

    def __init__(self, transport: Transport, mapping: TicketMapping = TICKETS) -> None:
        self.mapping = mapping
        self._pages = TicketPages(mapping)
        self._transport = transport
        self._largest_page: int | None = None

    def _decode(self, body: bytes) -> RemoteTicket:
        return decode_ticket(body, self.mapping)

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        """One page; a size that is refused is never asked for again."""
        query = {"updated_before": _milliseconds(window.end, is_end=True)}
        if window.start is not None:
            query["updated_after"] = _milliseconds(window.start)
        size = min(page_size, self._largest_page or page_size)
        try:
            return await self._list(query, page, size)
        except FatalError as error:
            # Only on the first page: from the second on, another size is another place.
            is_refused = error.code is ErrorCode.VALIDATION_ERROR
            if is_refused and page > 1:
                raise PageRefused(str(error), error.code) from error
            if not is_refused or size <= SAFE_PAGE_SIZE:
                raise
        self._largest_page = SAFE_PAGE_SIZE
        return await self._list(query, page, SAFE_PAGE_SIZE)

    async def get(self, remote_id: RemoteId) -> RemoteTicket:
        """The ticket as it is now."""
        name = "GET /tickets/{id}"
        return await get_ticket(self._transport, name, remote_id, self._decode, noun="ticket")

    async def update(
        self,
        remote_id: RemoteId,
        fields: Mapping[str, str | None],
        before_try: BeforeTry = lambda: None,
    ) -> RemoteTicket | None:
        """Write these fields; None where the answer doesn't show the ticket."""
        name = "PATCH /tickets/{id}"
        body = msgspec.json.encode(dict(fields))
        call = Call(
            "PATCH",
            name,
            ticket_path(name, remote_id),
            lambda a: read_updated(a, remote_id, self._decode),
            body=body,
            writes=tuple(KIND_OF_FIELD[name] for name in fields),
            before_try=before_try,
        )
        return await self._transport.send(call)

    async def add_note(
        self,
        remote_id: RemoteId,
        note: Note,
        idempotency_key: str,
        before_try: BeforeTry = lambda: None,
    ) -> str | None:
        """Add a note; None where the answer does not have its id."""
        name = "POST /tickets/{id}/notes"
        content: dict[str, str | bool] = {
            "content": note.content,
            "is_internal": note.is_internal,
        }
        if note.author_id is not None:
            content["author_id"] = note.author_id
        call = Call(
            "POST",
            name,
            ticket_path(name, remote_id),
            lambda a: decode_created_id(a.body) if a.body.strip() else None,
            body=msgspec.json.encode(content),
            headers={"Idempotency-Key": idempotency_key},
            writes=(SyncType.NOTE_ADD,),
            before_try=before_try,
        )
        return await self._transport.send(call)

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        """All notes, or None where they can't be listed, or not all of them read."""
        name = "GET /tickets/{id}/notes"
        path = ticket_path(name, remote_id)
        try:
            return await self._transport.send(
                Call("GET", name, path, lambda a: decode_notes(a.body))
            )
        except TicketError as error:
            # A 405 is in no table: UNKNOWN_ERROR.
            if error.code not in (ErrorCode.NOT_FOUND, ErrorCode.UNKNOWN_ERROR):
                raise
        log.info('qcontact.notes_not_listable call="%s"', name)
        return None

    async def check(self) -> str:
        """List one ticket; a sentence for a person about what answered."""
        page = await self._list({}, 1, 1)
        return f"QContact answers (tickets dialect) and lists {page.total} tickets"

    async def _list(self, query: Mapping[str, str], page: int, page_size: int) -> Page:
        return await self._transport.send(
            Call(
                "GET",
                "GET /tickets",
                "/tickets",
                lambda a: self._pages.decode(a.body, a.server_time),
                query={**query, "page": str(page), "page_size": str(page_size)},
                is_about_ticket=False,
                max_bytes=MAX_LIST_BYTES,
            )
        )


def _milliseconds(instant: datetime, *, is_end: bool = False) -> str:
    # Rounded outwards: a bound may grow, the caller filters.
    if is_end:
        instant += timedelta(microseconds=999)
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _bearer(key: SecretStr) -> SecretStr:
    text = key.get_secret_value().strip()
    if not text or not text.isascii() or not text.isprintable():
        raise FatalError(
            "QCONTACT_API_KEY (the connection's password) is empty or cannot be in a header",
            ErrorCode.CONFIG_ERROR,
        )
    return SecretStr(f"Bearer {text}")
