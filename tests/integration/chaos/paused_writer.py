"""A writer that falls asleep in the middle of a request and wakes when another has had its turn."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from qcontact_sync.clock import SystemClock
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.sync.context import Run, Work
from qcontact_sync.sync.leases import hold_lease
from qcontact_sync.sync.outbound import Outbound
from qcontact_sync.wiring import ACCOUNT, open_database, open_remote, sync_options
from sync_world import World

LONGER_THAN_A_LEASE_S = 40.0


class SleptClock(SystemClock):
    """Time that a sleeping process does not see pass."""

    def __init__(self) -> None:
        self._slept_s = 0.0

    def sleep_through(self, seconds: float) -> None:
        self._slept_s += seconds

    def monotonic(self) -> float:
        return super().monotonic() + self._slept_s


def send_asleep(world: World, while_asleep: Callable[[], object]) -> None:
    """Send what is pending; the first wait before a request is slept through, lease and all.

    Raises:
        SyncError: As `Outbound.run` does.
    """
    run = Run.from_dict(world.start(world.order()))
    asyncio.run(_send(world, run, while_asleep))


async def _send(world: World, run: Run, while_asleep: Callable[[], object]) -> None:
    clock = SleptClock()
    naps = iter([LONGER_THAN_A_LEASE_S])

    async def wait(_seconds: float) -> None:
        if nap := next(naps, None):
            clock.sleep_through(nap)
            world.execute("UPDATE qcontact_lease SET expires_at = now() - interval '1 second'")
            # Waited for without giving way: nothing of the sleeping process goes on.
            with ThreadPoolExecutor(1) as other:
                other.submit(while_asleep).result()

    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(world.endpoints.database_url))
        leases = PostgresLeases(
            await stack.enter_async_context(open_database(world.endpoints.database_url))
        )
        held = await stack.enter_async_context(hold_lease(leases, ACCOUNT, clock))
        remote = await stack.enter_async_context(
            open_remote(world.endpoints, world.settings, wait, held.check)
        )
        options = sync_options(world.settings, remote)
        work = Work(run, options, remote, PostgresStore(database), held)
        await Outbound(work).run()
