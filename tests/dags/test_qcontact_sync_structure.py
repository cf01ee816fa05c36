import runpy
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from airflow.exceptions import RemovedInAirflow4Warning
from airflow.sdk import TriggerRule
from airflow.utils.deprecation_tools import DeprecatedImportWarning
from qcontact_sync.core.params import PARAM_NAMES, SYNC_DIRECTIONS
from qcontact_sync.core.request import RunRequest, parse_request

from tests.airflow_releases import AIRFLOWS_OWN, ParamValidationError, timetable_of
from tests.private_airflow import PROJECT

WATCHED = f"""
import runpy, sys
AIRFLOWS_OWN = {AIRFLOWS_OWN!r}
file = sys.argv[1]
runpy.run_path(file)
touched = []
DOORS = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "sqlite3.connect")
def watch(event, details):
    name = str(details[0]) if details else ""
    if event in DOORS and name != file and not any(part in name for part in AIRFLOWS_OWN):
        touched.append(event + ":" + name)
sys.addaudithook(watch)
runpy.run_path(file)
print(*touched, *(sys.modules.keys() & {{"qcontact_sync.jobs", "aiohttp"}}))
"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def timetable(dag):
    return timetable_of(dag)


def test_every_dag_file_loads(dag_bag):
    assert dag_bag.import_errors == {}


def test_no_dag_file_uses_what_airflow_is_about_to_drop(dag_bag):
    dropped = (DeprecatedImportWarning, RemovedInAirflow4Warning)
    assert [w.message for w in dag_bag.given_warnings if issubclass(w.category, dropped)] == []


def test_the_plugin_uses_nothing_that_airflow_is_about_to_drop():
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        runpy.run_path(str(PROJECT / "plugins" / "qcontact_plugin.py"))

    dropped = (DeprecatedImportWarning, RemovedInAirflow4Warning)
    assert [w.message for w in given if issubclass(w.category, dropped)] == []


@pytest.mark.parametrize("file", sorted((PROJECT / "dags").glob("*.py")), ids=lambda f: f.stem)
def test_reading_a_dag_file_asks_nobody_and_loads_none_of_the_work(file):
    """The DAG processor reads it again and again; the second time Airflow itself is warm."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(file)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_tasks_run_in_this_order(dag):
    edges = {task.task_id: task.downstream_task_ids for task in dag.tasks}

    assert edges == {
        "start_run": {"inbound_sync", "finalize"},
        "inbound_sync": {"outbound_sync"},
        "outbound_sync": {"finalize"},
        "finalize": set(),
    }


def test_finalize_follows_a_started_run_whatever_happens_and_decides_its_colour(dag):
    start, finalize = dag.get_task("start_run"), dag.get_task("finalize")

    assert start.is_setup
    assert finalize.is_teardown
    assert finalize.on_failure_fail_dagrun


def test_outbound_runs_whatever_became_of_inbound(dag):
    assert dag.get_task("outbound_sync").trigger_rule is TriggerRule.ALL_DONE


@pytest.mark.parametrize(
    ("task_id", "retries"),
    [("start_run", 3), ("inbound_sync", 1), ("outbound_sync", 1), ("finalize", 3)],
)
def test_tasks_try_again_after_half_a_minute_and_end_some_time(dag, task_id, retries):
    task = dag.get_task(task_id)

    assert (task.retries, task.retry_delay) == (retries, timedelta(seconds=30))
    assert task.execution_timeout is not None


def test_missed_runs_are_not_made_up_for_one_by_one(dag):
    assert (dag.catchup, dag.max_active_runs) == (False, 1)


def test_a_scheduled_run_covers_the_six_hours_before_it(timetable):
    from airflow.timetables.base import TimeRestriction

    info = timetable.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=NOON - timedelta(hours=6), latest=None, catchup=True),
    )

    assert (info.data_interval.start, info.data_interval.end) == (NOON - timedelta(hours=6), NOON)
    assert info.run_after == NOON


def test_the_form_has_exactly_the_params_that_there_are(dag):
    assert set(dag.params) == set(PARAM_NAMES)
    assert dag.params.get_param("sync_direction").schema["enum"] == list(SYNC_DIRECTIONS)


def test_a_form_that_is_sent_as_it_is_means_the_defaults(dag):
    assert parse_request(dag.params.dump()) == RunRequest()


@pytest.mark.parametrize("name", PARAM_NAMES)
def test_every_param_is_explained_in_the_form(dag, name):
    param = dag.params.get_param(name)

    assert param.schema["title"]
    assert param.description


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", "nope"),
        ("start_date", "2026-11-23"),
        ("end_date", 5),
        ("sync_direction", "sideways"),
        ("ticket_ids", "FT100001"),
        ("dry_run", "yes"),
    ],
)
def test_airflow_itself_refuses_nonsense_before_there_is_a_run(dag, name, value):
    with pytest.raises(ParamValidationError):
        dag.params.get_param(name).resolve(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_date", None),
        ("start_date", "2026-11-23T06:00:00Z"),
        ("end_date", "2026-11-23T08:00:00+02:00"),
        ("ticket_ids", ["FT100001", 4711]),
        ("ticket_ids", None),
    ],
)
def test_airflow_lets_through_what_the_sync_understands(dag, name, value):
    assert dag.params.get_param(name).resolve(value) == value
    assert parse_request({name: value})


def test_the_manual_stands_in_the_ui(dag):
    assert "sync_job_history" in dag.doc_md


@pytest.mark.parametrize("dag_id", ["qcontact_sync", "qcontact_sync_monitor"])
def test_its_page_says_what_it_is_for_whose_it_is_and_where_to_look(dag_bag, dag_id):
    dag = dag_bag.dags[dag_id]

    assert "sync" in dag.description
    assert dag.owner == "qcontact-sync"
    assert "/qcontact-sync/)" in dag.doc_md
    assert "/qcontact-sync/help)" in dag.doc_md
