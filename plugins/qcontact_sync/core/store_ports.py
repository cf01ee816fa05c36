"""What the use cases need from FibreFlow's database, as Protocols."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from qcontact_sync.core.decision import Conflict, TicketDecision
from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.core.model import (
    Direction,
    JobId,
    Link,
    LocalId,
    LocalTicket,
    Note,
    Pair,
    People,
    RemoteId,
    RemoteTicket,
    SyncType,
    Window,
)
from qcontact_sync.core.stats import Counts


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for an account; ``fence`` grows with every holder."""

    account: str
    holder: str
    fence: int


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Who holds an account's lease, for telling a dead one."""

    lease: Lease
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Match:
    """What is known of a listed ticket.

    Attributes:
        is_unchanged: Its values equal the base's remote halves; ``pair`` is left empty then.
        is_counted: It was counted in this run already.
    """

    pair: Pair
    is_unchanged: bool = False
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A ticket that goes to quarantine.

    Attributes:
        version: Digest of what failed; the same version is tried a bounded number of times.
        recoverable: Whether time alone may help; else only a change of the ticket does.
    """

    remote_id: RemoteId
    sync_type: SyncType
    code: ErrorCode
    message: str
    version: str | None = None
    ticket_id: LocalId | None = None
    recoverable: bool = True


@dataclass(frozen=True, slots=True)
class SentRow:
    """One audit row of the outbound direction: what was sent and what came back."""

    remote_id: RemoteId
    ticket_id: LocalId
    sync_type: SyncType
    request: Mapping[str, object]
    response: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class OutboundPair:
    """A linked ticket as outbound sees it.

    Attributes:
        version: Changes when either side changes; `outbound.version_with` adds the notes.
        is_counted: It was counted in this run already.
    """

    link: Link
    local: LocalTicket | None
    version: str
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class NoteToSend:
    """A note that never arrived for certain.

    Attributes:
        is_intended: An earlier run was about to send it: it may have arrived.
        equal_before: How many equal notes QContact listed before that.
        version: Changes with the note's content.
        sent_ids: QContact's ids of the ticket's notes that went out.
        sent_unnamed: How many more went out and got no id that we know.
    """

    note: Note
    is_intended: bool = False
    equal_before: int | None = None
    version: str = ""
    sent_ids: frozenset[str] = frozenset()
    sent_unnamed: int = 0


class Unit(Protocol):
    """One transaction of a direction; commits when its context ends well."""

    async def match(
        self, tickets: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> Mapping[RemoteId, Match]:
        """Look up (ticket, fingerprint) pairs and lock the rows of those that differ."""
        ...

    async def read_pairs(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, OutboundPair]:
        """Links and rows as they stand, the rows locked."""
        ...

    async def write(self, decisions: Sequence[TicketDecision]) -> None:
        """Carry out decisions on FibreFlow's side: rows, links, conflicts, audit."""
        ...

    async def audit_sent(self, rows: Sequence[SentRow]) -> None:
        """Put on record what was sent."""
        ...

    async def mark_counted(self, remote_ids: Sequence[RemoteId]) -> None:
        """These tickets are part of this run's outbound counts."""
        ...

    async def keep_losers(
        self, remote_id: RemoteId, ticket_id: LocalId, conflicts: Sequence[Conflict]
    ) -> None:
        """Put settled conflicts on record."""
        ...

    async def close_conflict(
        self, remote_id: RemoteId, field: str, resolution: str, by: str
    ) -> None:
        """A person, ``by`` name, decided about a frozen field."""
        ...

    async def mark_gone(self, remote_ids: Sequence[RemoteId]) -> None:
        """QContact does not know these tickets any more: stop trying."""
        ...

    async def intend_note(
        self, note: Note, remote_id: RemoteId, key: str, equal_before: int | None
    ) -> None:
        """Put on record that a note is about to be sent, under this idempotency key."""
        ...

    async def settle_note(self, note: Note, remote_note_id: str | None) -> None:
        """The note has arrived: close its intent."""
        ...

    async def withdraw_note(self, note: Note) -> None:
        """The note was refused and has not arrived: forget the intent."""
        ...

    async def doubt_note(self, note: Note) -> None:
        """Whether the note arrived cannot be known: it waits for a person."""
        ...

    async def record_failures(self, failures: Sequence[Failure]) -> Counts:
        """Quarantine tickets; the counts that this adds to the run (each ticket once)."""
        ...

    async def release(self, remote_ids: Sequence[RemoteId]) -> None:
        """Take tickets that passed out of quarantine."""
        ...

    async def release_moot(self, *, internal_notes: bool) -> None:
        """Take tickets that have nothing to send any more out of quarantine."""
        ...

    async def forget_unlinked(self, remote_ids: Sequence[RemoteId]) -> None:
        """Take out of quarantine what was never linked and QContact does not know."""
        ...

    async def add_counts(self, counts: Counts) -> None:
        """Add to the direction's counts."""
        ...

    async def settle_until(self, moment: datetime) -> None:
        """Everything of the window before this instant is settled; may move the cursor."""
        ...


class Store(Protocol):
    """FibreFlow's database as the two directions use it."""

    def unit(
        self, job_id: JobId, direction: Direction, lease: Lease | None
    ) -> AbstractAsyncContextManager[Unit]:
        """A transaction; without a lease it is read-only (a dry run)."""
        ...

    async def cursor_age(self, job_id: JobId) -> timedelta | None:
        """How long ago the run began that moved the cursor; None where there is none."""
        ...

    async def load_people(self) -> People:
        """FibreFlow's users."""
        ...

    async def list_due(self, direction: Direction, limit: int) -> Sequence[RemoteId]:
        """Quarantined tickets whose next try is due."""
        ...

    async def resolve_ids(self, given: Sequence[str]) -> Mapping[str, RemoteId]:
        """FibreFlow uuids, ticket_uids or QContact ids to QContact ids; unknown ones left out."""
        ...

    async def list_pending(
        self, window: Window | None, remote_ids: Sequence[RemoteId] | None, *, internal_notes: bool
    ) -> Sequence[RemoteId]:
        """Tickets with something to send, oldest change first.

        Args:
            window: Limits to rows whose ``updated_at`` lies inside (dated runs).
            remote_ids: Limits to these.
            internal_notes: Whether notes of type ``internal`` go out.
        """
        ...

    async def list_notes_to_send(
        self, remote_ids: Sequence[RemoteId], *, internal_notes: bool
    ) -> Mapping[RemoteId, Sequence[NoteToSend]]:
        """Notes of these tickets that are to go out, oldest first."""
        ...

    async def count_links(self) -> int:
        """How many pairs there are."""
        ...


class Leases(Protocol):
    """Who may write."""

    async def take(self, account: str, holder: str) -> Lease | None:
        """The lease, or None where somebody else holds it."""
        ...

    async def renew(self, lease: Lease) -> bool:
        """Stay the holder; False where the lease is lost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Let the next writer in at once."""
        ...

    async def holder(self, account: str) -> LeaseHolder | None:
        """Who holds the account's lease."""
        ...

    async def evict(self, holder: LeaseHolder) -> None:
        """End the lease of a holder whose process is known to be gone."""
        ...
