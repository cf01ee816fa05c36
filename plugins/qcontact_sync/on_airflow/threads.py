"""What the endpoint and the dashboard wait for, so that nothing that hangs holds up Airflow's API.

Airflow's own look-ups (connections, runs) block: they are done in threads of ours. FibreFlow and
QContact are awaited.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from qcontact_sync.core.errors import ErrorCode, RetryableError

_MOST = 8

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class Threads:
    """So many at once and no more; further work waits its turn without holding anything up."""

    def __init__(self, most: int = _MOST) -> None:
        self._limiter = CapacityLimiter(most)

    async def run(self, work: Callable[[Unpack[_Ts]], _T], *args: *_Ts) -> _T:
        """Do blocking work."""
        return await to_thread.run_sync(work, *args, limiter=self._limiter)


class Patience:
    """Reads for a person or program that waits: so many at once, and each within its time.

    Args:
        seconds: For one read, its turn included.
    """

    def __init__(self, seconds: float, most: int = _MOST) -> None:
        self._seconds, self._slots = seconds, asyncio.Semaphore(most)
        self._reads = set[asyncio.Task[Any]]()

    async def wait_for(self, read: Callable[[Unpack[_Ts]], Awaitable[_T]], *args: *_Ts) -> _T:
        """What ``read`` returns.

        Raises:
            RetryableError: ``TIMEOUT``, it did not end in time.
        """
        task = asyncio.create_task(self._in_turn(read, *args))
        self._reads.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait({task}, timeout=self._seconds)
            if task.done():
                return task.result()
        finally:
            # And not awaited: psycopg goes on waiting for a server that is gone. It keeps its slot.
            task.cancel()
        raise RetryableError(f"no answer within {self._seconds:.0f} seconds", ErrorCode.TIMEOUT)

    async def _in_turn(self, read: Callable[[Unpack[_Ts]], Awaitable[_T]], *args: *_Ts) -> _T:
        async with self._slots:
            return await read(*args)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._reads.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not log it as forgotten
