"""A dry run's unit of work plans what a real one writes, and writes nothing."""

from uuid import uuid4

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.decide import decide
from qcontact_sync.core.errors import Contention, ErrorCode, SyncError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    Direction,
    JobId,
    LocalId,
    Note,
    People,
    RemoteId,
    RemoteTicket,
    SyncType,
)
from qcontact_sync.core.note_rules import SENT
from qcontact_sync.core.plan import Plan, Sign
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import TicketFailure
from qcontact_sync.sync.planning import planned

from tests.fakes.fake_gate import Gate
from tests.fakes.fake_store import FakeStore
from tests.fakes.fake_world import FakeWorld

NEW = RemoteTicket(RemoteId("1001"), {"title": "No light", "status": "Open"})
BAD = TicketFailure(
    RemoteId("1002"), SyncType.CREATE, ErrorCode.VALIDATION_ERROR, "title is missing"
)


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


def planning(world: FakeWorld, plan: Plan):
    store = FakeStore(world.fibreflow, Gate(world.time))
    return planned(store.unit(JobId(uuid4()), Direction.INBOUND, None), plan)


async def write_all(unit) -> None:
    known = await unit.tickets.look_up([(NEW, "v")], force=False)
    decision = decide(NEW, known[NEW.id], People({}, {}), Policy(TICKETS))
    await unit.tickets.write([decision])
    assert await unit.quarantine.add([BAD]) == Counts()
    await unit.quarantine.release([NEW.id])
    await unit.quarantine.release_moot(sent=SENT)
    await unit.quarantine.forget_unlinked([BAD.remote_id])
    await unit.tickets.mark_gone([BAD.remote_id])
    await unit.tickets.renew_marks(sent=SENT, compares_all=True)
    await unit.progress.add_counts(Counts(successful=1, created=1))
    await unit.progress.settle_until(NEW.updated_at)


async def test_writes_are_planned_when_the_unit_ends(world: FakeWorld) -> None:
    plan = Plan()
    async with planning(world, plan) as unit:
        await write_all(unit)
        assert (plan.counts[Sign.CREATE], plan.would_fail) == (0, 0)
    assert (plan.counts[Sign.CREATE], plan.would_fail) == (1, 1)
    assert (world.fibreflow.tickets, world.fibreflow.quarantine) == ({}, {})


async def test_failed_unit_plans_nothing(world: FakeWorld) -> None:
    plan = Plan()

    async def fail_after_all_writes() -> None:
        async with planning(world, plan) as unit:
            await write_all(unit)
            raise Contention("repeat it", ErrorCode.DATABASE_ERROR)

    with pytest.raises(Contention):
        await fail_after_all_writes()
    assert (plan.counts[Sign.CREATE], plan.would_fail) == (0, 0)


async def test_write_that_is_not_planned_is_refused(world: FakeWorld) -> None:
    note = Note(uuid4(), LocalId(uuid4()), "On site at ten", is_internal=False)
    async with planning(world, Plan()) as unit:
        with pytest.raises(SyncError):
            await unit.notes.intend(note, NEW.id, "key", 0)
