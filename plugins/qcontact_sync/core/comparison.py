"""The result of comparing both sides of one ticket, as values; `core.compare` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import SYNCED_FIELDS, Direction, RemoteId

NOTE = "note"
"""The name, among the fields, of notes that are not sent yet."""
_LONG_TEXTS = ("description", "address")


class Standing(StrEnum):
    """The standing of a ticket, or of one field: how its two sides compare."""

    SAME = "same"
    PENDING = "pending"
    """The next run carries the difference over."""
    WAITS = "waits"
    """For a person's decision, or in quarantine."""
    DIFFERS = "differs"
    """The sync does nothing about it by itself: it differed when linked, or was overwritten."""
    ONLY_QCONTACT = "only_qcontact"
    ONLY_FIBREFLOW = "only_fibreflow"


class Gap(StrEnum):
    """A status that differs for good, where one side has ended the ticket."""

    DONE_HERE = "done_here"
    """Done in FibreFlow, open in QContact."""
    DONE_THERE = "done_there"
    """Done in QContact, open in FibreFlow."""


GAP_WORDS: Mapping[Gap, str] = MappingProxyType(
    {
        Gap.DONE_HERE: "done in FibreFlow, open in QContact",
        Gap.DONE_THERE: "open in FibreFlow, done in QContact",
    }
)
"""The words for a gap, in every text."""


def gap_between(local: str | None, remote: str | None, mapping: TicketMapping) -> Gap | None:
    """Which side alone has ended the ticket, by its status there.

    None also where QContact's word is unknown: it tells nothing.
    """
    there = mapping.to_local_status(remote)
    is_done_here, is_done_there = mapping.is_terminal(local), mapping.is_terminal(there)
    if there is None or is_done_here is is_done_there:
        return None
    return Gap.DONE_HERE if is_done_here else Gap.DONE_THERE


@dataclass(frozen=True, slots=True)
class RecordedState:
    """What the sync's record says about a ticket.

    Attributes:
        inbound, outbound: Error code of its entry in quarantine, by direction.
        is_pending: The next run sends something of it.
        is_listed: It is among the tickets that QContact lists for this account.
        settled_until: Every change in QContact before this instant was brought in; None where
            that is not known from an instant.
    """

    inbound: str | None = None
    outbound: str | None = None
    is_pending: bool = False
    is_listed: bool = True
    settled_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """One field that is not the same on both sides, as a person reads it.

    Attributes:
        local, remote: A user by the full name; of a long text only its length.
        way: Where a pending one goes.
    """

    field: str
    standing: Standing
    local: str | None
    remote: str | None
    reason: str
    way: Direction | None = None


class TicketComparison(NamedTuple):
    """One ticket on both sides; a tuple, since every ticket becomes one.

    Attributes:
        remote_id: None of a FibreFlow row without a QContact id.
        fields: Those that are not the same.
        reason: Why, where it is not the fields'.
        gap: See `Gap`.
        version: Changes when either side, as far as the sync has seen it, changes.
    """

    remote_id: RemoteId | None
    ticket_uid: str | None
    standing: Standing
    fields: tuple[FieldComparison, ...] = ()
    reason: str = ""
    gap: Gap | None = None
    version: str = ""

    @property
    def ways(self) -> tuple[Direction, ...]:
        """Where what is pending goes."""
        return tuple(dict.fromkeys(field.way for field in self.fields if field.way))

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "qcontact_ticket_id": self.remote_id,
            "ticket_uid": self.ticket_uid,
            "standing": self.standing.value,
            "gap": self.gap.value if self.gap else None,
            "reason": self.reason,
            "fields": [
                {
                    "field": f.field,
                    "standing": f.standing.value,
                    "direction": f.way.value if f.way else None,
                    "fibreflow": f.local,
                    "qcontact": f.remote,
                    "reason": f.reason,
                }
                for f in self.fields
            ],
        }


def only_here(
    remote_id: RemoteId | None, ticket_uid: str | None, reason: str, version: str = ""
) -> TicketComparison:
    """A FibreFlow row that has no counterpart in QContact."""
    return TicketComparison(
        remote_id, ticket_uid, Standing.ONLY_FIBREFLOW, reason=reason, version=version
    )


def without_text(field: str, value: str | None) -> str | None:
    """A value to be shown; of a text that may name people only its length.

    What a mapping file's own columns hold is not known here: a name, a phone number.
    """
    if value is not None and (field in _LONG_TEXTS or field not in SYNCED_FIELDS):
        return f"({len(value)} characters)"
    return value
