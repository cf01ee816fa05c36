"""Which steps of a pass wait for each other, and which are taken at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tests.fakes.fake_gate import Gate
from tests.fakes.fake_world import Engine, FakeWorld

TICKETS = 6


@dataclass
class CountingGate(Gate):
    """Remembers how many writes were under way when each began, and when each ended."""

    running: int = 0
    seen: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def io(self, name: str) -> AsyncIterator[None]:
        if name != "write a ticket":
            async with super().io(name):
                yield
            return
        self.running += 1
        self.seen.append(f"begins as {self.running}")
        async with super().io(name):
            for _ in range(TICKETS):
                await asyncio.sleep(0)
            yield
        self.running -= 1
        self.seen.append("ends")


def changed_here(status: str) -> FakeWorld:
    """A world with linked tickets that FibreFlow has changed."""
    world = FakeWorld()
    world.options = replace(world.options, connections=TICKETS)
    tickets = [world.qcontact.add(status="New") for _ in range(TICKETS)]
    world.time.pass_by(2)
    world.run()
    for ticket in tickets:
        world.fibreflow.edit(world.fibreflow.links[ticket].link.ticket_id, status=status)
    return world


def test_only_the_first_write_of_a_pass_is_alone() -> None:
    """An account that may not write is found out by a few refusals; others are not slowed down."""
    world = changed_here("assigned")
    gate = CountingGate(world.time)
    asyncio.run(Engine(world, gate).carry_out(world.order()))
    assert gate.seen[:2] == ["begins as 1", "ends"]
    assert f"begins as {TICKETS - 1}" in gate.seen


def test_edits_that_are_overruled_are_recorded_together() -> None:
    world = changed_here("in_progress")
    for ticket in world.qcontact.tickets:
        world.qcontact.edit(ticket, status="Assigned")
    gate = Gate(world.time, delays=(3,))
    asyncio.run(Engine(world, gate).carry_out(world.order(sync_direction="outbound")))
    commits = [step for step in gate.steps if "add losers" in step]
    assert 0 < len(commits) < TICKETS
    assert len(world.fibreflow.conflicts) == TICKETS
