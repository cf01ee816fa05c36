"""QContact in memory: its own clock, stamps of whole seconds, an order of its own in lists."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from qcontact_sync.core.errors import ErrorCode, OutcomeUnknown, RetryableError, TicketError
from qcontact_sync.core.mapping import TICKETS_WORDS, StatusWords
from qcontact_sync.core.model import Note, Page, RemoteId, RemoteNote, RemoteTicket, Window
from qcontact_sync.core.ports import BeforeTry

from tests.fakes.fake_gate import FakeClock, Gate


@dataclass
class Shown:
    """A ticket as it stands.

    Attributes:
        versions: By field, the number of the edit that it shows.
    """

    values: dict[str, str | None]
    updated_at: datetime
    versions: dict[str, int]
    changed_s: float
    is_deleted: bool = False

    def as_seen(self, remote_id: RemoteId) -> RemoteTicket:
        return RemoteTicket(
            remote_id, dict(self.values), self.updated_at, {"versions": dict(self.versions)}
        )


@dataclass
class FakeQContact:
    """The account and the people of the call centre.

    Attributes:
        faults: What happens to the next calls of the API, one each: "" (nothing), ``error``
            (nothing was done, and that is said), ``unheard`` (the request was lost), ``lost`` (the
            answer was lost), ``empty`` (a write's answer is empty), ``conflict`` (a write is
            refused for the moment).
        refused: Tickets of which no write is accepted.
        malformed: Tickets that cannot be decoded.
        stale: What lists show of a ticket instead of what it is.
        hidden: Tickets that lists do not show yet.
        lagged: Tickets of which a list did not show the latest, and when they had been changed.
        in_hand: Tickets that a run has read and has not settled yet.
        lists_notes: Whether notes can be listed.
        edited: Told of a person's edit: number overtaken, number.
        sync_wrote: Told of a field that the sync is about to write: ticket, field, number of the
            edit carried over, and the number and the value overwritten.
    """

    clock: FakeClock
    versions: Iterator[int] = field(default_factory=lambda: count(1))
    tickets: dict[RemoteId, Shown] = field(default_factory=dict)
    notes: defaultdict[RemoteId, list[RemoteNote]] = field(
        default_factory=lambda: defaultdict(list)
    )
    earlier: defaultdict[RemoteId, list[RemoteTicket]] = field(
        default_factory=lambda: defaultdict(list)
    )
    faults: deque[str] = field(default_factory=deque)
    refused: set[RemoteId] = field(default_factory=set)
    malformed: set[RemoteId] = field(default_factory=set)
    stale: dict[RemoteId, RemoteTicket] = field(default_factory=dict)
    lists_notes: bool = True
    hidden: set[RemoteId] = field(default_factory=set)
    lagged: dict[RemoteId, float] = field(default_factory=dict)
    in_hand: set[RemoteId] = field(default_factory=set)
    writes: list[tuple[RemoteId, str, str | None]] = field(default_factory=list)
    edited: Callable[[int, int], None] = lambda *_: None
    sync_wrote: Callable[[RemoteId, str, int, int, str | None], None] = lambda *_: None

    def now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)

    # --- the call centre

    def add(self, **values: str | None) -> RemoteId:
        remote_id = RemoteId(f"Q{len(self.tickets) + 1}")
        values = {"title": "No light", "status": "New", "assigned_to": None, **values}
        versions = {name: next(self.versions) for name in values}
        self.tickets[remote_id] = Shown(values, self.now(), versions, self.clock.monotonic())
        return remote_id

    def edit(self, *remote_ids: RemoteId, **values: str | None) -> None:
        """One edit of one or many tickets, all with the same stamp."""
        for remote_id in remote_ids:
            versions = {name: next(self.versions) for name in values}
            for name, number in versions.items():
                self.edited(self.tickets[remote_id].versions[name], number)
            self._change(remote_id, values, versions)

    def delete(self, remote_id: RemoteId) -> None:
        self.tickets[remote_id].is_deleted = True

    def restore(self, remote_id: RemoteId) -> None:
        self._change(remote_id, {}, {})
        self.tickets[remote_id].is_deleted = False

    def _change(
        self, remote_id: RemoteId, values: Mapping[str, str | None], versions: Mapping[str, int]
    ) -> None:
        ticket = self.tickets[remote_id]
        self.earlier[remote_id].append(ticket.as_seen(remote_id))
        ticket.values.update(values)
        ticket.versions.update(versions)
        ticket.updated_at, ticket.changed_s = self.now(), self.clock.monotonic()

    # --- what the API does

    def listed(self, window: Window) -> list[RemoteId]:
        """In no order of time; bounds count."""
        return sorted(
            (
                i
                for i, ticket in self.tickets.items()
                if not (ticket.is_deleted or i in self.hidden)
                and ticket.updated_at <= window.end
                and (window.start is None or window.start <= ticket.updated_at)
            ),
            key=lambda remote_id: remote_id[::-1],
        )

    def shown(self, remote_id: RemoteId) -> Shown:
        ticket = self.tickets.get(remote_id)
        if ticket is None or ticket.is_deleted:
            raise TicketError("no such ticket", ErrorCode.NOT_FOUND)
        return ticket

    def write(
        self, remote_id: RemoteId, fields: Mapping[str, str | None], versions: Mapping[str, int]
    ) -> RemoteTicket:
        """The sync's update, tidied as a server does it."""
        ticket = self.shown(remote_id)
        if remote_id in self.refused:
            raise TicketError("refused", ErrorCode.VALIDATION_ERROR)
        for name, version in versions.items():
            self.sync_wrote(remote_id, name, version, ticket.versions[name], ticket.values[name])
        self._change(remote_id, {n: _tidied(n, v) for n, v in fields.items()}, versions)
        self.writes += [(remote_id, name, value) for name, value in fields.items()]
        return ticket.as_seen(remote_id)


def _tidied(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    return value.replace("_", " ").title() if name == "status" else value.strip()


class FakeTickets:
    """`core.ports.RemoteTickets`, as one engine calls it.

    Args:
        version_sent: The number of FibreFlow's edit that goes out as this field of this ticket.
    """

    words: StatusWords = TICKETS_WORDS

    def __init__(
        self,
        qcontact: FakeQContact,
        gate: Gate,
        version_sent: Callable[[RemoteId, str], int] = lambda *_: 0,
    ) -> None:
        self._qcontact = qcontact
        self._gate = gate
        self._version_sent = version_sent

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        async with self._gate.io("list a page"):
            with self._faults(is_write=False):
                return self._page(self._qcontact.listed(window), page, page_size)

    def _page(self, ids: Sequence[RemoteId], page: int, page_size: int) -> Page:
        there = self._qcontact
        for late in there.hidden:
            there.lagged[late] = there.tickets[late].changed_s
        on_page = ids[(page - 1) * page_size : page * page_size]
        return Page(
            tickets=tuple(self._listed(i) for i in on_page if i not in there.malformed),
            total=len(ids),
            page=page,
            page_size=page_size,
            has_more=page * page_size < len(ids),
            malformed=tuple((i, "cannot be read") for i in on_page if i in there.malformed),
            server_time=there.now(),
        )

    def _listed(self, remote_id: RemoteId) -> RemoteTicket:
        there = self._qcontact
        stale, ticket = there.stale.get(remote_id), there.tickets[remote_id]
        if stale is not None:
            there.lagged[remote_id] = ticket.changed_s
        return stale or ticket.as_seen(remote_id)

    async def get(self, remote_id: RemoteId) -> RemoteTicket:
        async with self._gate.io("read a ticket"):
            with self._faults(is_write=False):
                ticket = self._qcontact.shown(remote_id)
                if remote_id in self._qcontact.malformed:
                    raise TicketError("cannot be read", ErrorCode.VALIDATION_ERROR)
                self._qcontact.in_hand.add(remote_id)
                return ticket.as_seen(remote_id)

    async def update(
        self, remote_id: RemoteId, fields: Mapping[str, str | None], before_try: BeforeTry
    ) -> RemoteTicket | None:
        async with self._gate.io("write a ticket"):
            before_try()
            versions = {name: self._version_sent(remote_id, name) for name in fields}
            with self._faults(is_write=True) as is_empty:
                answer = self._qcontact.write(remote_id, fields, versions)
                return None if is_empty else replace(answer)

    async def add_note(
        self, remote_id: RemoteId, note: Note, idempotency_key: str, before_try: BeforeTry
    ) -> str | None:
        """Keys are not heeded: the sync must not rest on them."""
        async with self._gate.io("write a note"):
            before_try()
            with self._faults(is_write=True) as is_empty:
                self._qcontact.shown(remote_id)
                notes = self._qcontact.notes[remote_id]
                notes.append(RemoteNote(f"N{len(notes) + 1}", note.content, note.is_internal))
                return None if is_empty else notes[-1].id

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        async with self._gate.io("list notes"):
            with self._faults(is_write=False):
                if not self._qcontact.lists_notes:
                    return None
                self._qcontact.shown(remote_id)
                return tuple(self._qcontact.notes[remote_id])

    async def check(self) -> str:
        async with self._gate.io("check"):
            with self._faults(is_write=False):
                return "QContact answers"

    @contextmanager
    def _faults(self, *, is_write: bool) -> Iterator[bool]:
        """Around what a call does; yields whether a write's answer is empty."""
        fault = self._qcontact.faults.popleft() if self._qcontact.faults else ""
        lost = OutcomeUnknown if is_write else RetryableError
        if fault == "error":
            raise RetryableError("QContact is in trouble", ErrorCode.SERVER_ERROR)
        if fault == "unheard":
            raise lost("no answer", ErrorCode.TIMEOUT)
        if fault == "conflict" and is_write:
            raise TicketError("changed meanwhile", ErrorCode.CONFLICT)
        yield fault == "empty" and is_write
        if fault == "lost":
            raise lost("no answer", ErrorCode.TIMEOUT)
