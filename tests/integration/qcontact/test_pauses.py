"""``Retry-After``: one answer pauses every request of the client, within its limits."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from qcontact_sync.core.errors import ErrorCode, OutcomeUnknown, RetryableError
from qcontact_sync.core.model import RemoteId

from tests.integration.qcontact.scripted_server import a_ticket, reply

T1 = RemoteId("T-1")
FINE = reply(body={"data": a_ticket()})


@pytest.mark.parametrize("status", [429, 503])
async def test_the_pause_that_was_asked_for_is_kept(connect, script, clock, status):
    """XH7."""
    script.answer(reply(status, Retry_After="7"), FINE)
    async with connect() as client:
        await client.get(T1)
    assert 7 <= clock.elapsed_s < 8


@pytest.mark.parametrize(
    ("retry_after", "at_least_s", "below_s"),
    [
        pytest.param("Sun, 01 Mar 2026 10:00:20 GMT", 20, 21, id="date"),
        pytest.param("Sun, 01 Mar 2026 09:00:00 GMT", 1, 2, id="past"),
        pytest.param("soon", 5, 6, id="garbage"),
    ],
)
async def test_retry_after_may_be_a_date_or_invalid(
    connect, script, clock, retry_after, at_least_s, below_s
):
    """XH8."""
    limited = reply(429, Retry_After=retry_after, Date="Sun, 01 Mar 2026 10:00:00 GMT")
    script.answer(limited, FINE)
    async with connect() as client:
        await client.get(T1)
    assert at_least_s <= clock.elapsed_s < below_s


async def test_an_absurd_pause_stops_every_request_at_once(connect, script, clock):
    """XH8: a day is beyond any budget; nobody knocks again meanwhile."""
    script.answer(reply(429, Retry_After="86400"))
    async with connect(deadline_s=600) as client:
        for _ in range(3):
            with pytest.raises(RetryableError) as caught:
                await client.get(T1)
            assert caught.value.code is ErrorCode.RATE_LIMITED
            assert caught.value.retry_after >= timedelta(days=1)
    assert len(script.seen) == 1
    assert clock.slept == []


async def test_asked_pauses_come_on_top_of_the_budget_up_to_the_deadline(connect, script, clock):
    script.answer(reply(429, Retry_After="100"), reply(429, Retry_After="100"), FINE)
    async with connect(retry_budget_s=10, deadline_s=600) as client:
        await client.get(T1)
    assert clock.elapsed_s >= 200


async def test_a_limit_on_every_call_ends_in_bounded_time(connect, script, clock):
    """XH9: pauses that help nobody are not taken for ever."""
    script.answer(reply(429, Retry_After="5"))
    async with connect(deadline_s=36_000) as client:
        results = await asyncio.gather(*(client.get(T1) for _ in range(16)), return_exceptions=True)
    assert {type(result) for result in results} == {RetryableError}
    assert {result.code for result in results} == {ErrorCode.RATE_LIMITED}
    assert len(script.seen) <= 16 + 8 + 4 + 2 + 16
    assert clock.elapsed_s <= 60


async def test_a_limit_that_nobody_told_us_is_lived_with(connect, script, clock):
    """However often one request is the unlucky one: as long as some pass, all pass."""
    served = 0

    async def five_a_second(request):
        nonlocal served
        await asyncio.sleep(0.001)
        if served >= 5 + 5 * int(clock.elapsed_s):
            return web.json_response({}, status=429, headers={"Retry-After": "1"})
        served += 1
        return await FINE(request)

    script.answer(five_a_second)
    async with connect() as client:
        await asyncio.gather(*(client.get(T1) for _ in range(100)))
    assert served == 100


async def test_a_request_is_not_given_up_for_being_the_unlucky_one(connect, script):
    refusals = 6

    async def unlucky_first(request):
        nonlocal refusals
        if request.path.endswith("T-2"):
            return web.json_response({"data": a_ticket(id="T-2")})
        refusals -= 1
        return await (limited if refusals >= 0 else FINE)(request)

    limited = reply(429, Retry_After="1")
    script.answer(unlucky_first)
    async with connect() as client:
        unlucky = asyncio.create_task(client.get(T1))
        while not unlucky.done():
            await client.get(RemoteId("T-2"))
    assert unlucky.result().id == "T-1"


async def test_requests_go_on_with_half_the_slots_and_recover(connect, script):
    together = asyncio.Barrier(1)
    at_once = []

    async def answer_together(request):
        await together.wait()
        at_once.append(script.at_once)
        return await FINE(request)

    script.answer(reply(429, Retry_After="1"), answer_together)
    async with connect(connections=8) as client:
        await client.get(T1)
        together = asyncio.Barrier(4)
        await asyncio.gather(*(client.get(T1) for _ in range(8)))
        assert at_once[1] == 4
        together = asyncio.Barrier(1)
        await asyncio.gather(*(client.get(T1) for _ in range(60)))
        # Would never be answered if fewer than all slots were back.
        together = asyncio.Barrier(8)
        await asyncio.gather(*(client.get(T1) for _ in range(8)))


async def test_a_limited_write_was_not_applied_and_is_repeated(connect, script):
    script.answer(reply(429, Retry_After="1"), reply(503, Retry_After="1"), reply(204))
    async with connect() as client:
        assert await client.update(T1, {"status": "open"}) is None
    assert len(script.seen) == 3


async def test_an_unknown_outcome_still_pauses_the_others(connect, script, clock, a_note):
    script.answer(reply(503, Retry_After="9"), FINE)
    async with connect() as client:
        with pytest.raises(OutcomeUnknown):
            await client.add_note(T1, a_note, "key-1")
        await client.get(T1)
    assert clock.elapsed_s >= 9


async def test_a_note_that_the_pause_kept_back_was_not_sent(connect, script, a_note):
    script.answer(reply(503, Retry_After="86400"))
    async with connect() as client:
        with pytest.raises(OutcomeUnknown):
            await client.add_note(T1, a_note, "key-1")
        with pytest.raises(RetryableError) as caught:
            await client.add_note(T1, a_note, "key-2")
    assert type(caught.value) is RetryableError
    assert len(script.seen) == 1


async def test_the_rate_is_no_obstacle_below_itself(connect, script):
    script.answer(FINE)
    async with connect(rate_per_s=10_000) as client:
        await asyncio.gather(*(client.get(T1) for _ in range(20)))
    assert len(script.seen) == 20
