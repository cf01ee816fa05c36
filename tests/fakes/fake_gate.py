"""Every I/O of an engine on the fakes passes a gate: there it can die, and others come between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP_S = 0.05
"""What one I/O takes."""


class Crash(BaseException):
    """The process is gone: no code of it runs any more."""


@dataclass
class Time:
    """The real order of things, in seconds; clocks only show it."""

    seconds: float = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class FakeClock:
    """`core.ports.Clock`: shows the time with an offset that may jump."""

    time: Time
    offset_s: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time.seconds + self.offset_s)

    def monotonic(self) -> float:
        return self.time.seconds


@dataclass
class Gate:
    """Where one engine's I/O goes through.

    Attributes:
        crash_at: The step (from 0) at which the process dies; None: never.
        is_after: Whether that step's effect has come about by then.
        between: What happens right before a step, by its number.
        delays: How long other engines may go on before a step, in turns of the event loop; one
            after the other, over and over.
    """

    time: Time
    crash_at: int | None = None
    is_after: bool = False
    between: dict[int, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    delays: Sequence[int] = (0,)
    steps: list[str] = field(default_factory=list)
    died: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def io(self, name: str) -> AsyncIterator[None]:
        """Around one effect."""
        number = await self._come_to(name)
        if number == self.crash_at and not self.is_after:
            self._die()
        try:
            yield
        finally:
            # However it was answered: a refusal is an effect as well.
            if number == self.crash_at:
                self._die()

    async def _come_to(self, name: str) -> int:
        self._live()
        number = len(self.steps)
        self.steps.append(name)
        for _ in range(self.delays[number % len(self.delays)]):
            await asyncio.sleep(0)
        if between := self.between.pop(number, None):
            await between()
        self._live()
        self.time.pass_by(STEP_S)
        return number

    def _live(self) -> None:
        if self.died.is_set():
            raise Crash

    def _die(self) -> None:
        self.died.set()
        raise Crash
