"""A writer that has to wait in the middle of its work, and what happens meanwhile."""

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


class PassingClock(SystemClock):
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self._passed_s = 0.0

    def let_pass(self, seconds: float) -> None:
        self._passed_s += seconds

    def monotonic(self) -> float:
        return super().monotonic() + self._passed_s


def send_and_wait(world: World, seconds: float, meanwhile: Callable[[], object]) -> None:
    """Send what is pending; the first wait for QContact takes so long, and nothing renews the
    lease until it is over.

    Raises:
        SyncError: As `Outbound.run` does.
    """
    run = Run.from_dict(world.start(world.order()))
    asyncio.run(_send(world, run, seconds, meanwhile))


async def _send(world: World, run: Run, seconds: float, meanwhile: Callable[[], object]) -> None:
    clock = PassingClock()
    waits = iter([seconds])

    async def wait(_asked: float) -> None:
        if wait_s := next(waits, None):
            clock.let_pass(wait_s)
            # Not awaited: nothing else of this process goes on.
            with ThreadPoolExecutor(1) as other:
                other.submit(meanwhile).result()

    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(world.endpoints.database_url))
        leases = PostgresLeases(
            await stack.enter_async_context(open_database(world.endpoints.database_url))
        )
        held = await stack.enter_async_context(hold_lease(leases, ACCOUNT, clock))
        remote = await stack.enter_async_context(open_remote(world.endpoints, world.settings, wait))
        options = sync_options(world.settings, remote)
        work = Work(run, options, remote, PostgresStore(database), held)
        await Outbound(work).run()
