"""How fast one client may go: slots, rate, the pause all requests share, the waiting budget."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from aiolimiter import AsyncLimiter

from qcontact_sync.core.ports import Clock
from qcontact_sync.qcontact.failures import AttemptError, FailedAttempt

Sleep = Callable[[float], Awaitable[None]]

MAX_JITTER_S = 0.5
_random = random.SystemRandom()


class WaitBudget:
    """How long a client may wait on a failing remote, in all.

    Counts time, not requests: waits of several requests that overlap are charged once.

    Args:
        limit_s: For back-off, and for pauses where there is no deadline.
        deadline_s: From now; no wait may end later. Pauses the server asked for are then
            bounded by this alone.
    """

    def __init__(self, limit_s: float, deadline_s: float | None, clock: Clock) -> None:
        self._left_s = limit_s
        self._clock = clock
        self._charged_until = clock.monotonic()
        self._deadline = None if deadline_s is None else self._charged_until + deadline_s

    def grant(self, wait_s: float, *, is_asked: bool) -> bool:
        """Charge a wait that begins now; False, and nothing charged, where it is too long."""
        now = self._clock.monotonic()
        if self._deadline is not None:
            if now + wait_s > self._deadline:
                return False
            if is_asked:
                return True
        uncharged_s = self._uncharged_s(now, now + wait_s)
        if uncharged_s > self._left_s:
            return False
        self._charge(uncharged_s, now + wait_s)
        return True

    def spend_since(self, started: float) -> None:
        """Charge a failed attempt that began at ``started`` (monotonic) and ends now."""
        now = self._clock.monotonic()
        self._charge(min(self._uncharged_s(started, now), self._left_s), now)

    def _uncharged_s(self, start: float, end: float) -> float:
        return max(0.0, end - max(start, self._charged_until))

    def _charge(self, seconds: float, until: float) -> None:
        self._left_s -= seconds
        self._charged_until = max(self._charged_until, until)


class Slots:
    """At most ``size`` requests at once; halves when the remote complains, then recovers.

    Hold a slot with ``async with``.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._limit = size
        self._in_use = 0
        self._successes = 0
        self._freed = asyncio.Event()

    @property
    def limit(self) -> int:
        """How many requests may run at once at the moment."""
        return self._limit

    async def __aenter__(self) -> None:
        """Wait for a slot and hold it."""
        while self._in_use >= self._limit:
            self._freed.clear()
            await self._freed.wait()
        self._in_use += 1

    async def __aexit__(self, *_: object) -> None:
        """Free the slot."""
        self._in_use -= 1
        self._freed.set()

    def halve(self) -> None:
        """Take back half of the slots as they become free."""
        self._limit = max(1, self._limit // 2)
        self._successes = 0

    def count_success(self) -> None:
        """Give one slot back after as many successes as there are slots."""
        if self._limit == self._size:
            return
        self._successes += 1
        if self._successes >= self._limit:
            self._limit += 1
            self._successes = 0


def rate_bucket(rate_per_s: float) -> AsyncLimiter:
    """A bucket at this rate whose burst is a tenth of a second's worth.

    aiolimiter's usual bucket, a whole second's worth, trips servers that allow a smaller burst.
    """
    burst = max(1.0, rate_per_s / 10)
    return AsyncLimiter(burst, burst / rate_per_s)


class Pace:
    """Limits requests: a request holds a slot, has a rate token, and waits while a pause is on.

    Args:
        patience: After more than this many pauses in a row that helped no request, further ones
            are not waited out.
    """

    def __init__(
        self,
        *,
        connections: int,
        rate_per_s: float | None,
        patience: int,
        budget: WaitBudget,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self.budget = budget
        self.slots = Slots(connections)
        self.fruitless_pauses = 0
        self._bucket = rate_bucket(rate_per_s) if rate_per_s else None
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._paused_until = clock.monotonic()
        self._paused_by: FailedAttempt | None = None

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a slot, a rate token and the end of any pause; hold the slot.

        Raises:
            AttemptError: A pause is on that is not worth waiting for.
        """
        async with self.slots:
            if self._bucket is not None:
                await self._bucket.acquire()
            await self._wait_out_pause()
            yield

    def count_success(self) -> None:
        """The remote serves us: pauses help, slots may come back."""
        self.fruitless_pauses = 0
        self.slots.count_success()

    def pause(self, failure: FailedAttempt) -> None:
        """Let nothing out for ``failure.pause_s`` seconds, then go on with half the slots."""
        now = self._clock.monotonic()
        # The answers of one burst are one complaint.
        if now >= self._paused_until:
            self.slots.halve()
            self.fruitless_pauses += 1
        until = now + (failure.pause_s or 0.0) + _random.uniform(0, MAX_JITTER_S)
        if until > self._paused_until:
            self._paused_until = until
            self._paused_by = failure

    async def _wait_out_pause(self) -> None:
        waited_for = 0.0
        # Once per pause: a sleep may wake a little early, and a pause may be prolonged.
        while self._paused_until > max(waited_for, now := self._clock.monotonic()):
            waited_for = self._paused_until
            await self._wait(waited_for - now)

    async def _wait(self, wait_s: float) -> None:
        failure = self._paused_by
        if failure is not None and not self._is_worth_waiting(failure, wait_s):
            # This request was not sent, unlike the one with this answer.
            raise AttemptError(replace(failure, pause_s=wait_s, may_be_applied=False))
        await self._sleep(wait_s)

    def _is_worth_waiting(self, failure: FailedAttempt, wait_s: float) -> bool:
        is_hopeful = self.fruitless_pauses <= self._patience
        return is_hopeful and self.budget.grant(wait_s, is_asked=failure.is_pause_asked)
