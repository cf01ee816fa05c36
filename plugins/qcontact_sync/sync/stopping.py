"""Stopping a direction early: work that is settled stays, the next run does the rest."""

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
    """The process received SIGTERM: the direction ends here, and a later try goes on."""

    def __init__(self) -> None:
        super().__init__("asked to stop", ErrorCode.SYNC_JOB_ERROR)


class Stop:
    """A stop request: set by a signal handler, checked between batches and while waiting."""

    def __init__(self) -> None:
        self._is_requested = False

    def request(self) -> None:
        """Stop at the next check."""
        self._is_requested = True

    def is_requested(self) -> bool:
        """Whether a stop was requested; asked between batches."""
        return self._is_requested

    async def sleep(self, seconds: float) -> None:
        """Wait, but not longer than until a stop is requested.

        Raises:
            StopRequested: Before or during the wait.
        """
        left = seconds
        while True:
            if self._is_requested:
                raise StopRequested
            if left <= 0:
                return
            await asyncio.sleep(min(POLL_S, left))
            left -= POLL_S


class TimeLimit:
    """The time after which a direction leaves the rest to the next run."""

    def __init__(self, limit_s: float, clock: Clock) -> None:
        self._clock = clock
        self._ends_at = clock.monotonic() + limit_s

    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self._clock.monotonic() >= self._ends_at


@contextmanager
def stop_on_sigterm() -> Iterator[Stop]:
    """Turn SIGTERM into a stop request while the block runs; only in the main thread."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_sigterm(_number: int, _frame: FrameType | None) -> None:
        stop.request()

    before = signal.signal(signal.SIGTERM, on_sigterm)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
