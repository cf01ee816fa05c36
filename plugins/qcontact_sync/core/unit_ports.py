"""One transaction of a direction in FibreFlow's database: its parts as Protocols, by subject."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from qcontact_sync.core.decision import Conflict, TicketDecision
from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.core.inbound_notes import KnownNotes, ReceivedNotes
from qcontact_sync.core.model import (
    KnownTicket,
    LocalId,
    Note,
    RemoteId,
    RemoteTicket,
    SyncType,
)
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.stats import Counts


@dataclass(frozen=True, slots=True)
class TicketFailure:
    """A ticket that goes to quarantine.

    Attributes:
        version: Digest of what failed; the same version is tried a bounded number of times.
        recoverable: Whether time alone may help; otherwise only a change of the ticket does.
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
    """One audit row of the outbound direction: what was sent and what was answered.

    Attributes:
        response: With ``before``, QContact's value before the update.
    """

    remote_id: RemoteId
    ticket_id: LocalId
    sync_type: SyncType
    request: Mapping[str, object]
    response: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class NoteToSend:
    """A note that has not certainly arrived in QContact.

    Attributes:
        is_intended: An earlier run was about to send it: it may have arrived.
        equal_before: How many equal notes QContact listed before that.
        version: Changes with the note's content.
        sent_ids: QContact's ids of the ticket's notes that were sent.
        sent_unnamed: How many more were sent whose id is not known.
    """

    note: Note
    is_intended: bool = False
    equal_before: int | None = None
    version: str = ""
    sent_ids: frozenset[str] = frozenset()
    sent_unnamed: int = 0


class TicketRecords(Protocol):
    """Tickets and their links."""

    async def recognise(self, digests: Mapping[RemoteId, str]) -> Mapping[RemoteId, KnownTicket]:
        """Those whose base is what the object with this digest says, and that nothing is open for.

        They are unchanged, as `look_up` would find them, and not in quarantine; all others are
        left out.
        """
        ...

    async def look_up(
        self, listed: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> Mapping[RemoteId, KnownTicket]:
        """What is known of each (ticket, fingerprint); locks the rows of those that differ.

        Args:
            force: No ticket counts as unchanged.
        """
        ...

    async def read_linked(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, KnownTicket]:
        """Links and rows of linked tickets, the rows locked; other ids are left out."""
        ...

    async def read_again(self, tickets: Iterable[KnownTicket]) -> Mapping[RemoteId, KnownTicket]:
        """Linked tickets with their rows as they are now, locked.

        The links are those given: under the lease no other run or person changes them.
        """
        ...

    async def write(self, decisions: Sequence[TicketDecision]) -> None:
        """Carry out decisions on FibreFlow's side: rows, links, conflicts, audit.

        Raises:
            ChangeDropped: Some were not carried out, without an error; nothing may be committed.
        """
        ...

    async def write_nothing(self) -> None:
        """Run the statements of `write` without a ticket.

        Raises:
            SyncError: They fail for every ticket.
        """
        ...

    async def agree_assignments(self) -> None:
        """Assignment is not sent: what FibreFlow holds counts as agreed on."""
        ...

    async def renew_marks(self, *, sent: SentNotes, compares_all: bool) -> None:
        """Where changes are marked, bring the marks up to date before they are relied on.

        Args:
            sent: Which notes go out.
            compares_all: Compare all tickets, not only those with a mark.
        """
        ...

    async def mark_gone(self, remote_ids: Sequence[RemoteId]) -> None:
        """QContact does not have these tickets any more: stop trying."""
        ...


class ConflictRecords(Protocol):
    """Conflicts beside those that a decision carries."""

    async def add_losers(
        self, overruled: Sequence[tuple[RemoteId, LocalId, Sequence[Conflict]]]
    ) -> None:
        """Record conflicts of tickets that were resolved automatically."""
        ...

    async def close(self, remote_id: RemoteId, field: str, resolution: str, by: str) -> None:
        """Close an open conflict that a person, named ``by``, decided."""
        ...

    async def record_choices(
        self,
        remote_id: RemoteId,
        ticket_id: LocalId,
        decided: Sequence[Conflict],
        resolution: str,
        by: str,
    ) -> None:
        """Record what a person decided about fields, whether or not a conflict was open."""
        ...


class Quarantine(Protocol):
    """Tickets that failed in this direction."""

    async def add(self, failures: Sequence[TicketFailure]) -> Counts:
        """Quarantine tickets; the counts that this adds to the run (each ticket once)."""
        ...

    async def release(self, remote_ids: Sequence[RemoteId]) -> None:
        """Remove the entries of tickets that passed: they are not tried again."""
        ...

    async def release_moot(self, *, sent: SentNotes) -> None:
        """Remove tickets that have nothing to send any more."""
        ...

    async def forget_unlinked(self, remote_ids: Sequence[RemoteId]) -> None:
        """Remove tickets that were never linked and that QContact does not have."""
        ...


class NoteRecords(Protocol):
    """The state of each note on its way to QContact."""

    async def intend(
        self, note: Note, remote_id: RemoteId, key: str, equal_before: int | None
    ) -> None:
        """The note is about to be sent with this idempotency key."""
        ...

    async def settle(self, note: Note, remote_note_id: str | None) -> None:
        """The note has arrived, under this id if QContact gave one."""
        ...

    async def withdraw(self, note: Note) -> None:
        """The note was refused and has not arrived."""
        ...

    async def doubt(self, note: Note) -> None:
        """It cannot be found out whether the note arrived: a person decides."""
        ...

    async def list_unread(
        self, stamps: Mapping[RemoteId, datetime | None], *, is_forced: bool
    ) -> Sequence[RemoteId]:
        """Linked tickets that moved since their notes were read last.

        Args:
            stamps: QContact's stamp of each version; None: it has none, and counts as moved.
            is_forced: All linked ones.
        """
        ...

    async def read_known(
        self, remote_ids: Sequence[RemoteId], *, sent: SentNotes
    ) -> Mapping[RemoteId, KnownNotes]:
        """What is known of linked tickets' notes; other ids are left out."""
        ...

    async def receive(self, received: Sequence[ReceivedNotes]) -> None:
        """Record what lists of notes said; a note that came in before is not written again."""
        ...


class RunProgress(Protocol):
    """What the direction has done in this run."""

    async def add_counts(self, counts: Counts) -> None:
        """Add to the direction's counts."""
        ...

    async def count_sent(self, remote_ids: Sequence[RemoteId], updated: int) -> None:
        """These tickets are part of the outbound counts.

        Args:
            updated: So many of them as successful; nothing was sent of the others.
        """
        ...

    async def audit_sent(self, rows: Sequence[SentRow]) -> None:
        """Write the audit rows of what was sent.

        Raises:
            ChangeDropped: Some were not written, without an error; nothing may be committed.
        """
        ...

    async def settle_rows(self, digests: Mapping[RemoteId, str]) -> None:
        """The details of these tickets were read while the list showed rows with these digests."""
        ...

    async def settle_until(self, moment: datetime) -> None:
        """The window before this instant is settled; moves the cursor where the run may."""
        ...


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """One transaction; its parts share it, and it commits when its context ends well."""

    tickets: TicketRecords
    conflicts: ConflictRecords
    quarantine: Quarantine
    notes: NoteRecords
    progress: RunProgress
