"""Threads of the endpoint's own: a database that hangs must not use up those of Airflow's API."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

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
