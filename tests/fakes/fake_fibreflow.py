"""FibreFlow in memory: its tables, its people at work, and transactions that keep rows locked."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from qcontact_sync.core.model import (
    TWO_WAY_FIELDS,
    Direction,
    JobId,
    Link,
    LocalId,
    LocalTicket,
    People,
    RemoteId,
)
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.run_ports import RunKey
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.windows import RunWindow

from tests.fakes.fake_gate import FakeClock

APP = object()
"""Who holds the rows of an open transaction of FibreFlow's app."""


@dataclass
class Row:
    """A row of ``tickets``; ``versions`` as in `fake_qcontact.Shown`."""

    ticket_uid: str
    external_id: str | None
    values: dict[str, str | None]
    versions: dict[str, int]
    created_at: datetime
    updated_at: datetime


@dataclass
class NoteRow:
    """A row of ``ticket_notes``."""

    ticket_id: LocalId
    content: str
    note_type: str


@dataclass
class KnownNote:
    """What the sync remembers of a note."""

    remote_id: RemoteId
    state: str
    equal_before: int | None = None
    remote_note_id: str | None = None
    is_taken_back: bool = False


@dataclass
class LinkRow:
    """A pair, with what the sync remembers beside it."""

    link: Link
    settled_at: datetime
    is_gone: bool = False
    inbound_job: JobId | None = None
    outbound_job: JobId | None = None
    notes_read_for: datetime | None = None
    notes_reads: int = 0
    received: tuple[str, str] | None = None


@dataclass(frozen=True)
class SettledRow:
    """What a list showed of a case when its detail was settled."""

    digest: str
    looked_at: datetime
    job_id: JobId


@dataclass
class Entry:
    """A ticket in quarantine."""

    version: str | None
    code: str
    next_try_at: datetime | None
    attempts: int = 1
    is_dismissed: bool = False


@dataclass(frozen=True)
class ConflictRow:
    """A conflict on record."""

    remote_id: RemoteId
    field: str
    kind: str
    local: str | None
    remote: str | None
    loser: str | None
    opened_at: datetime


@dataclass
class RunRow:
    """A run's record."""

    key: RunKey
    window: RunWindow
    started_at: datetime
    opened_at: datetime
    began_s: float
    pid: int
    settled_until: datetime | None = None
    attempt: int = 1
    status: str = "running"


@dataclass
class DirectionRow:
    """A direction's record."""

    started_at: datetime
    counts: Counts = field(default_factory=Counts)
    is_complete: bool = False
    is_ended: bool = False
    error: tuple[str, str] | None = None

    def reopen(self) -> None:
        self.is_complete, self.is_ended, self.error = False, False, None


@dataclass
class LeaseRow:
    """The account's lease."""

    fence: int
    holder: str | None
    expires_at: datetime
    pid: int


@dataclass
class FibreFlow:
    """The database and the people.

    Attributes:
        broken_rows: Tickets whose row the database refuses to write.
        edited: As that of `FakeQContact`.
        sync_wrote: Told of a field that the sync is about to write: ticket, field, number of the
            edit carried over, and the number, the value and the base's half overwritten.
        agreed: Told of two edits that count as the same from now on: FibreFlow's and QContact's.
        cursor_moved: Told of every settled stretch of a run, at its commit.
        decided: By the number of a conflict, what a person decided and that person's name.
    """

    clock: FakeClock
    versions: Iterator[int] = field(default_factory=lambda: count(1))
    users: dict[str, str | None] = field(default_factory=dict)
    tickets: dict[LocalId, Row] = field(default_factory=dict)
    notes: dict[UUID, NoteRow] = field(default_factory=dict)
    links: dict[RemoteId, LinkRow] = field(default_factory=dict)
    known_notes: dict[UUID, KnownNote] = field(default_factory=dict)
    settled_rows: dict[RemoteId, SettledRow] = field(default_factory=dict)
    quarantine: dict[tuple[RemoteId, Direction], Entry] = field(default_factory=dict)
    conflicts: list[ConflictRow] = field(default_factory=list)
    resolved: set[int] = field(default_factory=set)
    decided: dict[int, tuple[str, str]] = field(default_factory=dict)
    run_errors: dict[tuple[JobId, Direction, RemoteId], bool] = field(default_factory=dict)
    audit: list[tuple[RemoteId, Direction, str, str]] = field(default_factory=list)
    runs: dict[JobId, RunRow] = field(default_factory=dict)
    directions: dict[tuple[JobId, Direction], DirectionRow] = field(default_factory=dict)
    cursors: dict[str, tuple[datetime, JobId]] = field(default_factory=dict)
    leases: dict[str, LeaseRow] = field(default_factory=dict)
    locks: dict[LocalId, object] = field(default_factory=dict)
    waiting: defaultdict[LocalId, list[Callable[[], None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    broken_rows: set[RemoteId] = field(default_factory=set)
    edited: Callable[[int, int], None] = lambda *_: None
    sync_wrote: Callable[[RemoteId, str, int, int, str | None, str | None], None] = lambda *_: None
    agreed: Callable[[int, int], None] = lambda *_: None
    cursor_moved: Callable[[JobId, datetime], None] = lambda *_: None

    def now(self) -> datetime:
        return self.clock.now()

    # --- people at work

    def add_user(self, full_name: str | None) -> str:
        user = str(uuid4())
        self.users[user] = full_name
        return user

    def add_row(self, external_id: RemoteId | None, **values: str | None) -> LocalId:
        """A row as the app made it, before the sync knew of it."""
        values = {"title": "No light", "status": "open", "assigned_to": None, **values}
        versions = {name: next(self.versions) for name in values}
        return self.insert(external_id, values, versions, f"APP{len(self.tickets):06}")

    def insert(
        self,
        external_id: str | None,
        values: dict[str, str | None],
        versions: dict[str, int],
        uid: str,
    ) -> LocalId:
        ticket_id = LocalId(uuid4())
        self.tickets[ticket_id] = Row(uid, external_id, values, versions, self.now(), self.now())
        return ticket_id

    def edit(self, ticket_id: LocalId, **values: str | None) -> None:
        """The staff's edit; where the row is locked it waits, as the app would."""
        versions = {name: next(self.versions) for name in values}
        self._when_free(ticket_id, lambda: self._change(ticket_id, values, versions, self.now()))

    def begin(self, ticket_id: LocalId, **values: str | None) -> Callable[[], None]:
        """An edit in a transaction that stays open: stamped now, seen when its commit is called."""
        versions, stamp = {name: next(self.versions) for name in values}, self.now()
        self.locks[ticket_id] = APP

        def commit() -> None:
            self._change(ticket_id, values, versions, stamp)
            self.unlock(ticket_id)

        return commit

    def add_note(self, ticket_id: LocalId, content: str, note_type: str = "client") -> UUID:
        # Numbered, so that they go out in the order in which they were written.
        note_id = UUID(int=len(self.notes) + 1)
        self.notes[note_id] = NoteRow(ticket_id, content, note_type)
        return note_id

    def _change(
        self,
        ticket_id: LocalId,
        values: Mapping[str, str | None],
        versions: Mapping[str, int],
        stamp: datetime,
    ) -> None:
        row = self.tickets[ticket_id]
        for name, number in versions.items():
            self.edited(row.versions[name], number)
        row.values.update(values)
        row.versions.update(versions)
        row.updated_at = stamp

    def _when_free(self, ticket_id: LocalId, act: Callable[[], None]) -> None:
        if ticket_id in self.locks:
            self.waiting[ticket_id].append(act)
        else:
            act()

    def unlock(self, ticket_id: LocalId) -> None:
        """The row is free: who waited for it goes on."""
        del self.locks[ticket_id]
        for act in self.waiting.pop(ticket_id, []):
            act()

    # --- looking things up

    def row_of(self, remote_id: RemoteId) -> Row | None:
        """The row that is linked to a ticket."""
        found = self.links.get(remote_id)
        return self.tickets.get(found.link.ticket_id) if found else None

    def local(self, ticket_id: LocalId) -> LocalTicket | None:
        row = self.tickets.get(ticket_id)
        if row is None:
            return None
        return LocalTicket(ticket_id, row.ticket_uid, dict(row.values))

    def unlinked(self, remote_id: RemoteId) -> list[LocalId]:
        """Rows with this QContact id and no link, oldest first."""
        linked = {known.link.ticket_id for known in self.links.values()}
        found = [i for i, r in self.tickets.items() if r.external_id == remote_id]
        return sorted(
            (i for i in found if i not in linked), key=lambda i: self.tickets[i].created_at
        )

    def people(self) -> People:
        names = [name for name in self.users.values() if name]
        owners = {n: u for u, n in self.users.items() if n and names.count(n) == 1}
        return People(dict(self.users), owners)

    def notes_to_send(self, ticket_id: LocalId, *, sent: SentNotes) -> list[UUID]:
        """Notes that never arrived for certain, oldest first."""
        types = {*sent.public, *sent.internal}
        return [
            note_id
            for note_id, note in self.notes.items()
            if note.ticket_id == ticket_id
            and note.note_type in types
            and (note_id not in self.known_notes or self.known_notes[note_id].state == "intended")
        ]

    def has_moved(self, remote_id: RemoteId) -> bool:
        """Whether a two-way field that does not wait for a person moved here."""
        found, row = self.links[remote_id], self.row_of(remote_id)
        return row is not None and any(
            row.values[name] != found.link.base.local[name] and name not in found.link.frozen
            for name in TWO_WAY_FIELDS
        )

    def pair_version(self, remote_id: RemoteId) -> str:
        """What a refusal is remembered by."""
        row = self.row_of(remote_id)
        here = [row.values[name] for name in TWO_WAY_FIELDS] if row else []
        return "|".join(v for v in (*here, self.links[remote_id].link.fingerprint) if v is not None)

    def read_until(self, account: str) -> datetime | None:
        """Where the next run reads on."""
        if account not in self.cursors:
            return None
        cursor, job_id = self.cursors[account]
        return min(cursor, self.runs[job_id].settled_until or cursor)

    def open_conflicts(self) -> set[tuple[RemoteId, str]]:
        return {
            (c.remote_id, c.field)
            for number, c in enumerate(self.conflicts)
            if c.kind == "needs_you" and number not in self.resolved
        }

    def pause_after(self, attempts: int) -> timedelta:
        """Before a ticket is tried again."""
        return min(timedelta(hours=1) * 2**attempts, timedelta(days=7))
