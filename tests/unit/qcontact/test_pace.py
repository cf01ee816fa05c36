"""Slots, the shared pause, the rate and the waiting budget."""

import asyncio
from datetime import UTC, datetime

import pytest
from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.qcontact.failures import AttemptError, FailedAttempt
from qcontact_sync.qcontact.pace import MAX_JITTER_S, Pace, Slots, WaitBudget, rate_bucket


class HandClock:
    """Moves only when told, or slept with."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        end = self.at + seconds
        await asyncio.sleep(0)
        self.at = max(self.at, end)


@pytest.fixture
def clock():
    return HandClock()


def a_pause(pause_s: float, *, is_asked: bool = True) -> FailedAttempt:
    return FailedAttempt(ErrorCode.RATE_LIMITED, "429", pause_s=pause_s, is_pause_asked=is_asked)


def a_pace(clock, *, connections=4, budget_s=10.0, deadline_s=None):
    budget = WaitBudget(budget_s, deadline_s, clock)
    return Pace(
        connections=connections,
        rate_per_s=None,
        patience=3,
        budget=budget,
        clock=clock,
        sleep=clock.sleep,
    )


# --- budget -------------------------------------------------------------------------------------


def test_the_budget_ends(clock):
    budget = WaitBudget(10, None, clock)
    granted = []
    for _ in range(4):
        granted.append(budget.grant(4, is_asked=False))
        clock.at += 4
    assert granted == [True, True, False, False]


def test_waits_at_the_same_time_are_charged_once(clock):
    budget = WaitBudget(10, None, clock)
    assert all(budget.grant(8, is_asked=False) for _ in range(16))
    clock.at += 8
    assert not budget.grant(3, is_asked=False)
    assert budget.grant(2, is_asked=False)


def test_a_refused_wait_costs_nothing(clock):
    budget = WaitBudget(10, None, clock)
    assert not budget.grant(11, is_asked=False)
    assert budget.grant(10, is_asked=False)


def test_with_a_deadline_asked_pauses_come_on_top(clock):
    budget = WaitBudget(10, 100, clock)
    assert budget.grant(90, is_asked=True)
    assert not budget.grant(101, is_asked=True)
    assert not budget.grant(11, is_asked=False)
    assert budget.grant(10, is_asked=False)


def test_no_wait_ends_after_the_deadline(clock):
    budget = WaitBudget(10, 100, clock)
    clock.at += 96
    assert not budget.grant(5, is_asked=False)
    assert budget.grant(4, is_asked=False)


def test_without_a_deadline_asked_pauses_are_charged_too(clock):
    budget = WaitBudget(10, None, clock)
    assert not budget.grant(86_400, is_asked=True)
    assert budget.grant(10, is_asked=True)
    clock.at += 10
    assert not budget.grant(1, is_asked=True)


def test_time_lost_in_failed_attempts_is_charged(clock):
    budget = WaitBudget(40, None, clock)
    started = clock.at
    clock.at += 30
    for _ in range(16):
        budget.spend_since(started)
    assert not budget.grant(11, is_asked=False)
    assert budget.grant(10, is_asked=False)


def test_a_lost_attempt_may_overdraw_but_not_below_zero(clock):
    budget = WaitBudget(5, None, clock)
    started = clock.at
    clock.at += 30
    budget.spend_since(started)
    assert budget.grant(0, is_asked=False)
    assert not budget.grant(0.1, is_asked=False)


# --- slots --------------------------------------------------------------------------------------


async def most_at_once(slots: Slots, tasks: int) -> int:
    running = most = 0

    async def work() -> None:
        nonlocal running, most
        async with slots:
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(work() for _ in range(tasks)))
    return most


async def test_no_more_run_than_there_are_slots():
    assert await most_at_once(Slots(4), 20) == 4


async def test_halved_slots_bind_and_come_back_one_by_one():
    slots = Slots(8)
    slots.halve()
    assert await most_at_once(slots, 20) == 4
    limits = []
    for _ in range(4 + 5 + 6 + 7 + 20):
        slots.count_success()
        limits.append(slots.limit)
    assert limits[3] == 5
    assert limits[8] == 6
    assert limits[-1] == 8
    assert await most_at_once(slots, 20) == 8


def test_one_slot_always_stays():
    slots = Slots(3)
    for _ in range(5):
        slots.halve()
    assert slots.limit == 1


async def test_a_waiter_that_is_cancelled_keeps_nobody_waiting():
    slots = Slots(1)
    async with slots:
        waiters = [asyncio.create_task(most_at_once(slots, 1)) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
    results = await asyncio.gather(*waiters, return_exceptions=True)
    assert results[1:] == [1, 1]


# --- pause --------------------------------------------------------------------------------------


def is_about(clock, at):
    """Pauses end a little later than asked for, never earlier."""
    return at <= clock.at <= at + MAX_JITTER_S


async def test_a_pause_holds_every_request_and_halves_once(clock):
    pace = a_pace(clock)
    for _ in range(4):
        pace.pause(a_pause(5))
    assert pace.slots.limit == 2
    async with pace.slot():
        assert is_about(clock, 1_005)
    async with pace.slot():
        pass
    assert len(clock.slept) == 1


async def test_a_second_complaint_after_the_pause_halves_again(clock):
    pace = a_pace(clock)
    pace.pause(a_pause(5))
    clock.at += 6
    pace.pause(a_pause(5))
    assert pace.slots.limit == 1


async def test_pauses_are_fruitless_until_one_is_followed_by_a_success(clock):
    pace = a_pace(clock)
    counts = []
    for _ in range(3):
        pace.pause(a_pause(5))
        pace.pause(a_pause(5))
        clock.at += 6
        counts.append(pace.fruitless_pauses)
    pace.count_success()
    assert counts == [1, 2, 3]
    assert pace.fruitless_pauses == 0


async def test_a_pause_that_is_prolonged_meanwhile_is_waited_out(clock):
    pace = a_pace(clock)
    pace.pause(a_pause(2))

    async def prolong() -> None:
        pace.pause(a_pause(6))

    async def take_slot() -> bool:
        async with pace.slot():
            return is_about(clock, 1_006)

    assert await asyncio.gather(take_slot(), prolong()) == [True, None]


async def test_a_shorter_pause_does_not_shorten(clock):
    pace = a_pace(clock)
    pace.pause(a_pause(5))
    pace.pause(a_pause(1))
    async with pace.slot():
        assert is_about(clock, 1_005)


async def test_a_pause_beyond_the_budget_lets_everyone_fail_at_once(clock):
    pace = a_pace(clock)
    pace.pause(a_pause(86_400))
    for _ in range(3):
        with pytest.raises(AttemptError) as caught:
            async with pace.slot():
                pass
        assert caught.value.failure.code is ErrorCode.RATE_LIMITED
    assert clock.slept == []
    assert await most_at_once(pace.slots, 9) == 2


async def test_after_too_many_fruitless_pauses_nobody_waits_until_a_success(clock):
    pace = a_pace(clock, deadline_s=10_000)
    for _ in range(4):
        pace.pause(a_pause(5))
        clock.at += 6
    pace.pause(a_pause(5))
    with pytest.raises(AttemptError):
        async with pace.slot():
            pass
    clock.at += 6
    async with pace.slot():
        pace.count_success()
    pace.pause(a_pause(5))
    async with pace.slot():
        pass
    assert len(clock.slept) == 1


@pytest.mark.parametrize(("rate", "burst"), [(50, 5), (1_000, 100), (5, 1), (0.5, 1)])
def test_the_rates_bucket_is_small(rate, burst):
    bucket = rate_bucket(rate)
    assert bucket.max_rate == burst
    assert bucket.max_rate / bucket.time_period == pytest.approx(rate)
