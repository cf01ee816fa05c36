"""The same machine where QContact is a customer's tenant, whose list is walked whole."""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.fakes.fake_tenant import ALL, FakeTenant
from tests.fakes.fake_world import FakeWorld
from tests.proof.sync_machine import NAMES, SyncMachine, Tally, which
from tests.proof.tenant_promises import TenantPromises

HOUR_S = 3_600.0
QUEUES = {"21": "Field Maintenance", "22": "Installations"}
COLUMNS = (("title", "status", "assigned_to"), ("title", "assigned_to"))


class TenantMachine(SyncMachine):
    """One tenant and its database."""

    kind: ClassVar[type[FakeTenant]] = FakeTenant
    tally = Tally()
    quiet_s = 31 * 86_400
    """The last look at a finished case may be a month ago."""

    @initialize(queues=st.sampled_from(({ALL: None}, QUEUES)), columns=st.sampled_from(COLUMNS))
    def open_up(self, queues: dict[str, str | None], columns: tuple[str, ...]) -> None:
        world = FakeWorld(self.kind)
        self.tenant_promises = TenantPromises(world)
        self.tenant.queues, self.tenant.row_shows = queues, columns
        self.tenant.closes_after_s = HOUR_S
        self._open(world, self.tenant_promises)

    @property
    def tenant(self) -> FakeTenant:
        return self.tenant_promises.tenant

    @rule(number=which, team=st.sampled_from((*QUEUES.values(), *NAMES)))
    def hand_over(self, number: int, team: str | None) -> None:
        self._edit_there(self._there(number), assigned_to=team)

    @rule(number=which)
    def describe_there(self, number: int) -> None:
        """No row shows it."""
        self._edit_there(self._there(number), description=self._title())

    @rule()
    def solved_cases_close(self) -> None:
        self.world.time.pass_by(2 * HOUR_S)
        self.tenant.close_solved()

    @rule()
    def a_day_goes_by(self) -> None:
        """With a run every six hours, and one at its end."""
        self.world.qcontact.faults.clear()
        for _ in range(5):
            self._run(self.world.order())
            self.world.time.pass_by(6 * HOUR_S)
        self.tenant_promises.check_day()
