"""The scheduler's own runs, slot after slot, by the same DAG with a slot every few seconds."""

import time
from datetime import datetime, timedelta

import pytest

from dev.airflow.api import DagRun
from tests.e2e.airflow_client import ALL_GREEN, AirflowClient
from tests.e2e.conftest import EVERY_S, OFTEN

pytestmark = pytest.mark.e2e

SLOT = timedelta(seconds=EVERY_S)


@pytest.fixture(scope="module")
def before(airflow: AirflowClient, scheduled: DagRun) -> list[DagRun]:
    """Three scheduled runs, and then the DAG is paused, as in an outage."""
    airflow.unpause(OFTEN)
    runs = airflow.wait_for_scheduled(OFTEN, 3)
    airflow.pause(OFTEN)
    return runs


@pytest.fixture(scope="module")
def after(airflow: AirflowClient, before: list[DagRun]) -> list[DagRun]:
    """The runs after an outage of more than three slots; the first may have been made before it."""
    time.sleep(5 * EVERY_S)
    airflow.unpause(OFTEN)
    runs = airflow.wait_for_scheduled(OFTEN, len(before) + 3)[len(before) :]
    airflow.pause(OFTEN)
    return runs


def window(airflow: AirflowClient, run: DagRun) -> tuple[datetime, datetime]:
    started = airflow.returned(run.run_id, "start_run", OFTEN)
    assert started["moves_cursor"]
    return (
        datetime.fromisoformat(started["window_start"]),
        datetime.fromisoformat(started["window_end"]),
    )


def test_every_slot_has_its_run_and_it_goes_green(airflow, before):
    assert [run.state for run in before] == ["success"] * 3
    assert all(airflow.tasks(OFTEN, run.run_id) == ALL_GREEN for run in before)


def test_each_window_ends_at_its_slot(airflow, before):
    ends = [window(airflow, run)[1] for run in before]

    assert [f"scheduled__{end.isoformat()}" for end in ends] == [run.run_id for run in before]


def test_each_window_begins_where_the_one_before_ended(airflow, before):
    _, second, third = (window(airflow, run) for run in before)

    assert third[0] == second[1]


def test_after_an_outage_one_run_covers_the_whole_gap(airflow, before, after):
    windows = [window(airflow, run) for run in (before[-1], *after)]

    assert [run.state for run in after] == ["success"] * 3
    assert max(end - start for start, end in windows) >= 3 * SLOT
    assert [start for start, _ in windows[1:]] == [end for _, end in windows[:-1]]
