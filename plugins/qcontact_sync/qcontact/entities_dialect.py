"""The "entities" dialect of QContact's customer tenants (docs/tenants.md)."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
from pydantic import SecretStr

from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.errors import ConfigError, ErrorCode, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import (
    KIND_OF_FIELD,
    Note,
    RemoteId,
    RemoteNote,
    RemoteTicket,
    RowPage,
    SyncType,
)
from qcontact_sync.core.ports import BeforeTry
from qcontact_sync.qcontact.addresses import checked_base
from qcontact_sync.qcontact.calls import MAX_LIST_BYTES, Answer, Call, ticket_path
from qcontact_sync.qcontact.entities_decode import decode_case
from qcontact_sync.qcontact.entities_lists import (
    ALL_QUEUES,
    NEWEST_FIRST,
    EventPage,
    decode_events,
    decode_rows,
    list_query,
)
from qcontact_sync.qcontact.entities_writes import written_fields
from qcontact_sync.qcontact.json_bodies import UnexpectedBody, untyped
from qcontact_sync.qcontact.received_fields import MalformedTicket, read_id, storable
from qcontact_sync.qcontact.sign_in import SignIn
from qcontact_sync.qcontact.single_tickets import get_ticket, read_updated
from qcontact_sync.qcontact.transport import ClientOptions, Transport, open_transport
from qcontact_sync.qcontact.user_sessions import checked_owner

log = logging.getLogger(__name__)

API = "/api/v2"
LARGEST_PAGE = 50
"""The largest number that was tried with a tenant."""
MAX_EVENT_PAGES = 200
NAMELESS = "a user whose name the tenant does not tell"


@asynccontextmanager
async def open_entities_client(
    *,
    url: str,
    email: str | SecretStr,
    password: SecretStr | None = None,
    token: SecretStr | None = None,
    client: str | SecretStr | None = None,
    queues: Sequence[str] = (),
    options: ClientOptions,
    mapping: TicketMapping = ENTITIES,
) -> AsyncIterator["EntitiesClient"]:
    """A client for the duration of the block; it signs in with the first request.

    The session is kept for the next client of the process, until `sign_in.sign_out_all`.

    Args:
        url: The tenant's base URL; ``/api/v2`` at its end is allowed.
        token, client: A ready token, instead of a password.
        queues: Ids of the assignees whose cases are listed; none means all cases.

    Raises:
        FatalError: ``CONFIG_ERROR``, address, credentials or queues cannot be used.
    """
    base = str(checked_base(url, allow_http=options.allow_http)).rstrip("/").removesuffix(API)
    owner = checked_owner(base, email, password, token, client, options.ca_file)
    checked = _checked_queues(queues)
    async with open_transport(base, SignIn(owner, options.clock), options) as transport:
        yield EntitiesClient(transport, checked, mapping)


class EntitiesClient:
    """`core.ports.TicketAccess` and `WalkedList`; open one with `open_entities_client`."""

    def __init__(
        self, transport: Transport, queues: Sequence[str], mapping: TicketMapping = ENTITIES
    ) -> None:
        self.mapping = mapping
        self.writes_assignment = mapping.assignment.can_be_sent
        self._transport = transport
        self.queues = tuple(queues) or (ALL_QUEUES,)

    async def list_rows(self, page: int, page_size: int, queue: str | None = None) -> RowPage:
        """One page of a queue's list, newest case first."""
        asked = min(page_size, LARGEST_PAGE)
        return await self.list_cases(page, asked, self.queues[0] if queue is None else queue)

    async def list_cases(self, page: int, page_size: int, queue: str) -> RowPage:
        """The same with any page size, for `entities_probe`."""
        return await self._transport.send(
            Call(
                "GET",
                f"GET {API}/entities/Case",
                f"{API}/entities/Case",
                lambda a: decode_rows(
                    a.body, page=page, page_size=page_size, server_time=a.server_time
                ),
                query=list_query(page, page_size, queue),
                is_about_ticket=False,
                max_bytes=MAX_LIST_BYTES,
            )
        )

    def _decode(self, body: bytes) -> RemoteTicket:
        return decode_case(body, self.mapping)

    async def get(self, remote_id: RemoteId) -> RemoteTicket:
        """The case as it is now."""
        name = f"GET {API}/entities/Case/{{id}}"
        return await get_ticket(self._transport, name, remote_id, self._decode, noun="case")

    async def update(
        self,
        remote_id: RemoteId,
        fields: Mapping[str, str | None],
        before_try: BeforeTry = lambda: None,
    ) -> RemoteTicket | None:
        """Write these fields; None where the answer doesn't show the case."""
        name = f"PATCH {API}/entities/Case/{{id}}"
        body = {"fields": written_fields(name, fields, self.mapping)}
        call = Call(
            "PATCH",
            name,
            ticket_path(name, remote_id),
            lambda a: read_updated(a, remote_id, self._decode),
            # Without the wrapper the tenant answers 200 and changes nothing.
            body=msgspec.json.encode(body),
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
    ) -> None:
        """Add a note; the answer never has its id.

        The answer has the id of a note and `list_notes` those of events: nothing says that they
        are the same, and taken for one another, a note would be missed or sent again.
        """
        name = f"POST {API}/entities/Note"
        if not (remote_id.isascii() and remote_id.isdigit()):
            raise TicketError(
                f"{name}: the case's id is no number",
                ErrorCode.VALIDATION_ERROR,
                writes=(SyncType.NOTE_ADD,),
            )
        content = {
            "entity_type": "Case",
            "entity_id": int(remote_id),
            "subtitle": note.content,
            "public_note": not note.is_internal,
        }
        call = Call(
            "POST",
            name,
            f"{API}/entities/Note",
            _require_created,
            body=msgspec.json.encode(content),
            headers={"Idempotency-Key": idempotency_key},
            writes=(SyncType.NOTE_ADD,),
            before_try=before_try,
        )
        await self._transport.send(call)

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        """All notes among the case's events, or None where not all of them can be read."""
        seen: set[str] = set()
        notes: list[RemoteNote] = []
        for number in range(1, MAX_EVENT_PAGES + 1):
            page = await self.list_events(remote_id, number)
            if page is None or not page.is_readable:
                return None
            fresh = set(page.ids) - seen
            notes += [note for note in page.notes if note.id in fresh]
            seen |= fresh
            if not fresh:
                return notes if page.ends_list(len(seen)) else None
        return None

    async def list_events(self, remote_id: RemoteId, page: int) -> EventPage | None:
        """One page (from 1) of a case's events, newest first; None where the tenant has none."""
        name = f"GET {API}/entities/Case/{{id}}/events"
        query = {"expand_conversations": "false", "page": str(page), "sort": NEWEST_FIRST}
        try:
            return await self._transport.send(
                Call(
                    "GET",
                    name,
                    ticket_path(name, remote_id),
                    lambda a: decode_events(a.body),
                    query=query,
                )
            )
        except TicketError as error:
            if error.code not in (ErrorCode.NOT_FOUND, ErrorCode.VALIDATION_ERROR):
                raise
        log.info('qcontact.notes_not_listable call="%s"', name)
        return None

    async def check(self) -> str:
        """Who is signed in, and how many cases each queue has: a sentence for a person."""
        name = await self.signed_in_as()
        counts = [f"{_named(queue)}: {await self._count(queue)}" for queue in self.queues]
        return f"QContact answers (entities dialect), signed in as {name}; {', '.join(counts)}"

    async def signed_in_as(self) -> str:
        """The display name of the user who is signed in."""
        call = Call("GET", f"GET {API}/me", f"{API}/me", _read_name)
        try:
            return await self._transport.send(call)
        except TicketError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
        return NAMELESS

    async def ask(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """What stands at a path below ``/api/v2``, for `entities_probe`."""
        name = f"GET {API}{path}"
        call = Call("GET", name, f"{API}{path}", lambda a: untyped(a.body), query=query or {})
        return await self._transport.send(call)

    async def _count(self, queue: str) -> str:
        page = await self.list_cases(1, 1, queue)
        if page.count is None:
            return "cases, but QContact does not say how many" if page.rows else "no cases"
        return f"{page.count} case{'s' * (page.count != 1)}"


def _checked_queues(queues: Sequence[str]) -> tuple[str, ...]:
    """The queues, each once.

    Raises:
        ConfigError: One is no id.
    """
    tidied = dict.fromkeys(queue.strip() for queue in queues)
    if not all(queue.isascii() and queue.isdigit() for queue in tidied):
        raise ConfigError(
            "QCONTACT_QUEUES (the connection's field queues) must be ids of assignees, numbers "
            "separated by commas"
        )
    return tuple(tidied)


def _named(queue: str) -> str:
    return f"queue {queue}" if queue else "all that the user sees"


def _require_created(answer: Answer) -> None:
    """Nothing, where the answer is one to a note: empty, or an object with an id."""
    if not answer.body.strip():
        return
    created = untyped(answer.body)
    try:
        read_id(created if isinstance(created, dict) else {})
    except MalformedTicket as error:
        raise UnexpectedBody("no note") from error


def _read_name(answer: Answer) -> str:
    user = untyped(answer.body)
    if isinstance(user, dict) and isinstance(user.get("data"), dict):
        user = user["data"]
    if not isinstance(user, dict):
        raise UnexpectedBody("no user")
    # An e-mail address is who signs in: it is not repeated.
    for key in ("label", "name", "full_name"):
        name = user.get(key)
        if isinstance(name, str) and storable(name) and "@" not in name:
            return storable(name)
    return NAMELESS
