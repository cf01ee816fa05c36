"""QContact in memory: its own clock, stamps of whole seconds, an order of its own in lists."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import ClassVar

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import RemoteId, RemoteNote, RemoteTicket, Window

from tests.fakes.fake_gate import FakeClock

NEW_TICKET = {"title": "No light", "status": "New", "assigned_to": None, "description": None}


@dataclass
class Shown:
    """A ticket as it stands.

    Attributes:
        versions: By field, the number of the edit that it shows.
    """

    values: dict[str, str | None]
    created_at: datetime
    updated_at: datetime
    versions: dict[str, int]
    changed_s: float
    is_deleted: bool = False


def is_theirs(note: RemoteNote) -> bool:
    """Whether the call centre wrote it."""
    return note.content.startswith("theirs")


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
        in_hand: Tickets that a run has read to write them, and has not settled yet.
        lists_notes: Whether notes can be listed.
        unlisted: Tickets whose notes were asked for when they could not.
        edited: Told of a person's edit: number overtaken, number.
        sync_wrote: Told of a field that the sync is about to write: ticket, field, number of the
            edit carried over, and the number and the value overwritten.
    """

    mapping: ClassVar[TicketMapping] = TICKETS
    sends_assignment: ClassVar[bool] = True

    clock: FakeClock
    versions: Iterator[int] = field(default_factory=lambda: count(1))
    tickets: dict[RemoteId, Shown] = field(default_factory=dict)
    notes: defaultdict[RemoteId, list[RemoteNote]] = field(
        default_factory=lambda: defaultdict(list)
    )
    note_numbers: Iterator[int] = field(default_factory=lambda: count(1))
    unlisted: set[RemoteId] = field(default_factory=set)
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
        values = {**NEW_TICKET, **values}
        versions = {name: next(self.versions) for name in values}
        now = self.now()
        self.tickets[remote_id] = Shown(values, now, now, versions, self.clock.monotonic())
        return remote_id

    def edit(self, *remote_ids: RemoteId, **values: str | None) -> None:
        """One edit of one or many tickets, all with the same stamp."""
        for remote_id in remote_ids:
            versions = {name: next(self.versions) for name in values}
            for name, number in versions.items():
                self.edited(self.tickets[remote_id].versions[name], number)
            self._change(remote_id, values, versions)

    def add_note(self, remote_id: RemoteId, *, is_internal: bool) -> None:
        """The call centre's note: the ticket's stamp moves with it."""
        number = next(self.note_numbers)
        note = RemoteNote(
            f"N{number}", f"theirs {number}", is_internal, author="Ann Nel", written_at=self.now()
        )
        self.notes[remote_id].append(note)
        self._change(remote_id, {}, {})

    def take_back_notes(self, remote_id: RemoteId) -> None:
        """The call centre's notes of a ticket are not listed any more."""
        self.notes[remote_id] = [n for n in self.notes[remote_id] if not is_theirs(n)]
        self._change(remote_id, {}, {})

    def delete(self, remote_id: RemoteId) -> None:
        self.tickets[remote_id].is_deleted = True

    def restore(self, remote_id: RemoteId) -> None:
        self._change(remote_id, {}, {})
        self.tickets[remote_id].is_deleted = False

    def _change(
        self, remote_id: RemoteId, values: Mapping[str, str | None], versions: Mapping[str, int]
    ) -> None:
        ticket = self.tickets[remote_id]
        self.earlier[remote_id].append(self.seen(remote_id))
        ticket.values.update(values)
        ticket.versions.update(versions)
        ticket.updated_at, ticket.changed_s = self.now(), self.clock.monotonic()

    # --- what the API does

    def seen(self, remote_id: RemoteId) -> RemoteTicket:
        """The ticket as it stands, as a read shows it."""
        ticket = self.tickets[remote_id]
        return RemoteTicket(
            remote_id, dict(ticket.values), ticket.updated_at, {"versions": dict(ticket.versions)}
        )

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
        self._change(remote_id, {n: self.tidied(n, v) for n, v in fields.items()}, versions)
        self.writes += [(remote_id, name, value) for name, value in fields.items()]
        return self.seen(remote_id)

    def tidied(self, name: str, value: str | None) -> str | None:
        """A value as the server keeps it."""
        if value is None:
            return None
        return value.replace("_", " ").title() if name == "status" else value.strip()
