"""The ports of QContact on `FakeQContact` and `FakeTenant`, as one engine calls them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from qcontact_sync.core.errors import ErrorCode, OutcomeUnknown, RetryableError, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import (
    Note,
    Page,
    RemoteId,
    RemoteNote,
    RemoteTicket,
    RowPage,
    Window,
)
from qcontact_sync.core.ports import BeforeTry, Remote

from tests.fakes.fake_gate import Gate
from tests.fakes.fake_qcontact import FakeQContact
from tests.fakes.fake_tenant import FakeTenant


class FakeAccess:
    """`core.ports.TicketAccess`.

    Args:
        sent: By ticket and field, the number of FibreFlow's edit that goes out.
        is_writing: What is read may be written at once, as outbound does it.
    """

    def __init__(
        self,
        qcontact: FakeQContact,
        gate: Gate,
        sent: Mapping[tuple[RemoteId, str], int] | None = None,
        *,
        is_writing: bool = True,
    ) -> None:
        self._qcontact = qcontact
        self._gate = gate
        self._sent = sent if sent is not None else {}
        self._is_writing = is_writing

    @property
    def mapping(self) -> TicketMapping:
        return self._qcontact.mapping

    @property
    def writes_assignment(self) -> bool:
        return self._qcontact.sends_assignment

    async def get(self, remote_id: RemoteId) -> RemoteTicket:
        async with self._gate.io("read a ticket"):
            with self._answering(is_write=False):
                self._qcontact.shown(remote_id)
                if remote_id in self._qcontact.malformed:
                    raise TicketError("cannot be read", ErrorCode.VALIDATION_ERROR)
                if self._is_writing:
                    self._qcontact.in_hand.add(remote_id)
                return self._qcontact.seen(remote_id)

    async def update(
        self, remote_id: RemoteId, fields: Mapping[str, str | None], before_try: BeforeTry
    ) -> RemoteTicket | None:
        async with self._gate.io("write a ticket"):
            before_try()
            versions = {name: self._sent.get((remote_id, name), 0) for name in fields}
            with self._answering(is_write=True) as is_empty:
                answer = self._qcontact.write(remote_id, fields, versions)
                return None if is_empty else answer._replace()

    async def add_note(
        self, remote_id: RemoteId, note: Note, idempotency_key: str, before_try: BeforeTry
    ) -> str | None:
        """Keys are not heeded: the sync must not rest on them."""
        async with self._gate.io("write a note"):
            before_try()
            with self._answering(is_write=True) as is_empty:
                self._qcontact.shown(remote_id)
                notes = self._qcontact.notes[remote_id]
                number = next(self._qcontact.note_numbers)
                notes.append(RemoteNote(f"N{number}", note.content, note.is_internal))
                return None if is_empty else notes[-1].id

    async def list_notes(self, remote_id: RemoteId) -> Sequence[RemoteNote] | None:
        async with self._gate.io("list notes"):
            with self._answering(is_write=False):
                if not self._qcontact.lists_notes:
                    self._qcontact.unlisted.add(remote_id)
                    return None
                self._qcontact.unlisted.discard(remote_id)
                self._qcontact.shown(remote_id)
                return tuple(self._qcontact.notes[remote_id])

    async def check(self) -> str:
        async with self._gate.io("check"):
            with self._answering(is_write=False):
                return "QContact answers"

    @contextmanager
    def _answering(self, *, is_write: bool) -> Iterator[bool]:
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


class FakeTickets(FakeAccess):
    """`core.ports.RemoteTickets`."""

    async def list_page(self, window: Window, page: int, page_size: int) -> Page:
        async with self._gate.io("list a page"):
            with self._answering(is_write=False):
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
        seen = stale or there.seen(remote_id)
        return seen._replace(digest=f"{seen.updated_at} {sorted(seen.values.items())}")


class FakeCases(FakeAccess):
    """`core.ports.WalkedTickets`."""

    def __init__(
        self,
        tenant: FakeTenant,
        gate: Gate,
        sent: Mapping[tuple[RemoteId, str], int] | None = None,
        *,
        is_writing: bool = True,
    ) -> None:
        super().__init__(tenant, gate, sent, is_writing=is_writing)
        self._tenant = tenant

    @property
    def queues(self) -> Sequence[str]:
        return tuple(self._tenant.queues)

    async def list_rows(self, page: int, page_size: int, queue: str | None = None) -> RowPage:
        async with self._gate.io("list rows"):
            with self._answering(is_write=False):
                return self._rows(page, page_size, self.queues[0] if queue is None else queue)

    def _rows(self, page: int, page_size: int, queue: str) -> RowPage:
        there = self._tenant
        ids = there.in_queue(queue)
        for late in {*there.hidden, *there.stale}:
            there.lagged[late] = there.tickets[late].changed_s
        on_page = ids[(page - 1) * page_size : page * page_size]
        return RowPage(
            tuple(there.row(i) for i in on_page),
            page,
            page_size,
            count=len(ids),
            pages=-(-len(ids) // page_size),
            server_time=there.now(),
        )

    async def add_note(
        self, remote_id: RemoteId, note: Note, idempotency_key: str, before_try: BeforeTry
    ) -> None:
        """Its id is not told: it is not the one that the events have."""
        await super().add_note(remote_id, note, idempotency_key, before_try)

    @contextmanager
    def _answering(self, *, is_write: bool) -> Iterator[bool]:
        self._tenant.close_solved()
        with super()._answering(is_write=is_write) as is_empty:
            yield is_empty


def remote_of(
    qcontact: FakeQContact,
    gate: Gate,
    sent: Mapping[tuple[RemoteId, str], int] | None = None,
    *,
    is_writing: bool = True,
) -> Remote:
    """The port that this QContact has."""
    if isinstance(qcontact, FakeTenant):
        return FakeCases(qcontact, gate, sent, is_writing=is_writing)
    return FakeTickets(qcontact, gate, sent, is_writing=is_writing)
