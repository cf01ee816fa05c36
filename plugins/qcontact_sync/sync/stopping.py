"""Ending a direction cleanly before its end: what is settled stays, the rest waits."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from qcontact_sync.core.errors import ErrorCode, RetryableError
from qcontact_sync.core.ports import Clock

POLL_S = 0.2


class StopRequested(RetryableError):
    """Somebody asked the process to end (SIGTERM)."""

    def __init__(self) -> None:
        super().__init__("asked to stop", ErrorCode.SYNC_JOB_ERROR)


class Stop:
    """A wish to end; set from a signal handler, asked between batches and while waiting."""

    def __init__(self) -> None:
        self._is_wished = False

    def wish(self) -> None:
        """End at the next chance."""
        self._is_wished = True

    def is_wished(self) -> bool:
        """Whether to end."""
        return self._is_wished

    async def sleep(self, seconds: float) -> None:
        """Wait, but not through a wish to end.

        Raises:
            StopRequested: It came meanwhile, or before.
        """
        left = seconds
        while True:
            if self._is_wished:
                raise StopRequested
            if left <= 0:
                return
            await asyncio.sleep(min(POLL_S, left))
            left -= POLL_S


class TimeLimit:
    """How long a direction may work before it leaves the rest to the next run."""

    def __init__(self, limit_s: float, clock: Clock) -> None:
        self._clock = clock
        self._ends_at = clock.monotonic() + limit_s

    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self._clock.monotonic() >= self._ends_at


@contextmanager
def stop_on_sigterm() -> Iterator[Stop]:
    """Turn SIGTERM into a wish to end while the block runs; outside a main thread, never."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_sigterm(_number: int, _frame: FrameType | None) -> None:
        stop.wish()

    before = signal.signal(signal.SIGTERM, on_sigterm)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
