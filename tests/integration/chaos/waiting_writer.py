"""A writer that has to wait in the middle of its work, and what happens meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from qcontact_sync.core.model import Direction
from qcontact_sync.services.wiring import SystemClock

from tests.integration.engine import Engine
from tests.integration.sync_world import World


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
        SyncError: As the outbound direction does.
    """
    clock = PassingClock()
    waits = iter([seconds])

    async def wait(_asked: float) -> None:
        if wait_s := next(waits, None):
            clock.let_pass(wait_s)
            # Not awaited: nothing else of this process goes on.
            with ThreadPoolExecutor(1) as other:
                other.submit(meanwhile).result()

    Engine(world, clock=clock, sleep=wait).carry_out(Direction.OUTBOUND)
