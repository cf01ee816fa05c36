"""A line now and then about work that takes long."""

import logging

from qcontact_sync.core.model import Direction
from qcontact_sync.core.ports import Clock

log = logging.getLogger(__name__)

EVERY_S = 10.0


class ProgressLog:
    """How far a direction is, how fast it goes and how long it will take; `sync.context.Progress`.

    Nothing is said of work that is over within `EVERY_S`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at = self._told_at = clock.monotonic()
        self._first: int | None = None

    def __call__(self, direction: Direction, done: int, expected: int) -> None:
        """Take note; a line at most every `EVERY_S` seconds."""
        now = self._clock.monotonic()
        if self._first is None:
            # What came before the first report, such as waiting for another run, is no work.
            self._began_at, self._told_at, self._first = now, now, done
        if now - self._told_at < EVERY_S:
            return
        self._told_at = now
        rate = (done - self._first) / (now - self._began_at)
        left = f"{(expected - done) / rate:.0f}" if rate else "?"
        log.info(
            "%s.progress done=%d of=%d per_s=%.0f left_s=%s", direction, done, expected, rate, left
        )
