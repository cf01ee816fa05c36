"""Requests and answers, as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import quote

from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.model import RemoteId, SyncType
from qcontact_sync.qcontact.failures import http_date

T = TypeVar("T")

MAX_BYTES = 8 * 1024**2
MAX_LIST_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; ``server_time`` is its ``Date``, aware UTC."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def server_time(self) -> datetime | None:
        """The ``Date`` header, if there is a readable one."""
        return http_date(self.headers.get("Date"))


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One logical request.

    Attributes:
        name: Method and path template, for messages and log.
        path: Percent-encoded, below the base URL.
        read: Turns a 2xx into the result; raises `UnexpectedBody` for what it isn't.
        writes: The kinds of write it is; with one of them, repeating it could do something twice.
        before_try: Called before every try, when all waiting is over; what it raises ends the call.
        max_bytes: Of a 2xx, decompressed; a larger one is not read to its end.
        is_sign_in: It is sent without credentials.
    """

    method: str
    name: str
    path: str
    read: Callable[[Answer], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    is_about_ticket: bool = True
    writes: tuple[SyncType, ...] = ()
    before_try: Callable[[], None] = lambda: None
    max_bytes: int = MAX_BYTES
    is_sign_in: bool = False

    @property
    def is_write(self) -> bool:
        """Whether repeating it could do something twice."""
        return bool(self.writes)


def ticket_path(name: str, remote_id: RemoteId) -> str:
    """The path of a call named ``METHOD /path/{id}``.

    Raises:
        TicketError: ``VALIDATION_ERROR``, the id would address something else.
    """
    if remote_id in ("", ".", ".."):
        raise TicketError(f"{name}: the id can't be in a path", ErrorCode.VALIDATION_ERROR)
    template = name.partition(" ")[2]
    return template.replace("{id}", quote(remote_id, safe="", errors="replace"))
