"""The output of a list reader. Inbound consumes it and does not know how the list is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import RemoteId


@dataclass(frozen=True, slots=True)
class PageDelta:
    """Tickets that one page added to what was read before.

    Attributes:
        malformed: ``(id or "", reason)`` of tickets that could not be decoded.
        doubted: Ids of tickets whose listed version may be stale: they are read again by id.
        settled_until: Everything before this instant has been handed out; None: not known yet.
        expected: Number of tickets to come, for progress; the first delta's counts.
        unread: Tickets that were asked for by id and not shown, with the error.
        digests: Of a list that is walked whole: digest of the row that each ticket had in it.
        unchanged: Number of tickets that are taken as they are, because their rows are.
    """

    tickets: tuple[Listed, ...] = ()
    malformed: tuple[tuple[str, str], ...] = ()
    doubted: frozenset[RemoteId] = frozenset()
    settled_until: datetime | None = None
    expected: int = 0
    unread: tuple[tuple[RemoteId, SyncError], ...] = ()
    digests: Mapping[RemoteId, str] = field(default_factory=dict)
    unchanged: int = 0
