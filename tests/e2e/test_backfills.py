"""Past windows, many at a time: over REST and from the command line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev.airflow.api import DagRun
from sandbox.faults import Fault
from sandbox.instants import SECOND
from sandbox.running import Sandbox
from tests.e2e.airflow_client import DAG_ID, SIX_HOURS, TIMEOUT_S, AirflowClient, Windows
from tests.e2e.conftest import FibreFlow

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("scheduled")]


@dataclass(frozen=True, slots=True)
class Parallel:
    """What became of the runs of a backfill and of the one that came in between."""

    windows: Windows
    runs: list[DagRun]
    remote_ids: list[str]
    live: str
    asked_at: datetime
    cursor_before: datetime


def add_in_each(sandbox: Sandbox, windows: Windows) -> list[str]:
    """A ticket changed in the middle of each window, which no run has seen so far."""
    return [
        sandbox.world.add(
            at=int((windows.first + number * SIX_HOURS + timedelta(hours=3)).timestamp()) * SECOND,
            title=f"Old {number}",
        )
        for number in range(windows.count)
    ]


def found(fibreflow: FibreFlow, remote_ids: list[str]) -> int:
    (row,) = fibreflow.rows(
        "SELECT count(*) FROM tickets WHERE external_id = ANY(%(ids)s)", ids=remote_ids
    )
    return row["count"]


@pytest.fixture(scope="module")
def slow_lists(sandbox: Sandbox) -> Iterator[None]:
    """QContact takes its time, so that runs meet."""
    slow = Fault(do="delay", delay_s=0.7, method="GET", times="forever")
    sandbox.world.faults.extend([slow])
    yield
    sandbox.world.faults.clear()


@pytest.fixture(scope="module")
def parallel(
    airflow: AirflowClient,
    fibreflow: FibreFlow,
    sandbox: Sandbox,
    slow_lists: None,
    first_hour: int,
) -> Parallel:
    """A backfill with three runs at a time, and a run by hand in between."""
    windows = Windows(datetime(2026, 6, 1, first_hour, tzinfo=UTC), 4)
    remote_ids = add_in_each(sandbox, windows)
    before = fibreflow.cursor()
    airflow.backfill(windows, max_active_runs=3)
    while not any(run.state == "running" for run in airflow.runs_in(windows)):
        time.sleep(0.1)
    live = airflow.start_run()
    airflow.wait_for_task(live, "inbound_sync", "running")
    (asked,) = fibreflow.rows("SELECT clock_timestamp() AS at")
    airflow.wait(live)
    runs = airflow.wait_for_windows(windows)
    return Parallel(windows, runs, remote_ids, live, asked["at"], before)


def test_parallel_runs_take_turns_and_each_does_its_own_window(airflow, parallel):
    assert [run.state for run in parallel.runs] == ["success"] * parallel.windows.count
    started = [airflow.returned(run.run_id, "start_run") for run in parallel.runs]
    assert [(s["window_start"], s["window_end"]) for s in started] == parallel.windows.bounds


def test_waiting_for_its_turn_costs_a_run_no_try(airflow, parallel):
    assert {airflow.tries(run.run_id, "inbound_sync") for run in parallel.runs} == {1}


def test_a_backfill_brings_in_what_its_windows_hold(fibreflow, parallel):
    assert found(fibreflow, parallel.remote_ids) == len(parallel.remote_ids)


def test_a_backfill_leaves_the_cursor_to_the_live_runs(airflow, fibreflow, parallel):
    """It stands where the run by hand put it, which read on from where it stood before."""
    live = airflow.returned(parallel.live, "start_run")
    assert datetime.fromisoformat(live["window_start"]) == parallel.cursor_before
    assert fibreflow.cursor() <= datetime.fromisoformat(live["window_end"])


def test_a_live_run_waits_for_one_window_at_most(airflow, fibreflow, parallel):
    job_id = airflow.returned(parallel.live, "start_run")["job_id"]

    (overtook,) = fibreflow.rows(
        "SELECT count(*) FROM qcontact_run_direction AS other,"
        " qcontact_run_direction AS live"
        " WHERE live.job_id = %(job)s AND live.direction = 'inbound'"
        " AND other.started_at > %(asked)s AND other.started_at < live.started_at",
        job=job_id,
        asked=parallel.asked_at,
    )
    assert overtook["count"] <= 1


def test_a_backfill_killed_halfway_is_finished_by_the_next_one(
    airflow, fibreflow, sandbox, slow_lists, first_hour
):
    windows = Windows(datetime(2026, 6, 21, first_hour, tzinfo=UTC), 2)
    remote_ids = add_in_each(sandbox, windows)
    newer = sandbox.world.add(
        at=int((windows.first + timedelta(hours=1)).timestamp()) * SECOND, title="Old"
    )
    sandbox.world.edit(newer, title="New")
    airflow.trigger_and_wait()
    before = fibreflow.cursor()

    first = airflow.backfill(windows)
    kill_the_one_at_work(fibreflow)
    airflow.cancel_backfill(first)
    settle(airflow, windows)
    sandbox.world.faults.clear()
    airflow.backfill(windows, reprocess_behavior="failed", run_backwards=True)
    runs = airflow.wait_for_windows(windows)

    assert [run.state for run in runs] == ["success"] * 2
    assert found(fibreflow, remote_ids) == 2
    (row,) = fibreflow.rows("SELECT title FROM tickets WHERE external_id = %(id)s", id=newer)
    assert row["title"] == "New"
    assert fibreflow.cursor() == before
    jobs = [airflow.returned(run.run_id, "finalize")["job_id"] for run in runs]
    assert [fibreflow.history(job)[0]["status"] for job in jobs] == ["success"] * 2


def kill_the_one_at_work(fibreflow) -> None:
    """Kill -9 the process that holds the lease."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        held = fibreflow.rows("SELECT pid FROM qcontact_lease WHERE pid IS NOT NULL")
        if held:
            os.kill(held[0]["pid"], signal.SIGKILL)
            return
        assert time.monotonic() < deadline, "no run began to work"
        time.sleep(0.05)


def settle(airflow: AirflowClient, windows: Windows) -> None:
    """Wait until no run of these windows goes on."""
    deadline = time.monotonic() + TIMEOUT_S
    while not all(run.is_over for run in airflow.runs_in(windows)):
        assert time.monotonic() < deadline, str(airflow.runs_in(windows))
        time.sleep(0.3)


def test_reprocessing_a_scheduled_run_keeps_its_id_and_the_cursor(
    airflow, fibreflow, environment, scheduled
):
    """From the command line."""
    end = datetime.fromisoformat(scheduled.run_id.removeprefix("scheduled__"))
    windows = Windows(end - SIX_HOURS, 1)
    before = fibreflow.cursor()
    airflow.close_backfills()

    command = [Path(sys.executable).with_name("airflow"), "backfill", "create", "--dag-id", DAG_ID]
    span = ["--from-date", windows.first.isoformat(), "--to-date", windows.last.isoformat()]
    made = subprocess.run(
        [*command, *span, "--reprocess-behavior", "completed"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    airflow.wait_for_try(scheduled.run_id, "finalize", 2)
    (run,) = airflow.wait_for_windows(windows)

    started = airflow.returned(run.run_id, "start_run")
    assert (run.run_id, run.state) == (scheduled.run_id, "success")
    assert (started["window_start"], started["window_end"]) == windows.bounds[0]
    assert fibreflow.cursor() == before
