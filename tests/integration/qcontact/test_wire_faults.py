"""Faults on the wire and bad answers: what is repeated, what stops, what stays unknown.

Rows XN* and XH* are those of the fault list that this room has to answer for.
"""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr
from qcontact_sync.core.errors import ErrorCode, OutcomeUnknown, RetryableError
from qcontact_sync.core.model import LocalId, Note, RemoteId, Window
from qcontact_sync.qcontact.tickets_dialect import open_client

from tests.integration.qcontact.scripted_server import (
    KEY,
    a_listing,
    a_ticket,
    corrupt_gzip,
    half_a_body,
    not_http,
    reply,
    reset,
    silence,
    slow_drip,
)

T1 = RemoteId("T-1")
WINDOW = Window(None, datetime(2026, 3, 2, tzinfo=UTC))
FINE = reply(body={"data": a_ticket()})


async def patch(client):
    return await client.update(T1, {"status": "open"})


async def post(client):
    note = Note(uuid4(), LocalId(uuid4()), "Done", is_internal=False)
    return await client.add_note(T1, note, "key-1")


PASSING = [
    pytest.param(half_a_body, "NETWORK_ERROR", id="XN7-half-a-body"),
    pytest.param(not_http, "NETWORK_ERROR", id="not-http"),
    pytest.param(corrupt_gzip, "NETWORK_ERROR", id="corrupt-gzip"),
    pytest.param(reply(408), "TIMEOUT", id="408"),
    pytest.param(reply(500, b"<html>"), "SERVER_ERROR", id="XH10-500"),
    pytest.param(reply(502), "SERVER_ERROR", id="XH10-502"),
    pytest.param(reply(503), "SERVER_ERROR", id="XH10-503"),
    pytest.param(reply(504), "SERVER_ERROR", id="XH10-504"),
]


@pytest.mark.parametrize(("answer", "code"), PASSING)
async def test_a_read_is_repeated_until_it_passes(connect, script, clock, answer, code):
    script.answer(answer, answer, answer, FINE)
    async with connect() as client:
        assert (await client.get(T1)).id == "T-1"
    assert len(script.seen) == 4
    assert [int(wait_s) for wait_s in clock.slept] == [1, 2, 4]


@pytest.mark.parametrize(("answer", "code"), PASSING)
async def test_a_read_is_given_up_after_three_repeats(connect, script, answer, code):
    script.answer(answer)
    async with connect() as client:
        with pytest.raises(RetryableError, match=r"^GET /tickets/\{id\}: ") as caught:
            await client.get(T1)
    assert type(caught.value) is RetryableError
    assert caught.value.code is ErrorCode(code)
    assert len(script.seen) == 4


async def test_a_reset_read_is_repeated(connect, script):
    """XN7; how often is not counted, as the HTTP library repeats once on its own."""
    script.answer(reset, reset, FINE)
    async with connect() as client:
        assert (await client.get(T1)).id == "T-1"


@pytest.mark.parametrize("write", [patch, post])
@pytest.mark.parametrize(
    ("answer", "code"), [*PASSING, pytest.param(reset, "NETWORK_ERROR", id="reset")]
)
async def test_a_write_that_may_have_been_applied_is_not_repeated(
    connect, script, answer, code, write
):
    """XN5, XN6, XH11: who wrote it finds out, nobody writes again blindly."""
    script.answer(answer)
    async with connect() as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await write(client)
    assert caught.value.code is ErrorCode(code)
    assert len(script.seen) == 1


async def test_repeats_share_a_request_id_and_requests_do_not(connect, script):
    script.answer(reply(500), FINE)
    async with connect() as client:
        await client.get(T1)
        await client.get(T1)
    ids = [seen.headers["X-Request-ID"] for seen in script.seen]
    assert ids[0] == ids[1] != ids[2]


async def test_silence_ends_by_the_timeout(connect, script):
    """XN4, XN5."""
    script.answer(silence(script))
    async with connect(timeout_s=0.05, retries=1) as client:
        with pytest.raises(RetryableError) as caught:
            await client.get(T1)
        with pytest.raises(OutcomeUnknown) as unknown:
            await patch(client)
    assert caught.value.code is unknown.value.code is ErrorCode.TIMEOUT
    assert len(script.seen) == 3


async def test_a_slow_drip_ends_by_the_timeout(connect, script):
    """XN9: the deadline is for the whole answer, not between two bytes."""
    script.answer(slow_drip(script, pause_s=0.01))
    async with connect(timeout_s=0.1, retries=0) as client:
        async with asyncio.timeout(10):
            with pytest.raises(RetryableError) as caught:
                await client.list_page(WINDOW, 1, 100)
    assert caught.value.code is ErrorCode.TIMEOUT


@pytest.mark.parametrize("write", [patch, post])
async def test_a_write_that_never_left_is_repeated_and_not_unknown(options, clock, write):
    """XN1, XN3: nobody listens, so nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with open_client(url=url, key=SecretStr(KEY), options=options) as client:
        with pytest.raises(RetryableError) as caught:
            await write(client)
    assert type(caught.value) is RetryableError
    assert caught.value.code is ErrorCode.NETWORK_ERROR
    assert len(clock.slept) == 3


@pytest.mark.parametrize("write", [patch, post])
async def test_write_without_an_established_connection_was_not_sent(options, write):
    """XN3: the connection stands, and nobody answers the TLS handshake."""
    hasty = replace(options, timeout_s=0.1, retries=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        async with open_client(url=url, key=SecretStr(KEY), options=hasty) as client:
            with pytest.raises(RetryableError) as caught:
                await write(client)
    assert type(caught.value) is RetryableError
    assert caught.value.code is ErrorCode.NETWORK_ERROR


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>",
        b"",
        {"error": {"message": "no", "code": "E"}},
        {"data": {"tickets": [], "page": 1, "page_size": 100, "has_more": False}},
    ],
    ids=["XH12-html", "empty", "XH13-error-in-a-200", "no-total"],
)
async def test_a_page_that_is_none_is_read_again_once(connect, script, body):
    script.answer(reply(body=body))
    async with connect() as client:
        with pytest.raises(RetryableError) as caught:
            await client.list_page(WINDOW, 1, 100)
        assert caught.value.code is ErrorCode.PARSE_ERROR
        assert len(script.seen) == 2
    script.answer(reply(body=a_listing()))
    async with connect() as client:
        assert (await client.list_page(WINDOW, 1, 100)).total == 0


async def test_when_the_budget_is_spent_failures_are_final_at_once(connect, script, clock):
    """XN10: the budget is the client's, not the request's."""
    script.answer(reply(500))
    async with connect(retry_budget_s=5) as client:
        for _ in range(3):
            with pytest.raises(RetryableError):
                await client.get(T1)
    # One and two seconds; the four of the third wait are too long, as are most that follow.
    assert sum(clock.slept) <= 5
    assert len(script.seen) <= 7


async def test_without_a_budget_nothing_is_repeated(connect, script):
    script.answer(reply(500))
    async with connect(retry_budget_s=0) as client:
        with pytest.raises(RetryableError):
            await client.get(T1)
    assert len(script.seen) == 1


async def test_time_lost_in_failed_attempts_counts_against_the_budget(connect, script, clock):
    """XN10: a server that lets everyone wait for half a minute is not asked four times each."""

    async def slow_failure(request):
        clock.elapsed_s += 30
        return await reply(504)(request)

    script.answer(slow_failure)
    async with connect(retry_budget_s=40) as client:
        with pytest.raises(RetryableError):
            await client.get(T1)
    assert len(script.seen) == 2
