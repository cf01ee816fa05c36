"""The promises where QContact cannot be asked what changed (docs/guarantees.md)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from qcontact_sync.core.model import ASSIGNED_TO, Direction, RemoteId
from qcontact_sync.core.rules import status_key

from tests.fakes.fake_tenant import FakeTenant
from tests.proof.promises import OWNED, Promises


@dataclass
class TenantPromises(Promises):
    """Watches a world whose QContact is a tenant.

    Attributes:
        made_here: Numbers of the edits of FibreFlow's staff.
    """

    made_here: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.world.fibreflow.edited = self._edited_here

    def _edited_here(self, over: int, edit: int) -> None:
        self.history.add(over, edit)
        self.made_here.add(edit)

    @property
    def tenant(self) -> FakeTenant:
        assert isinstance(self.world.qcontact, FakeTenant)
        return self.world.qcontact

    def _is_shown(self, i: RemoteId, moment: datetime) -> bool:
        """Not where a row was behind its detail once: both may have gone back since, and the row
        is then the one that was settled. The case is read within a day.
        """
        return self.tenant.is_listed(i) and i not in self.tenant.lagged

    def _fields_shown(self) -> Collection[str]:
        return self.tenant.row_shows

    def _check_missing(self, i: RemoteId) -> None:
        if self.tenant.is_listed(i):
            super()._check_missing(i)

    def _is_status_same(self, here: str | None, there: str | None) -> bool:
        """Solved that closes by itself stays what it was here."""
        was_solved = status_key(there) == "closed" and super()._is_status_same(here, "Solved")
        return was_solved or super()._is_status_same(here, there)

    def _is_person_same(self, i: RemoteId, here: str | None) -> bool:
        """An assignee set in FibreFlow stays until the call centre assigns the ticket again."""
        row = self.world.fibreflow.row_of(i)
        is_kept = row is not None and row.versions[ASSIGNED_TO] in self.made_here
        return is_kept or super()._is_person_same(i, here)

    def check_day(self) -> None:
        """Within a day, what no row shows has come in for tickets that are not finished here."""
        for i, case in self.tenant.tickets.items():
            row = self.world.fibreflow.row_of(i)
            is_open = row is not None and not self.tenant.mapping.is_terminal(row.values["status"])
            if case.is_deleted or not is_open or self._waits(i) or self._is_out_of_reach(i):
                continue
            for name in OWNED:
                if row.values.get(name) != case.values[name]:
                    self._break(f"{i}: {name} {case.values[name]} did not come within a day")
        assert not self.broken, self.broken

    def _is_out_of_reach(self, i: RemoteId) -> bool:
        """It cannot be decoded, or FibreFlow's database refuses its row or keeps it locked."""
        here, known = self.world.fibreflow, self.world.fibreflow.links[i]
        is_locked = known.link.ticket_id in here.locks
        return is_locked or i in here.broken_rows or i in self.tenant.malformed

    def _waits(self, i: RemoteId) -> bool:
        return any((i, way) in self.world.fibreflow.quarantine for way in Direction)
