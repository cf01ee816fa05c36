"""What the use cases need from FibreFlow's database, as Protocols."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from qcontact_sync.core.model import Direction, JobId, People, RemoteId, Window
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.unit_ports import NoteToSend, UnitOfWork
from qcontact_sync.core.walk import KnownRow


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for an account; ``fence`` grows with each holder."""

    account: str
    holder: str
    fence: int


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The process that holds an account's lease."""

    lease: Lease
    host: str
    pid: int


class Store(Protocol):
    """FibreFlow's database as the two directions use it."""

    def unit(
        self, job_id: JobId, direction: Direction, lease: Lease | None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction; without a lease it is read-only (a dry run)."""
        ...

    async def cursor_age(self, job_id: JobId) -> timedelta | None:
        """The time since the run that moved the cursor began; None if there is no cursor."""
        ...

    async def load_people(self) -> People:
        """FibreFlow's users by id and by name; a name that several have stands for none."""
        ...

    async def list_due(self, direction: Direction, limit: int) -> Sequence[RemoteId]:
        """Quarantined tickets whose next try is due."""
        ...

    async def resolve_ids(self, given: Sequence[str]) -> Mapping[str, RemoteId]:
        """QContact ids by FibreFlow uuid, ticket_uid or QContact id; unknown ones are left out."""
        ...

    async def list_pending(
        self, window: Window | None, remote_ids: Sequence[RemoteId] | None, *, sent: SentNotes
    ) -> Sequence[RemoteId]:
        """Tickets with something to send, oldest change first.

        Args:
            window: Limits to rows whose ``updated_at`` lies inside (dated runs).
            remote_ids: Limits to these.
            sent: Which notes go out.
        """
        ...

    async def list_notes_to_send(
        self, remote_ids: Sequence[RemoteId], *, sent: SentNotes
    ) -> Mapping[RemoteId, Sequence[NoteToSend]]:
        """Notes of these tickets that are to go out, oldest first."""
        ...

    async def read_listed_rows(
        self, job_id: JobId, finished: Collection[str]
    ) -> Mapping[RemoteId, KnownRow]:
        """What is remembered of all cases, where QContact's list is walked whole."""
        ...

    async def count_links(self, at_most: int | None = None) -> int:
        """The number of linked tickets, counted to ``at_most``; None: to the end."""
        ...


class Leases(Protocol):
    """The leases of accounts: one writer each."""

    async def take(self, account: str, holder: str) -> Lease | None:
        """The lease, or None if another holder has it."""
        ...

    async def renew(self, lease: Lease) -> bool:
        """Stay the holder; False if the lease is lost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Free the lease for the next writer."""
        ...

    async def holder(self, account: str) -> LeaseHolder | None:
        """The holder of the account's lease, if there is one."""
        ...

    async def evict(self, holder: LeaseHolder) -> None:
        """End the lease of a holder whose process has ended."""
        ...
