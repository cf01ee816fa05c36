"""The promises hold in whatever order people, clocks, faults and deaths come.

`make prove` goes on with ever new stories for PROVE_MINUTES.
"""

import logging
import os
import time
from itertools import count

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.depth import IS_DEEP
from tests.proof.maintenance_machine import MaintenanceMachine
from tests.proof.sync_machine import SyncMachine
from tests.proof.tenant_machine import TenantMachine
from tests.written_pages import GUARANTEES, commit, write_into

MINUTES = float(os.environ.get("PROVE_MINUTES", "10"))
FAST = settings(
    max_examples=150 if IS_DEEP else 50,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
DEEP = settings(FAST, max_examples=100, stateful_step_count=50, derandomize=False)


both = pytest.mark.parametrize(
    "machine",
    [pytest.param(SyncMachine, id="tickets"), pytest.param(TenantMachine, id="entities")],
)


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of runs that fail on purpose have little to say."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@both
def test_the_promises_hold_in_any_order_of_things(machine: type[SyncMachine]) -> None:
    run_state_machine_as_test(machine, settings=FAST)


def test_the_promises_hold_with_the_words_of_another_lineage() -> None:
    few = settings(FAST, max_examples=150 if IS_DEEP else 15)
    run_state_machine_as_test(MaintenanceMachine, settings=few)


if IS_DEEP:

    @both
    @pytest.mark.timeout(MINUTES * 60 + 1_800)
    def test_the_promises_hold_for_as_long_as_there_is_time(
        machine: type[SyncMachine],
        request: pytest.FixtureRequest,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        end = time.monotonic() + MINUTES * 60
        first = int(os.environ.get("PROVE_SEED", str(time.time_ns() // 10**9)))
        for number in count(first):
            with capsys.disabled():
                print(f"\n{machine.tally}; on with seed {number}")
            run_state_machine_as_test(_seeded(machine, number), settings=DEEP)
            if time.monotonic() > end:
                break
        summary = f"{MINUTES:g} minutes, {machine.tally}: all promises held."
        with capsys.disabled():
            print(f"\n{summary}")
        dialect = request.node.callspec.id
        write_into(GUARANTEES, f"stories, {dialect}", f"At commit {commit()}:\n{summary}")

    def _seeded(machine: type[SyncMachine], number: int) -> type[SyncMachine]:
        return seed(number)(type("Seeded", (machine,), {}))
