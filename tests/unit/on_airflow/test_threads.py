"""Waiting for what may hang."""

import asyncio

import pytest
from qcontact_sync.core.errors import ErrorCode, ReadTimedOut, RetryableError
from qcontact_sync.on_airflow.threads import Patience


async def answer(value: str) -> str:
    return value


class Stubborn:
    """A read that goes on when it is cancelled, as psycopg does with a server that is gone."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def read(self) -> None:
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue


async def test_what_is_read_is_returned_and_what_it_raises_is_raised() -> None:
    patience = Patience(60)

    async def fail() -> None:
        raise KeyError("why")

    assert await patience.wait_for(answer, "yes") == "yes"
    with pytest.raises(KeyError, match="why"):
        await patience.wait_for(fail)


async def test_a_read_that_hangs_and_cannot_be_cancelled_is_given_up() -> None:
    patience, hanging = Patience(0.01, most=2), Stubborn()

    with pytest.raises(ReadTimedOut, match="no answer within") as given_up:
        await patience.wait_for(hanging.read)

    assert given_up.value.code is ErrorCode.TIMEOUT
    assert await patience.wait_for(answer, "others go on") == "others go on"
    hanging.released.set()


async def test_reads_that_hang_keep_their_slots_until_they_end() -> None:
    """Otherwise each caller of a database that is gone would leave one more connection behind."""
    patience, hanging = Patience(0.01, most=1), Stubborn()
    with pytest.raises(RetryableError):
        await patience.wait_for(hanging.read)

    with pytest.raises(RetryableError):
        await patience.wait_for(answer, "not now")
    hanging.released.set()
    while patience._reads:
        await asyncio.sleep(0)

    assert await patience.wait_for(answer, "now") == "now"
