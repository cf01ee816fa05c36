"""What the endpoint is made of, without a server around it."""

import asyncio

import pytest
from qcontact_sync.core.params import PARAM_NAMES
from qcontact_sync.on_airflow.endpoint import auth, throttle
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


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


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


def test_attempts_from_many_addresses_are_throttled_together():
    attempts = FailedAttempts()
    many = [f"10.1.{n // 250}.{n % 250}" for n in range(throttle.ALLOWED_IN_ALL)]

    assert not any(failures(attempts, *many))
    assert failures(attempts, "10.2.0.1", "10.2.0.2") == [True, True]


def test_throttling_is_reported_once_when_it_begins_and_ends_after_the_window():
    seconds = Clock()
    attempts = FailedAttempts(seconds)
    throttled = [attempts.note("10.0.0.1") for _ in range(throttle.ALLOWED + 2)][-2:]
    assert [t.began for t in throttled] == [(("10.0.0.1", throttle.WINDOW_S),), ()]

    seconds.now += throttle.WINDOW_S
    assert attempts.note("10.0.0.1") is None


def test_throttling_of_all_addresses_names_no_single_one():
    seconds = Clock()
    attempts = FailedAttempts(seconds)
    many = [f"10.1.{n // 250}.{n % 250}" for n in range(throttle.ALLOWED_IN_ALL)]
    failures(attempts, *many)
    throttled = [attempts.note("10.2.0.1") for _ in range(throttle.ALLOWED + 2)]
    assert [name for t in throttled for name, _ in t.began] == [throttle.ALL_ADDRESSES]

    seconds.now += throttle.WINDOW_S
    assert attempts.note("10.2.0.2") is None


async def test_the_log_says_when_throttling_begins_and_ends(caplog):
    with caplog.at_level("WARNING"):
        auth._log_throttling(throttle.Throttled(0.0, ((throttle.ALL_ADDRESSES, 0.0),)), "10.0.0.1")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert [record.getMessage() for record in caplog.records] == [
        "endpoint.throttling_began for=all wait_s=0 last_address=10.0.0.1",
        "endpoint.throttling_ended for=all",
    ]


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
