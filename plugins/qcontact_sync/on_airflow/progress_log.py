"""Logs the progress of long work."""

import logging

from qcontact_sync.core.model import Direction
from qcontact_sync.core.ports import Clock

log = logging.getLogger(__name__)

EVERY_S = 10.0


class ProgressLog:
    """Logs progress, speed and remaining time of a direction; a `sync.context.Progress`.

    Work that ends within `EVERY_S` has no line.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at = self._logged_at = clock.monotonic()
        self._first: int | None = None

    def __call__(self, direction: Direction, done: int, expected: int) -> None:
        """Record the progress; log at most every `EVERY_S` seconds."""
        now = self._clock.monotonic()
        if self._first is None:
            # Time before the first report, for example waiting for another run, does not count.
            self._began_at, self._logged_at, self._first = now, now, done
        if now - self._logged_at < EVERY_S:
            return
        self._logged_at = now
        rate = (done - self._first) / (now - self._began_at)
        left = f"{(expected - done) / rate:.0f}" if rate else "?"
        log.info(
            "%s.progress done=%d of=%d per_s=%.0f left_s=%s", direction, done, expected, rate, left
        )
