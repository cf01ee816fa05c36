"""How values translate between QContact and FibreFlow (source: contract/fibreflow.md, "Mappings").

The two status maps are not inverse, which is why a base keeps both halves.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from qcontact_sync.core.model import People

TERMINAL_RANK = 7
_RANK = {
    "open": 0, "assigned": 1, "in_progress": 2, "qa_rejected": 2, "pending_qa": 3,
    "qa_in_progress": 3, "qa_approved": 4, "pending_handover": 5, "handed_to_ops": 6,
    "resolved": 7, "closed": 8, "cancelled": 8,
}  # fmt: skip

_LOCAL_STATUS = {
    "new": "open", "open": "open", "pending": "open", "pendingcustomer": "open",
    "pendingcustomerresponse": "open", "assigned": "assigned", "inprogress": "in_progress",
    "escalated": "in_progress", "pendingcompanyresponse": "in_progress",
    "inreview": "pending_qa", "reviewed": "qa_approved", "solved": "resolved",
    "resolved": "resolved", "closed": "closed", "cancelled": "cancelled",
    "unsolvednoresponse": "cancelled",
}  # fmt: skip

_PRIORITIES = frozenset({"low", "normal", "high", "urgent", "critical"})
_TICKET_TYPES = {
    "maintenance": "maintenance",
    "installation": "new_installation",
    "new_installation": "new_installation",
    "newinstallation": "new_installation",
    "modification": "modification",
    "ont_swap": "ont_swap",
    "incident": "incident",
}
MAX_LENGTH = {
    "title": 255, "dr_number": 50, "pole_number": 50, "pon_number": 50, "ont_serial": 100,
}  # fmt: skip
CUT_MARK = "…"


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A dialect's words for FibreFlow's statuses.

    Attributes:
        moves_on: Steps that QContact takes by itself, as pairs of `status_key`.
        final: Statuses (`status_key`) in which a ticket takes no change of status any more.
    """

    remote_by_local: Mapping[str, str]
    moves_on: frozenset[tuple[str, str]] = frozenset()
    final: frozenset[str] = frozenset()

    def to_remote(self, local: str) -> str | None:
        """The remote word, or None for a status that has none."""
        return self.remote_by_local.get(local)


TICKETS_WORDS = StatusWords(
    {
        **{s: s for s in ("open", "assigned", "in_progress", "closed", "cancelled")},
        **dict.fromkeys(("pending_qa", "qa_in_progress"), "in_review"),
        "qa_rejected": "in_progress",
        **dict.fromkeys(("qa_approved", "pending_handover"), "reviewed"),
        **dict.fromkeys(("handed_to_ops", "resolved"), "solved"),
    }
)
ENTITIES_WORDS = StatusWords(
    {
        "open": "Open",
        "assigned": "Assigned",
        **dict.fromkeys(("in_progress", "qa_rejected"), "InProgress"),
        **dict.fromkeys(("pending_qa", "qa_in_progress"), "InReview"),
        **dict.fromkeys(("qa_approved", "pending_handover"), "Reviewed"),
        **dict.fromkeys(("handed_to_ops", "resolved", "closed", "cancelled"), "Solved"),
    },
    moves_on=frozenset({("solved", "closed")}),
    final=frozenset({"closed"}),
)


# Functions with few distinct arguments are cached: a first import calls them a million times.
@lru_cache(maxsize=1_024)
def status_key(word: str | None) -> str:
    """A remote status without case, spaces, ``-`` and ``_``: equal keys are one status."""
    return re.sub(r"[\s_-]+", "", word or "").lower()


def to_local_status(word: str | None) -> str | None:
    """FibreFlow's status for a remote word; None for an unknown word."""
    return _LOCAL_STATUS.get(status_key(word))


def rank(local_status: str | None) -> int:
    """How advanced a FibreFlow status is; a status this package does not know ranks lowest."""
    return _RANK.get(local_status or "", 0)


def is_terminal(local_status: str | None) -> bool:
    """Whether work on the ticket has ended."""
    return rank(local_status) >= TERMINAL_RANK


TERMINAL = tuple(status for status, its_rank in _RANK.items() if its_rank >= TERMINAL_RANK)
"""FibreFlow's statuses that end a ticket."""


class Mapped(NamedTuple):
    """An owned field's local value; a tuple, since every field of every new ticket becomes one.

    Attributes:
        fits: False if the column cannot hold the remote value; it is then left as it is.
        warning: For the audit row; never contains the value.
    """

    value: str | None = None
    fits: bool = True
    warning: str | None = None


_NOTHING = Mapped()


def to_local_owned(field: str, value: str | None) -> Mapped:
    """Map one of QContact's own fields to FibreFlow's column of that name."""
    if field == "priority":
        return _priority(value)
    if field == "ticket_type":
        return _ticket_type(value)
    if value is None:
        return _NOTHING
    if field in ("project_id", "zone_id"):
        return _uuid(field, value)
    if field == "gps_coordinates":
        return _coordinates(value)
    return _text(field, value)


@lru_cache(maxsize=1_024)
def _ticket_type(value: str | None) -> Mapped:
    return Mapped(_TICKET_TYPES.get((value or "").strip().lower(), "maintenance"))


@lru_cache(maxsize=1_024)
def _priority(value: str | None) -> Mapped:
    word = (value or "").strip().lower()
    if word in _PRIORITIES:
        return Mapped(word)
    warning = "unknown priority, treated as normal" if word not in ("", "medium") else None
    return Mapped("normal", warning=warning)


@lru_cache(maxsize=4_096)
def _uuid(field: str, value: str) -> Mapped:
    try:
        parsed = UUID(value)
    except ValueError:
        parsed = None
    # UUID() reads digits as int() does: with signs, underscores and 0x among them.
    if parsed is None or parsed.hex not in value.replace("-", "").lower():
        return Mapped(fits=False, warning=f"{field} is not a UUID; not changed")
    return Mapped(str(parsed))


def _coordinates(value: str) -> Mapped:
    try:
        lat, lon = (float(part) for part in value.split(","))
    except ValueError:
        lat = lon = math.nan
    if abs(lat) <= 90 and abs(lon) <= 180:
        return Mapped(point_text(lat, lon))
    return Mapped(fits=False, warning="gps_coordinates are not two numbers in range; not changed")


def point_text(latitude: float, longitude: float) -> str:
    """The canonical text of a point: equal points have equal texts."""
    return ",".join(repr(number + 0.0).removesuffix(".0") for number in (latitude, longitude))


def _text(field: str, value: str) -> Mapped:
    limit = MAX_LENGTH.get(field)
    if limit is None or len(value) <= limit:
        return Mapped(value)
    return Mapped(
        value[: limit - len(CUT_MARK)] + CUT_MARK, warning=f"{field} cut to {limit} characters"
    )


def is_same_status(local: str | None, remote: str | None, words: StatusWords) -> bool:
    """Whether either status translates into the other."""
    if local is None or remote is None:
        return local is remote
    word = words.to_remote(local)
    return to_local_status(remote) == local or (
        word is not None and status_key(word) == status_key(remote)
    )


def is_same_person(local: str | None, remote: str | None, people: People) -> bool:
    """Whether a user id and a display name are the same person, or both None."""
    if local is None or remote is None:
        return local is remote
    return people.name_by_id.get(local) == remote
