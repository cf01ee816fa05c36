"""Whole runs of the DAG in this process: real tasks, XComs, trigger rules, database and wire."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import tests.private_airflow as private_airflow
from dev.airflow.environment import postgres_connection
from sandbox.faults import Fault
from sandbox.running import Sandbox, run_sandbox
from tests.database import rows

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 5
GREEN = dict.fromkeys(("start_run", "inbound_sync", "outbound_sync", "finalize"), "success")


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished DAG run."""

    state: str
    tasks: dict[str, str]
    tries: dict[str, int]
    summary: dict[str, Any] | None


@pytest.fixture
def sandbox():
    with run_sandbox(tickets=TICKETS) as running:
        yield running


@pytest.fixture
def fibreflow(fibreflow_db: str) -> Callable[[str], list[dict[str, Any]]]:
    return partial(rows, fibreflow_db)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    runtime_db: str,
) -> Callable[..., Ran]:
    """Run the DAG once, with this conf; no task waits before its next try."""
    qcontact = {"conn_type": "qcontact", "host": sandbox.url, "password": sandbox.api_key}
    monkeypatch.setenv("AIRFLOW_CONN_QCONTACT_DEFAULT", json.dumps(qcontact))
    monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT", postgres_connection(runtime_db))
    monkeypatch.setenv("QCONTACT_SYNC_RETRY_BUDGET_S", "0")
    private_airflow.migrate()

    def run_once(**conf: Any) -> Ran:
        from tests.airflow_releases import DagBag

        dag = DagBag(dag_folder=str(private_airflow.PROJECT / "dags")).dags["qcontact_sync"]
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
        # Airflow 3.3.2 cannot end `dag.test()` of a DAG with a deadline: it looks one up by its
        # definition in place of its id.
        dag.deadline = None
        finished = dag.test(logical_date=None, run_conf=conf)
        instances = {ti.task_id: ti for ti in finished.get_task_instances()}
        return Ran(
            state=str(finished.state),
            tasks={name: str(ti.state) for name, ti in instances.items()},
            tries={name: ti.try_number for name, ti in instances.items()},
            summary=instances["finalize"].xcom_pull(task_ids="finalize"),
        )

    return run_once


def test_a_run_goes_green_and_returns_its_summary(run, fibreflow):
    ran = run()

    assert (ran.state, ran.tasks) == ("success", GREEN)
    assert ran.summary["summary"]["inbound"]["created"] == TICKETS
    (row,) = fibreflow("SELECT id, status FROM sync_job_history")
    assert (str(row["id"]), row["status"]) == (ran.summary["job_id"], "success")


@pytest.mark.parametrize(
    ("asked", "skipped"), [("inbound", "outbound_sync"), ("outbound", "inbound_sync")]
)
def test_a_direction_that_was_not_asked_for_is_skipped_and_the_other_one_runs(run, asked, skipped):
    ran = run(sync_direction=asked)

    assert (ran.state, ran.tasks) == ("success", {**GREEN, skipped: "skipped"})


def test_outbound_runs_although_inbound_broke_and_the_run_is_red_and_on_record(
    run, sandbox, fibreflow
):
    sandbox.world.faults.extend([Fault(do="answer", status=403, times="forever", method="GET")])

    ran = run()

    assert ran.state == "failed"
    assert ran.tasks == {**GREEN, "inbound_sync": "failed", "finalize": "failed"}
    assert ran.summary["error_code"] == "AUTHORIZATION_ERROR"
    (row,) = fibreflow("SELECT status, error_code FROM sync_job_history")
    assert (row["status"], row["error_code"]) == ("failed", "AUTHORIZATION_ERROR")


def test_a_run_is_red_where_outbound_broke(run, sandbox, fibreflow):
    run()
    fibreflow("UPDATE tickets SET status = 'qa_approved'")
    sandbox.world.faults.extend([Fault(do="answer", status=403, times="forever", method="PATCH")])

    ran = run()

    assert ran.state == "failed"
    assert ran.tasks == {**GREEN, "outbound_sync": "failed", "finalize": "failed"}


def test_a_run_with_some_failed_tickets_is_partial_and_green(run, sandbox):
    sandbox.world.add(title="")

    ran = run()

    assert (ran.state, ran.tasks) == ("success", GREEN)
    assert ran.summary["status"] == "partial"


def test_a_run_in_which_nothing_succeeded_is_recorded_and_then_red(run, sandbox, fibreflow):
    run()
    sandbox.world.add(title="")

    ran = run()

    assert (ran.state, ran.tasks) == ("failed", {**GREEN, "finalize": "failed"})
    assert ran.summary["status"] == "failed"
    assert len(fibreflow("SELECT 1 FROM sync_job_history WHERE status = 'failed'")) == 1


def test_a_dry_run_returns_its_plan_and_leaves_no_row(run, fibreflow):
    ran = run(dry_run=True)

    assert (ran.state, ran.tasks) == ("success", GREEN)
    assert ran.summary["plan"]
    assert fibreflow("SELECT 1 FROM sync_job_history") == []
    assert fibreflow("SELECT 1 FROM tickets") == []


def test_nothing_runs_after_a_start_that_was_refused(run, fibreflow):
    ran = run(start_date="2026-11-02T00:00:00Z", end_date="2026-11-01T00:00:00Z")

    assert ran.state == "failed"
    assert ran.tasks == {**dict.fromkeys(GREEN, "upstream_failed"), "start_run": "failed"}
    (row,) = fibreflow("SELECT status, error_code FROM sync_job_history")
    assert (row["status"], row["error_code"]) == ("failed", "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("connection", "tries"),
    [
        pytest.param(None, 1, id="missing-is-fatal"),
        pytest.param(
            {"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "schema": "nobody"},
            4,
            id="unreachable-may-pass",
        ),
    ],
)
def test_only_what_may_pass_is_tried_again(run, monkeypatch, connection, tries):
    if connection is None:
        monkeypatch.delenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT")
    else:
        monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT", json.dumps(connection))

    ran = run()

    assert ran.tasks["start_run"] == "failed"
    assert ran.tries["start_run"] == tries
