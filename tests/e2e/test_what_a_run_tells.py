"""What a person sees of a run in Airflow, and what other DAGs hear of it."""

import re

import pytest

from sandbox.faults import Fault

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("scheduled")]

FOLLOWER = "ticket_follower"


@pytest.fixture
def edited(sandbox):
    """A ticket that the call centre changed just now."""
    remote_id = sandbox.world.add(title="Edited later", status="New")
    sandbox.world.edit(remote_id, title="Edited")
    return remote_id


@pytest.fixture(scope="module")
def wrote(airflow, sandbox, mailbox, scheduled):
    """A run that brought in a ticket; and the newest run of the DAG that follows, before it."""
    before = airflow.newest(FOLLOWER)
    sandbox.world.edit(sandbox.world.add(title="Edited later", status="New"), title="Edited")
    return airflow.trigger_and_wait(), before


@pytest.fixture(scope="module")
def run(wrote):
    return wrote[0]


def test_each_step_leaves_a_line_with_its_counts(airflow, run):
    lines = {task: airflow.lines(run.run_id, task) for task in airflow.states(run.run_id)}
    said = {task: " | ".join(text for _, text in found) for task, found in lines.items()}
    assert re.search(r"run\.opened job=\S+ window=\[20.* directions=both", said["start_run"])
    assert re.search(r"inbound\.reading window=\[20", said["inbound_sync"])
    assert re.search(r"inbound\.done processed=\d+ created=\d+", said["inbound_sync"])
    assert re.search(r"outbound\.pending tickets=\d+", said["outbound_sync"])
    assert re.search(r"outbound\.done processed=\d+", said["outbound_sync"])
    assert re.search(r"run\.settled status=success processed=\d+", said["finalize"])


def test_a_good_run_has_nothing_above_info_in_its_log(airflow, run):
    found = [
        line for task in airflow.states(run.run_id) for line in airflow.lines(run.run_id, task)
    ]
    assert {level for level, _ in found} == {"info"}


def test_no_log_repeats_what_a_task_returned(airflow, run):
    logs = {task: airflow.log(run.run_id, task) for task in airflow.states(run.run_id)}
    assert [task for task, log in logs.items() if "Returned value was" in log] == []


def test_a_run_that_wrote_tickets_starts_the_dag_that_follows_them(airflow, wrote):
    run, before = wrote
    (event,) = airflow.asset_events(run.run_id)
    assert (event["name"], event["source_task_id"]) == ("fibreflow_tickets", "inbound_sync")
    follower = airflow.wait(airflow.wait_for_another(before, FOLLOWER), FOLLOWER)
    assert airflow.returned(follower.run_id, "follow", FOLLOWER)["created"] >= 1


def test_a_dry_runs_plan_stands_in_the_log(airflow, edited):
    run = airflow.trigger_and_wait({"dry_run": True})

    found = [text for _, text in airflow.lines(run.run_id, "inbound_sync")]
    (ended,) = [text for _, text in airflow.lines(run.run_id, "finalize")]
    assert ended.startswith("run.previewed status=success")
    assert [line for line in found if line.startswith(f"inbound.plan + {edited}")]
    assert airflow.returned(run.run_id, "finalize")["plan"]["inbound"]["create"] >= 1


def test_the_summary_is_there_also_where_the_run_failed(airflow, sandbox):
    sandbox.world.faults.extend([Fault(do="answer", status=403, times="forever", method="GET")])
    run = airflow.trigger_and_wait()
    sandbox.world.faults.clear()

    assert run.state == "failed"
    assert airflow.returned(run.run_id, "finalize")["error_code"] == "AUTHORIZATION_ERROR"
    errors = [text for level, text in airflow.lines(run.run_id, "finalize") if level == "error"]
    assert "AUTHORIZATION_ERROR" in errors[-1]
    assert "What to do: ask QContact for the right" in errors[-1]


def test_a_run_that_wrote_nothing_announces_nothing(airflow):
    airflow.trigger_and_wait()
    run = airflow.trigger_and_wait()

    assert airflow.asset_events(run.run_id) == []
