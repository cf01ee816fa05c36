"""Both sides in memory, and runs of the real engine between them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TypeVar

from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import Direction, RemoteId
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.core.windows import Trigger
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.abandoned import close_abandoned
from qcontact_sync.sync.choosing import Choosing, ChosenTicket
from qcontact_sync.sync.context import Run, SyncOptions, Work
from qcontact_sync.sync.leases import POLL_S, hold_lease
from qcontact_sync.sync.lifecycle import RunOrder

from tests.fakes.fake_fibreflow import FibreFlow
from tests.fakes.fake_gate import Crash, FakeClock, Gate, Time
from tests.fakes.fake_qcontact import FakeQContact
from tests.fakes.fake_remote import remote_of
from tests.fakes.fake_runs import FakeLeases, FakeRuns
from tests.fakes.fake_store import FakeStore

ACCOUNT = "default"
CLI = "cli"
PERSON = "a person"
Result = TypeVar("Result")
DEAD_PID = 2**22 + 1
"""Beyond the largest number that a process can have."""
OVERLAP = timedelta(minutes=5)
PAGE_SIZE = 3


class FakeWorld:
    """Two sides with clocks of their own, and a worker with another.

    Args:
        kind: Which QContact it is: its class is its dialect.
    """

    def __init__(self, kind: type[FakeQContact] = FakeQContact) -> None:
        self.time = Time()
        self.clock = FakeClock(self.time)
        versions = count(1)
        self.qcontact = kind(FakeClock(self.time), versions)
        self.fibreflow = FibreFlow(FakeClock(self.time), versions)
        policy = Policy(kind.mapping, sends_assignment=kind.sends_assignment)
        self.options = SyncOptions(policy, OVERLAP, PAGE_SIZE, connections=2, inbound_notes=True)
        self._orders = count(1)

    def order(self, trigger: Trigger = Trigger.MANUAL, **params: object) -> RunOrder:
        interval = params.pop("interval", None)
        return RunOrder(CLI, f"run {next(self._orders)}", trigger, params, interval)

    def engine(
        self,
        *,
        crash_at: int | None = None,
        is_after: bool = False,
        between: Mapping[int, Callable[[], Awaitable[None]]] | None = None,
        delays: Sequence[int] = (0,),
    ) -> "Engine":
        """A process of its own."""
        return Engine(self, Gate(self.time, crash_at, is_after, dict(between or {}), delays))

    def run(self, **params: object) -> "Engine":
        """One whole run that nobody disturbs."""
        engine = self.engine()
        asyncio.run(engine.carry_out(self.order(**params)))
        return engine

    async def choose(
        self, remote_id: RemoteId, keep: str, *, crash_at: int | None = None, is_after: bool = False
    ) -> Sequence[ChosenTicket]:
        """A person lets one side of a ticket win; QContact is read as it is.

        Returns:
            What was decided; nothing by a process that died.
        """
        gate = Gate(self.time, crash_at, is_after)
        leases = _Known(self.fibreflow, gate)
        chosen = await _lived(gate, self._choose(gate, leases, remote_id, keep))
        if chosen is None:
            leases.bury()
        return chosen or ()

    async def _choose(
        self, gate: Gate, leases: "_Known", remote_id: RemoteId, keep: str
    ) -> Sequence[ChosenTicket]:
        async with hold_lease(leases, ACCOUNT, self.clock, self._wait) as held:
            store = FakeStore(self.fibreflow, gate)
            remote = remote_of(self.qcontact, gate, store.seen, is_writing=True)
            choosing = Choosing(store, remote, self.options.policy, held.lease, PERSON, keep)
            return [chosen async for chosen in choosing.choose([remote_id])]

    async def _wait(self, seconds: float) -> None:
        """Until the lease of a run that died is over."""
        self.time.pass_by(seconds)

    def run_all(self, *engines: tuple["Engine", RunOrder]) -> None:
        """Runs that overlap."""

        async def together() -> None:
            await asyncio.gather(*(engine.carry_out(order) for engine, order in engines))

        asyncio.run(together())


@dataclass
class Engine:
    """One process and the run it carries out.

    Attributes:
        stats: What its directions returned; None where one broke.
        status: How its run ended; empty where it never did.
    """

    world: FakeWorld
    gate: Gate
    stats: dict[Direction, DirectionStats | None] = field(default_factory=dict)
    status: str = ""

    async def carry_out(self, order: RunOrder) -> None:
        """The whole run, or as much of it as there was before the process died."""
        leases = _Known(self.world.fibreflow, self.gate)
        if await _lived(self.gate, self._carry_out(order, leases)) is None:
            leases.bury()
            runs = self.world.fibreflow.runs
            if run := runs.get(lifecycle.job_id_of(order.dag_id, order.run_id)):
                run.pid = DEAD_PID

    async def _carry_out(self, order: RunOrder, leases: "_Known") -> bool:
        world = self.world
        runs = FakeRuns(world.fibreflow, self.gate)
        key, request, opened = await lifecycle.start(runs, world.clock, ACCOUNT, order)
        await close_abandoned(runs, key, CLI, None)
        window = opened.window
        run = Run(
            key.job_id, request, window.window, window.moves_cursor, window.is_dated,
            window.ends_now, opened.settled_until, order.trigger is Trigger.SCHEDULED,
        )  # fmt: skip
        for direction in request.directions:
            async with hold_lease(leases, ACCOUNT, world.clock, self._sleep) as held:
                store = FakeStore(world.fibreflow, self.gate)
                is_writing = direction is Direction.OUTBOUND
                remote = remote_of(world.qcontact, self.gate, store.seen, is_writing=is_writing)
                resumed = run.resumed_at(await runs.read_progress(run.job_id))
                work = Work(resumed, world.options, remote, store, held)
                try:
                    self.stats[direction] = await lifecycle.carry_out(runs, direction, work)
                except SyncError:
                    self.stats[direction] = None
        settlement, _ = await lifecycle.finish(runs, run)
        self.status = settlement.status.value
        return True

    async def _sleep(self, seconds: float) -> None:
        """Waiting for another run: time goes by, and the other goes on."""
        self.world.time.pass_by(seconds)
        for _ in range(round(seconds / POLL_S)):
            await asyncio.sleep(0)


class _Known(FakeLeases):
    """Leases that remember who asked for them: a dead process is known by these names."""

    def __init__(self, fibreflow: FibreFlow, gate: Gate) -> None:
        super().__init__(fibreflow, gate)
        self.holders: set[str] = set()

    async def take(self, account, holder):
        self.holders.add(holder)
        return await super().take(account, holder)

    def bury(self) -> None:
        """What the operating system does: the test's process lives on, this one is gone."""
        lease = self._here.leases.get(ACCOUNT)
        if lease and lease.holder in self.holders:
            lease.pid = DEAD_PID


async def _lived(gate: Gate, work: Coroutine[None, None, Result]) -> Result | None:
    """What a process comes to; None where it died before."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    running = asyncio.ensure_future(work)
    dying = asyncio.ensure_future(gate.died.wait())
    await asyncio.wait((running, dying), return_when=asyncio.FIRST_COMPLETED)
    dying.cancel()
    if not gate.died.is_set():
        return await running
    running.cancel()
    with suppress(Crash, asyncio.CancelledError):
        await running
    return None
