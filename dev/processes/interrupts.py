"""Ctrl-C, SIGTERM and a closed terminal: the first one stops the run, the next hurries."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A request to stop; not an Exception, so that no handler swallows it."""


class Interrupts:
    """Turns signals into one exception, and into ``hurry`` once that has been raised.

    Attributes:
        hurry: Somebody asked again while things were being stopped.
    """

    def __init__(self) -> None:
        self.hurry = False
        self._stopping = False

    def ignore_first(self) -> None:
        """From now on only record signals: the run is already stopping."""
        self._stopping = True

    @contextmanager
    def handled(self) -> Iterator["Interrupts"]:
        """Handle the signals inside; the former handlers come back afterwards."""
        former = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield self
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            self.hurry = True
            return
        self._stopping = True
        raise Interrupted(signal.Signals(number).name)
