"""The engine put together from its parts, where a test has one of its own to put in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction
from qcontact_sync.core.ports import Clock, Remote
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.host_schema import HostSchema
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.run_store import PostgresRunStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.services.wiring import SystemClock, host_schema, open_remote, sync_options
from qcontact_sync.sync import lifecycle
from qcontact_sync.sync.context import Run, Work
from qcontact_sync.sync.leases import hold_lease

from tests.integration.sync_world import World


class SkippingClock(SystemClock):
    """Its `sleep` lets the time pass instead of waiting for it."""

    def __init__(self) -> None:
        self._skipped_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped_s

    async def sleep(self, seconds: float) -> None:
        end = self.monotonic() + seconds
        await asyncio.sleep(0)
        self._skipped_s += max(0.0, end - self.monotonic())


@dataclass(frozen=True)
class Engine:
    """Carries directions out with these parts."""

    world: World
    database: Callable[[str, HostSchema], Database] = Database
    seen_as: Callable[[Remote], Remote] = lambda remote: remote
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def carry_out(self, *directions: Direction) -> list[DirectionStats]:
        """The directions of one run, one after the other.

        Raises:
            SyncError: As `lifecycle.carry_out` does.
        """
        run = Run.from_dict(self.world.start(self.world.order()))

        async def all_of_them() -> list[DirectionStats]:
            return [await self._carry_out(run, direction) for direction in directions]

        return asyncio.run(all_of_them())

    def run_whole(self) -> dict[str, object]:
        """Both directions, whatever becomes of them, and the end of the run."""
        run = self.world.start(self.world.order())
        for direction in Direction:
            with suppress(SyncError):
                asyncio.run(self._carry_out(Run.from_dict(run), direction))
        return self.world.finish(run)

    async def _carry_out(self, run: Run, direction: Direction) -> DirectionStats:
        world = self.world
        async with (
            self._opened() as database,
            self._opened() as lease_database,
            hold_lease(PostgresLeases(lease_database), "default", self.clock) as held,
            open_remote(world.qcontact_access, world.settings, self.sleep, self.clock) as remote,
        ):
            options = sync_options(world.settings, remote)
            work = Work(
                run,
                options,
                self.seen_as(remote),
                PostgresStore(database, mapping=remote.mapping),
                held,
            )
            return await lifecycle.carry_out(PostgresRunStore(database), direction, work)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Database]:
        database = self.database(self.world.database, host_schema())
        try:
            yield database
        finally:
            await database.close()
