"""One scene played twice, the second time with something that must make no difference."""

import asyncio
import logging
from functools import cache

import pytest
from qcontact_sync.core.model import RemoteId

from tests.fakes.fake_qcontact import FakeQContact
from tests.fakes.fake_tenant import FakeTenant
from tests.fakes.fake_world import Engine, FakeWorld

POISONED = "poisoned"


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


Kind = type[FakeQContact]
KINDS: dict[str, Kind] = {"tickets": FakeQContact, "entities": FakeTenant}
both = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def scene(
    kind: Kind, *, offsets: tuple[float, float, float] = (0, 0, 0), poison: str = ""
) -> FakeWorld:
    """Tickets that are known, and then every kind of work for a run to do.

    Args:
        kind: Which QContact it is.
        offsets: Of QContact's, the worker's and the database's clock.
        poison: What is wrong with the ticket that none of the others is about.
    """
    world = FakeWorld(kind)
    there, here = world.qcontact, world.fibreflow
    there.clock.offset_s, world.clock.offset_s, here.clock.offset_s = offsets
    names = ("edited", "sent", "noted", "conflict", "reopened", "assigned", "taken", POISONED)
    ids = {name: there.add(status="Open", title=name) for name in names}
    ann = here.add_user("Ann Nel")
    world.time.pass_by(2)
    world.run()
    rows = {name: here.links[remote_id].link.ticket_id for name, remote_id in ids.items()}
    here.edit(rows["reopened"], status="resolved")
    world.run()
    world.time.pass_by(400)
    there.edit(ids["edited"], title="edited there", status="Assigned")
    here.edit(rows["sent"], status="in_progress")
    here.add_note(rows["noted"], "first note")
    here.add_note(rows["noted"], "second note")
    there.edit(ids["conflict"], status="Assigned")
    here.edit(rows["conflict"], status="pending_qa")
    there.edit(ids["reopened"], status="Open")
    here.edit(rows["assigned"], assigned_to=ann)
    there.edit(ids["taken"], assigned_to="Ann Nel")
    here.edit(rows[POISONED], status="assigned")
    there.edit(ids[POISONED], title="poisoned there")
    there.add(status="New", title="created")
    here.add_row(there.add(status="Open", title="adopted"), status="assigned")
    if poison:
        getattr(there if hasattr(there, poison) else here, poison).add(ids[POISONED])
    world.time.pass_by(400)
    return world


def play(world: FakeWorld, engine: Engine | None = None) -> FakeWorld:
    """The run with all the work, and two after it."""
    asyncio.run((engine or world.engine()).carry_out(world.order()))
    for _ in range(2):
        world.time.pass_by(40)
        world.run()
    return world


def end_of(world: FakeWorld, *, without: RemoteId | None = None) -> dict[str, object]:
    """Both sides and what the sync remembers, without numbers and times."""
    here, there = world.fibreflow, world.qcontact
    names = {user: name for user, name in here.users.items()}
    ids = [i for i in there.tickets if i != without]
    return {
        "there": [(i, there.tickets[i].values, [n.content for n in there.notes[i]]) for i in ids],
        "here": [
            (i, {**row.values, "assigned_to": names.get(row.values["assigned_to"])})
            for i in ids
            if (row := here.row_of(i))
        ],
        "links": [
            (i, known.link.base.remote, known.link.base.local["status"], known.link.frozen)
            for i in ids
            if (known := here.links.get(i))
        ],
        "conflicts": {
            (c.remote_id, c.field, c.kind, c.local, c.remote, c.loser)
            for c in here.conflicts
            if c.remote_id != without
        },
        "quarantine": {(*key, e.code) for key, e in here.quarantine.items() if key[0] != without},
    }


@cache
def undisturbed(kind: Kind) -> FakeWorld:
    """Played once, and only looked at."""
    return play(scene(kind))


def steps_of_the_run(kind: Kind) -> list[str]:
    world = scene(kind)
    engine = world.engine()
    play(world, engine)
    return engine.gate.steps


STEPS = [
    pytest.param(kind, at, step, id=f"{name}-{at}-{step}")
    for name, kind in KINDS.items()
    for at, step in enumerate(steps_of_the_run(kind))
]


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("kind", "at", "step"), STEPS)
def test_a_crash_at_any_io_changes_nothing_in_the_end(
    kind: Kind, at: int, step: str, is_after: bool
) -> None:
    whole, crashed = undisturbed(kind), scene(kind)
    engine = crashed.engine(crash_at=at, is_after=is_after)
    play(crashed, engine)
    assert engine.gate.steps[-1] == step
    assert end_of(crashed) == end_of(whole)
    assert {run.status for run in crashed.fibreflow.runs.values()} <= {"success", "failed"}
    assert sorted(set(crashed.qcontact.writes)) == sorted(whole.qcontact.writes)


HOUR = 3_600


@both
@pytest.mark.parametrize(
    "offsets",
    [
        (-HOUR, 0, 0), (HOUR, 0, 0), (0, -HOUR, 0), (0, HOUR, 0), (0, 0, -HOUR), (0, 0, HOUR),
        (-30 * 86_400, 7_200, -0.5), (86_400, -86_400, 31),
    ],
    ids=str,
)  # fmt: skip
def test_clocks_change_nothing_in_the_end(offsets: tuple[float, float, float], kind: Kind) -> None:
    assert end_of(play(scene(kind, offsets=offsets))) == end_of(undisturbed(kind))


@both
@pytest.mark.parametrize("poison", ["refused", "malformed", "broken_rows"])
def test_a_poisoned_ticket_changes_nothing_for_the_others(poison: str, kind: Kind) -> None:
    poisoned, well = play(scene(kind, poison=poison)), undisturbed(kind)
    (alone,) = (i for i, t in well.qcontact.tickets.items() if "poisoned" in t.values["title"])
    assert end_of(poisoned, without=alone) == end_of(well, without=alone)
    assert {i for i, _ in poisoned.fibreflow.quarantine} == {alone}
