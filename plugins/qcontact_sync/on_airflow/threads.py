"""Limits for the endpoint and the dashboard, so that a hanging read does not block Airflow's API.

Airflow's own look-ups (connections, runs) block, so they run in separate threads. FibreFlow and
QContact are awaited.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from qcontact_sync.core.errors import ReadTimedOut

_MOST = 8

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class Threads:
    """A limited number of threads; further work waits without blocking the event loop."""

    def __init__(self, most: int = _MOST) -> None:
        self._limiter = CapacityLimiter(most)

    async def run(self, work: Callable[[Unpack[_Ts]], _T], *args: *_Ts) -> _T:
        """Return the result of blocking work, done in a thread as soon as one is free."""
        return await to_thread.run_sync(work, *args, limiter=self._limiter)


class Patience:
    """Reads for a waiting caller, limited in number and time.

    Args:
        seconds: Time limit of one read, including the wait for a slot.
    """

    def __init__(self, seconds: float, most: int = _MOST) -> None:
        self._seconds, self._slots = seconds, asyncio.Semaphore(most)
        self._reads = set[asyncio.Task[Any]]()

    async def wait_for(self, read: Callable[[Unpack[_Ts]], Awaitable[_T]], *args: *_Ts) -> _T:
        """Return the result of ``read``.

        Raises:
            ReadTimedOut: It did not end in time.
        """
        task = asyncio.create_task(self._in_turn(read, *args))
        self._reads.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait({task}, timeout=self._seconds)
            if task.done():
                return task.result()
        finally:
            # Not awaited: psycopg would wait for a dead server. The task keeps its slot meanwhile.
            task.cancel()
        raise ReadTimedOut(self._seconds)

    async def _in_turn(self, read: Callable[[Unpack[_Ts]], Awaitable[_T]], *args: *_Ts) -> _T:
        async with self._slots:
            return await read(*args)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._reads.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it as never retrieved
