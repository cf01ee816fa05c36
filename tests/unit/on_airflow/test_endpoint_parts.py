"""What the endpoint is made of, without a server around it."""

import asyncio

import pytest
from qcontact_sync.core.params import PARAM_NAMES
from qcontact_sync.on_airflow.endpoint import throttle
from qcontact_sync.on_airflow.endpoint.request_parsing import read_wait
from qcontact_sync.on_airflow.endpoint.schema import Params
from qcontact_sync.on_airflow.endpoint.sync_health import HealthCheck
from qcontact_sync.on_airflow.endpoint.throttle import FailedAttempts
from starlette.requests import Request

import tests.private_airflow  # noqa: F401


def request(*prefer):
    headers = [(b"prefer", value.encode()) for value in prefer]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        ((), 25),
        (("wait=5",), 5),
        (('Wait = "7"',), 7),
        (("wait=0",), 0),
        (("wait=9999",), 600),
        (("respond-async",), 0),
        (("Respond-Async, wait=10",), 10),
        (("respond-async", "wait=10"), 10),
        (("return=minimal; wait=3",), 3),
        (("wait=soon",), 25),
        (("wait=-1",), 25),
        (("wait=1e9",), 25),
    ],
)
def test_a_caller_says_how_long_to_wait(prefer, expected):
    assert read_wait(request(*prefer)) == expected


def failures(attempts, *addresses):
    return [attempts.note(address) is not None for address in addresses]


def test_an_address_that_fails_often_has_to_wait_and_no_other_does():
    attempts = FailedAttempts()
    allowed = ["10.0.0.1"] * throttle.ALLOWED

    assert not any(failures(attempts, *allowed))
    assert failures(attempts, "10.0.0.1", "10.0.0.2") == [True, False]


def test_addresses_of_one_ipv6_network_count_as_one():
    attempts = FailedAttempts()
    many = [f"2001:db8::{n:x}" for n in range(throttle.ALLOWED + 1)]

    assert failures(attempts, *many)[-1] is True
    assert failures(attempts, "2001:db8:0:1::1") == [False]


def test_ipv4_addresses_that_look_like_ipv6_count_each_on_its_own():
    attempts = FailedAttempts()
    many = [f"::ffff:10.0.0.{n}" for n in range(throttle.ALLOWED + 1)]

    assert not any(failures(attempts, *many))


def test_counts_of_many_addresses_take_bounded_memory():
    attempts = FailedAttempts()
    for n in range(throttle.ADDRESSES + 100):
        attempts.note(f"address-{n}")

    assert len(attempts._counts) == throttle.ADDRESSES


def test_health_is_asked_once_however_many_want_to_know():
    asked = []

    async def check():
        asked.append(1)
        return True

    async def many():
        health = HealthCheck(check)
        return [await health.answer(), *await asyncio.gather(*(health.answer() for _ in range(50)))]

    assert asyncio.run(many()) == [True] * 51
    assert len(asked) == 1


def test_a_check_that_hangs_says_no_and_is_not_started_again():
    asked, released = [], asyncio.Event()

    async def check():
        asked.append(1)
        return await released.wait()

    async def ask():
        health = HealthCheck(check, patience_s=0.05)
        while_it_hangs = [await health.answer() for _ in range(3)]
        released.set()
        await health._asking
        return while_it_hangs, await health.answer()

    assert asyncio.run(ask()) == ([False] * 3, True)
    assert len(asked) == 1


def test_the_documented_params_are_those_of_a_run():
    assert set(Params.model_fields) == set(PARAM_NAMES)
