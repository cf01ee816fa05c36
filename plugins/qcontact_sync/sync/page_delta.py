"""The output of a list reader. Inbound consumes it and does not know how the list is read."""

from dataclasses import dataclass
from datetime import datetime

from qcontact_sync.core.model import RemoteId, RemoteTicket


@dataclass(frozen=True, slots=True)
class PageDelta:
    """Tickets that one page added to what was read before.

    Attributes:
        malformed: ``(id or "", reason)`` of tickets that could not be decoded.
        doubted: Ids of tickets whose listed version may be stale: they are read again by id.
        settled_until: Everything before this instant has been handed out; None: not known yet.
        expected: Number of tickets to come, for progress; the first delta's counts.
    """

    tickets: tuple[RemoteTicket, ...] = ()
    malformed: tuple[tuple[str, str], ...] = ()
    doubted: frozenset[RemoteId] = frozenset()
    settled_until: datetime | None = None
    expected: int = 0
