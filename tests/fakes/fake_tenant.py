"""A customer's QContact in memory: it cannot be asked what changed, and closes solved cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import STATUS, ListedRow, RemoteId, RemoteTicket
from qcontact_sync.core.rules import status_key

from tests.fakes.fake_qcontact import FakeQContact

ALL = ""
DAY_S = 86_400.0


@dataclass
class FakeTenant(FakeQContact):
    """A tenant whose cases have no stamp of change.

    Attributes:
        queues: The assignees whose cases a list shows, by id; `ALL` is the list of all cases.
        row_shows: The fields that a row of a list shows.
        closes_after_s: A case that is solved for so long is closed.
    """

    mapping: ClassVar[TicketMapping] = ENTITIES
    sends_assignment: ClassVar[bool] = False

    queues: Mapping[str, str | None] = field(default_factory=lambda: {ALL: None})
    row_shows: tuple[str, ...] = ("title", STATUS, "assigned_to")
    closes_after_s: float = 3 * DAY_S

    def add(self, **values: str | None) -> RemoteId:
        """A new case waits in the first queue."""
        return super().add(**{"assigned_to": next(iter(self.queues.values())), **values})

    def close_solved(self) -> None:
        """What the tenant does by itself."""
        latest = self.clock.monotonic() - self.closes_after_s
        for remote_id, case in self.tickets.items():
            if status_key(case.values[STATUS]) == "solved" and case.changed_s <= latest:
                self.edit(remote_id, status="Closed")
                # It may happen between a walk and a detail: the row is then behind.
                self.lagged[remote_id] = case.changed_s

    def seen(self, remote_id: RemoteId) -> RemoteTicket:
        case = self.tickets[remote_id]
        return RemoteTicket(remote_id, dict(case.values), None, {"versions": dict(case.versions)})

    def is_listed(self, remote_id: RemoteId) -> bool:
        """Whether the case belongs into one of the lists that are read."""
        assignee = self.tickets[remote_id].values["assigned_to"]
        is_watched = ALL in self.queues or assignee in self.queues.values()
        return is_watched and not self.tickets[remote_id].is_deleted

    def in_queue(self, queue: str) -> list[RemoteId]:
        """Newest first."""
        return [
            remote_id
            for remote_id, case in reversed(self.tickets.items())
            if not (case.is_deleted or remote_id in self.hidden)
            and queue in (ALL, self._queue_of(case.values["assigned_to"]))
        ]

    def _queue_of(self, assignee: str | None) -> str | None:
        return next((queue for queue, name in self.queues.items() if name == assignee), None)

    def row(self, remote_id: RemoteId) -> ListedRow:
        """What a list shows of a case, which may be behind what it is."""
        case, stale = self.tickets[remote_id], self.stale.get(remote_id)
        values = stale.values if stale else case.values
        shown = {name: values[name] for name in self.row_shows}
        return ListedRow(remote_id, repr(shown), case.created_at, shown.get(STATUS))

    def write(
        self, remote_id: RemoteId, fields: Mapping[str, str | None], versions: Mapping[str, int]
    ) -> RemoteTicket:
        """The sync's update; a closed case takes no status."""
        if STATUS in fields and status_key(self.shown(remote_id).values[STATUS]) == "closed":
            raise TicketError("the case is closed", ErrorCode.VALIDATION_ERROR)
        return super().write(remote_id, fields, versions)

    def tidied(self, name: str, value: str | None) -> str | None:
        return value
