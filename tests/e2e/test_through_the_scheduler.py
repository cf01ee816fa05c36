"""The DAG in a real Airflow: api-server, scheduler and DAG processor as they run in production."""

import json
from typing import Any

import pytest

from dev.airflow.api import DagRun
from dev.state import RunDirectory
from sandbox.directory import MAIN_QUEUE
from sandbox.faults import Fault
from sandbox.running import Sandbox
from tests.airflow_version import CLEARED_WITH_A_DIRECTION
from tests.e2e.airflow_client import ALL_GREEN, AirflowClient
from tests.e2e.conftest import TICKETS

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def by_hand(airflow: AirflowClient, scheduled: DagRun) -> DagRun:
    return airflow.trigger_and_wait()


@pytest.fixture(scope="module")
def summary(airflow: AirflowClient, by_hand: DagRun) -> dict[str, Any]:
    return airflow.returned(by_hand.run_id, "finalize")


def test_the_scheduler_starts_a_run_by_itself_and_it_goes_green(airflow, scheduled):
    assert (scheduled.state, airflow.states(scheduled.run_id)) == ("success", ALL_GREEN)


def test_a_run_by_hand_goes_green(airflow, by_hand):
    assert (by_hand.state, airflow.states(by_hand.run_id)) == ("success", ALL_GREEN)


@pytest.mark.usefixtures("by_hand")
def test_then_every_ticket_is_in_fibreflow_once(fibreflow):
    tickets = fibreflow.rows("SELECT external_id FROM tickets WHERE source = 'qcontact'")

    assert len(tickets) == len({t["external_id"] for t in tickets}) >= TICKETS


def test_the_run_is_on_record_as_a_success(fibreflow, summary):
    (row,) = fibreflow.history(summary["job_id"])

    assert row["status"] == summary["status"] == "success"
    assert row["completed_at"] >= row["started_at"]


@pytest.mark.usefixtures("by_hand")
def test_an_edit_in_fibreflow_travels_out_with_the_next_run(airflow, fibreflow, sandbox):
    edited, *_ = fibreflow.rows(
        "UPDATE tickets SET status = 'in_progress' WHERE id = "
        "(SELECT id FROM tickets WHERE status = 'open' AND source = 'qcontact' LIMIT 1) "
        "RETURNING external_id"
    )

    run = airflow.trigger_and_wait()

    assert airflow.states(run.run_id) == ALL_GREEN
    assert sandbox.world.ticket(edited["external_id"])["status"] == "in_progress"
    assert airflow.returned(run.run_id, "outbound_sync")["successful"] == 1


@pytest.mark.usefixtures("scheduled")
def test_a_direction_that_was_not_asked_for_is_skipped(airflow):
    run = airflow.trigger_and_wait({"sync_direction": "outbound"})

    assert run.state == "success"
    assert airflow.states(run.run_id) == {**ALL_GREEN, "inbound_sync": "skipped"}


@pytest.mark.parametrize(
    ("conf", "reason"),
    [
        pytest.param(
            {"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
            "end_date 2026-11-01T00:00:00+00:00 is not after",
            id="end-before-start",
        ),
        pytest.param({"drection": "inbound"}, "unknown param drection", id="unknown-param"),
    ],
)
@pytest.mark.usefixtures("scheduled")
def test_a_bad_param_ends_the_run_at_once_and_is_on_record(airflow, fibreflow, conf, reason):
    known = {row["id"] for row in fibreflow.rows("SELECT id FROM sync_job_history")}

    run = airflow.trigger_and_wait(conf)

    assert run.state == "failed"
    assert airflow.states(run.run_id) == {
        **dict.fromkeys(ALL_GREEN, "upstream_failed"),
        "start_run": "failed",
    }
    assert airflow.tries(run.run_id, "start_run") == 1
    assert reason in airflow.log(run.run_id, "start_run")
    rows = fibreflow.rows("SELECT id, status, error_code FROM sync_job_history")
    (row,) = [r for r in rows if r["id"] not in known]
    assert (row["status"], row["error_code"]) == ("failed", "VALIDATION_ERROR")


def test_clearing_a_finished_run_keeps_its_one_row(airflow, fibreflow, by_hand, summary):
    before = fibreflow.rows("SELECT count(*) FROM sync_job_history")

    cleared = airflow.clear(by_hand.run_id, *ALL_GREEN)
    again = airflow.wait(by_hand.run_id)

    assert cleared == set(ALL_GREEN)
    assert again.state == "success"
    assert fibreflow.rows("SELECT count(*) FROM sync_job_history") == before
    assert fibreflow.history(summary["job_id"])[0]["status"] == "success"


def test_clearing_one_direction_opens_and_settles_the_run_again(airflow, fibreflow, by_hand):
    cleared = airflow.clear(by_hand.run_id, "outbound_sync")
    again = airflow.wait(by_hand.run_id)

    assert cleared == {"outbound_sync", *CLEARED_WITH_A_DIRECTION}
    assert again.state == "success"


@pytest.mark.usefixtures("scheduled")
def test_a_run_that_a_person_marks_as_failed_is_on_record_all_the_same(airflow, fibreflow, sandbox):
    slow = Fault(do="delay", delay_s=60, method="GET", times="forever")
    sandbox.world.faults.extend([slow])
    run_id = airflow.start_run()
    airflow.wait_for_task(run_id, "inbound_sync", "running")

    airflow.mark_failed(run_id)
    airflow.wait_for_task(run_id, "finalize", "failed")
    sandbox.world.faults.clear()

    assert airflow.wait(run_id).state == "failed"
    assert airflow.states(run_id)["outbound_sync"] == "skipped"
    (row,) = fibreflow.history(airflow.returned(run_id, "finalize")["job_id"])
    assert row["status"] == "failed"


def test_the_connection_form_tests_what_was_typed(airflow, sandbox: Sandbox):
    typed = {"connection_id": "typed", "conn_type": "qcontact", "host": sandbox.url}

    right = airflow.test_connection({**typed, "password": sandbox.api_key})
    wrong = airflow.test_connection({**typed, "password": "not-the-key"})

    assert right["status"] is True
    assert wrong["status"] is False
    assert "check the API key" in wrong["message"]
    assert "not-the-key" not in wrong["message"]


def test_the_connection_form_asks_for_what_qcontact_needs(airflow):
    form = airflow.connection_forms()["qcontact"]

    titles = {name: form["standard_fields"][name]["title"] for name in ("login", "password")}
    assert titles == {
        "login": "E-mail address (only entities)",
        "password": "API key (tickets), or password or token (entities)",
    }
    assert set(form["extra_fields"]) >= {"dialect", "queues", "client", "page_size"}


def test_the_connection_form_tests_a_tenant_that_was_typed(airflow, north_sandbox: Sandbox):
    """As the UI sends it, port 0 included."""
    typed = {
        "connection_id": "typed",
        "conn_type": "qcontact",
        "host": north_sandbox.url,
        "port": 0,
        "schema": "",
        "login": north_sandbox.email,
        "extra": json.dumps({"dialect": "entities", "queues": str(MAIN_QUEUE)}),
    }

    right = airflow.test_connection({**typed, "password": north_sandbox.password})
    wrong = airflow.test_connection({**typed, "password": "not-the-password"})

    assert (right["status"], wrong["status"]) == (True, False)
    assert "signed in as" in right["message"]
    assert f"queue {MAIN_QUEUE}:" in right["message"]
    assert wrong["message"].startswith("QContact refuses the user or the password")


@pytest.mark.usefixtures("by_hand")
def test_no_log_holds_the_api_key(directory: RunDirectory, sandbox: Sandbox):
    logs = [path for path in directory.root.rglob("*.log") if path.is_file()]

    assert logs
    assert [path for path in logs if sandbox.api_key in path.read_text(errors="replace")] == []
