"""The sync's values: tickets, links, bases, windows, runs.

Instants are aware UTC. Text is canonical (`core.canon`). Field names are FibreFlow's column
names on both sides, so `ticket_type` holds QContact's category in a remote half.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, NewType
from uuid import UUID

if TYPE_CHECKING:
    from qcontact_sync.core.listed import Listed

RemoteId = NewType("RemoteId", str)
LocalId = NewType("LocalId", UUID)
JobId = NewType("JobId", UUID)

OUTSIDE_RUNS = JobId(UUID(int=0))
"""The job id of changes that a person makes outside any run."""

STATUS = "status"
ASSIGNED_TO = "assigned_to"
TWO_WAY_FIELDS = (STATUS, ASSIGNED_TO)
OWNED_FIELDS = (
    "title",
    "description",
    "priority",
    "ticket_type",
    "address",
    "dr_number",
    "pole_number",
    "pon_number",
    "project_id",
    "zone_id",
    "gps_coordinates",
    "ont_serial",
)
"""QContact's own fields: inbound only."""
SYNCED_FIELDS = TWO_WAY_FIELDS + OWNED_FIELDS


class Direction(StrEnum):
    """The direction in which changes go."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class SyncType(StrEnum):
    """The type of an audit row or a failure (the words of ``qcontact_sync_log``)."""

    CREATE = "create"
    STATUS_UPDATE = "status_update"
    ASSIGNMENT = "assignment"
    NOTE_ADD = "note_add"
    FULL_SYNC = "full_sync"


KIND_OF_FIELD = {STATUS: SyncType.STATUS_UPDATE, ASSIGNED_TO: SyncType.ASSIGNMENT}
"""What kind of write it is to send a two-way field."""


class RunStatus(StrEnum):
    """The state of a run; all but RUNNING are final."""

    RUNNING = "running"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"


class RemoteTicket(NamedTuple):
    """One version of a QContact ticket; a tuple, since a first import makes a million of them.

    Attributes:
        values: Canonical text by field name. A field that the answer leaves out is no key and is
            never cleared; an explicit null or empty text is ``None``.
        payload: For the audit row: the ticket as received, without customer fields.
        warnings: What was dropped or cut when it was decoded, by field name and never by value.
        reference: The case reference that people use, if QContact has a field for it; None if it
            may be in the title or the id.
        digest: As `ListedTicket`; "" where it was not read from a list.
    """

    id: RemoteId
    values: Mapping[str, str | None]
    updated_at: datetime | None = None
    payload: Mapping[str, object] = {}
    warnings: tuple[str, ...] = ()
    reference: str | None = None
    digest: str = ""

    @property
    def weight(self) -> int:
        """Characters of its text: what it takes in memory, in proportion."""
        return sum(map(len, filter(None, self.values.values())))


@dataclass(frozen=True, slots=True)
class LocalTicket:
    """The fields of a FibreFlow row that the sync reads.

    Attributes:
        values: By field name; uuids and coordinates as text (``"lat,lon"``).
    """

    id: LocalId
    ticket_uid: str
    values: Mapping[str, str | None]


class Base(NamedTuple):
    """Both sides' values of each field when the sides last agreed; a tuple, as `RemoteTicket`.

    Attributes:
        local: FibreFlow's halves of the two-way fields.
        remote: QContact's halves of all synced fields.
    """

    local: Mapping[str, str | None]
    remote: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class FlipFlop:
    """The sync's own writes to one field, to detect two automations that undo each other.

    Attributes:
        older, newer: FibreFlow's values after the last two writes that differed.
        count: How often in a row a write went back from ``newer`` to ``older``.
    """

    older: str | None
    newer: str | None
    count: int = 0

    def after(self, value: str | None) -> "FlipFlop":
        """The same after one more write by the sync."""
        if value == self.newer:
            return self
        is_back = value == self.older
        return FlipFlop(self.newer, value, self.count + 1 if is_back else 0)


@dataclass(frozen=True, slots=True)
class Link:
    """The connection of a remote and a local ticket, with what they last agreed on.

    Attributes:
        fingerprint: Digest of ``base.remote`` (`core.fingerprint`).
        remote_updated_at: Highest stamp of a remote version believed so far; not the newest
            version's if QContact's clock was set back.
        frozen: Fields with an open conflict.
        flip_flops: By field, for fields that the sync changed before.
    """

    remote_id: RemoteId
    ticket_id: LocalId
    base: Base
    fingerprint: str
    remote_updated_at: datetime | None = None
    frozen: frozenset[str] = frozenset()
    flip_flops: Mapping[str, FlipFlop] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """What the sync knows about one QContact ticket.

    Attributes:
        link: None if the ticket was never linked.
        local: FibreFlow's row; None if there is none, or it was deleted.
        unlinked: Rows with this QContact id and no link, oldest first (adoption).
        version: What a refusal is remembered by; changes when either side changes. Set by
            `read_linked`; `outbound.version_with` adds the notes.
        is_counted: It is already in the counts of this run and direction.
        has_failed: It is in quarantine, a failure of this run, or known as gone: `release` has
            something to end. Set by `read_linked`.
        is_unchanged: Its listed values equal the base's; link and local are left out then.
        is_hidden: A policy may hide the row, so that ``local`` of None does not mean deleted.
    """

    link: Link | None = None
    local: LocalTicket | None = None
    unlinked: tuple[LocalTicket, ...] = ()
    version: str = ""
    is_counted: bool = False
    has_failed: bool = False
    is_unchanged: bool = False
    is_hidden: bool = False

    @property
    def linked(self) -> Link:
        """The link of a ticket that is known to have one.

        Raises:
            ValueError: It has none.
        """
        if self.link is None:
            raise ValueError("the ticket has no link")
        return self.link


@dataclass(frozen=True, slots=True)
class Note:
    """A FibreFlow note to be sent."""

    id: UUID
    ticket_id: LocalId
    content: str
    is_internal: bool
    author_id: str | None = None


@dataclass(frozen=True, slots=True)
class RemoteNote:
    """A note in QContact's list.

    Attributes:
        author: The name of who wrote it, if the list says.
        written_at: When, aware UTC, if the list says.
    """

    id: str
    content: str
    is_internal: bool
    author_id: str | None = None
    author: str | None = None
    written_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the ticket list.

    Attributes:
        tickets: Decoded one by one, or not yet.
        malformed: ``(id or "", reason)`` of those that could not be decoded.
        total: Number of matching tickets at that moment, according to the server.
        page_size: According to the server; it may be less than requested.
        server_time: The ``Date`` header, if there is one.
    """

    tickets: "tuple[Listed, ...]"
    total: int
    page: int
    page_size: int
    has_more: bool
    malformed: tuple[tuple[str, str], ...] = ()
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A ticket as a list shows it that has no details: enough to see that it changed.

    Attributes:
        digest: Of everything the row shows; the same for two equal rows, however they are ordered.
        status: QContact's word; None where the list has no such column.
    """

    id: RemoteId
    digest: str
    created_at: datetime | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class RowPage:
    """One answer of a list that is walked whole.

    Attributes:
        malformed: ``(id or "", reason)`` of rows that cannot be used.
        count: Rows of the whole list at that moment, as the server says; a hint.
        page, page_size: As the server says, else as asked for.
        pages: As the server says; a hint.
        server_time: The ``Date`` header, if there was one.
    """

    rows: tuple[ListedRow, ...]
    page: int
    page_size: int
    count: int | None = None
    pages: int | None = None
    malformed: tuple[tuple[str, str], ...] = ()
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open ``[start, end)``; a ``start`` of None is the beginning of time."""

    start: datetime | None
    end: datetime

    def __str__(self) -> str:
        """As the log shows it."""
        start = self.start.isoformat(timespec="seconds") if self.start else "beginning"
        return f"[{start}, {self.end.isoformat(timespec='seconds')})"


@dataclass(frozen=True, slots=True)
class People:
    """FibreFlow's users and their full names.

    Attributes:
        name_by_id: User id (text) to full name; ``None`` where the user has none.
        id_by_name: Full name to user id, only names that exactly one user has.
    """

    name_by_id: Mapping[str, str | None]
    id_by_name: Mapping[str, str]
