"""The parts of a decision about one ticket; `core.decide` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from qcontact_sync.core.comparison import Gap
from qcontact_sync.core.merge import FieldDecision
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    Base,
    FlipFlop,
    LocalTicket,
    RemoteTicket,
    SyncType,
)

MAX_FLIP_FLOPS = 3
"""A field is frozen when the sync's own writes went back and forth more often than this."""


class DecisionKind(StrEnum):
    """What happens to a ticket on FibreFlow's side."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    RELINK = "relink"
    """Only the link moves on: both sides already hold the same."""
    SKIP = "skip"
    LEAVE = "leave"
    """Done in QContact when it was first seen: the setting says not to create it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field that changed on both sides.

    Attributes:
        needs_you: An open conflict; False for one that was resolved automatically.
        loser: ``local`` or ``remote`` if resolved automatically.
    """

    field: str
    needs_you: bool
    local: str | None
    remote: str | None
    loser: str | None
    reason: str


class Adoption(StrEnum):
    """How the two sides of a row that is linked for the first time stand to each other."""

    AGREE = "agree"
    DIFFER = "differ"
    """In status or assignment, without a gap."""
    DONE_HERE = Gap.DONE_HERE.value
    DONE_THERE = Gap.DONE_THERE.value


class TicketDecision(NamedTuple):
    """Everything to be done to one ticket; a tuple, as `RemoteTicket`.

    Attributes:
        writes: FibreFlow's columns to set.
        sends: Fields to send to QContact, in its words; only outbound sends them. Values without
            a counterpart in QContact are left out.
        base: The base to store after ``writes``, without ``sends``.
        agreed: Fields with an open conflict on which the sides now agree.
        frozen: Fields with an open conflict from now on.
        flip_flops: The sync's own writes by field, to be stored with the link.
        adoption: Of a row that is linked for the first time.
        duplicates: Further rows with the same QContact id, which stay unlinked.
        closes, reopens: Whether ``closed_at`` is set (where null) or cleared.
        digest: Of the received object, where the base is afterwards what that says; "" otherwise.
    """

    remote: RemoteTicket
    kind: DecisionKind
    base: Base
    fingerprint: str
    local: LocalTicket | None = None
    writes: Mapping[str, str | None] = {}
    sends: Mapping[str, str | None] = {}
    fields: tuple[FieldDecision, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    agreed: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    flip_flops: Mapping[str, FlipFlop] = {}
    warnings: tuple[str, ...] = ()
    closes: bool = False
    reopens: bool = False
    adoption: Adoption | None = None
    duplicates: int = 0
    digest: str = ""

    @property
    def writes_ticket(self) -> bool:
        """Whether FibreFlow's row is created or changed."""
        return self.kind is DecisionKind.CREATE or bool(self.writes)

    @property
    def sync_type(self) -> SyncType:
        """The audit row's type: an inbound update is one row."""
        if self.kind is DecisionKind.CREATE:
            return SyncType.CREATE
        return SyncType.ASSIGNMENT if set(self.writes) == {ASSIGNED_TO} else SyncType.STATUS_UPDATE
