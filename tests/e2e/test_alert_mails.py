"""Mails out of a real Airflow: connections from its database, a real SMTP server, its triggerer."""

import time

import pytest

from dev.airflow.api import DagRun
from sandbox.faults import Fault
from sandbox.running import Sandbox
from tests.airflow_version import TELLS_TASKS_OF_DAGS
from tests.e2e.airflow_client import TIMEOUT_S, AirflowClient
from tests.e2e.conftest import CLOSED_POOL, LATE, PERSON, Mailbox

pytestmark = pytest.mark.e2e

MONITOR = "qcontact_sync_monitor"
BAD_KEY = Fault(do="answer", status=401, method="GET", times="forever")


@pytest.fixture(scope="module")
def subjects(
    airflow: AirflowClient, scheduled: DagRun, mailbox: Mailbox, sandbox: Sandbox
) -> list[str]:
    """The subjects of a story: well, two runs with a bad key, well again."""
    airflow.trigger_and_wait()
    mailbox.mails.clear()
    sandbox.world.faults.extend([BAD_KEY])
    for _ in range(2):
        assert airflow.trigger_and_wait().state == "failed"
    sandbox.world.faults.clear()
    assert airflow.trigger_and_wait().state == "success"
    return [str(mail["Subject"]) for mail in mailbox.mails]


def test_an_outage_is_one_mail_when_it_begins_and_one_when_it_is_over(subjects: list[str]) -> None:
    assert subjects == [
        "[qcontact_sync] run failed: AUTHENTICATION_ERROR",
        "[qcontact_sync] OVER: runs succeed again",
    ]


@pytest.mark.usefixtures("subjects")
def test_a_mail_goes_to_whom_the_setting_names_and_leads_to_the_run(
    airflow: AirflowClient, mailbox: Mailbox
) -> None:
    opened = mailbox.mails[0]
    assert opened["To"] == PERSON
    assert f"{airflow.url}/dags/qcontact_sync/runs/manual__" in opened.as_string()


@pytest.mark.usefixtures("subjects")
def test_a_mail_says_when_the_next_run_begins(mailbox: Mailbox) -> None:
    """Or that none does: Airflow tells the task that writes the mail."""
    assert ("\nNext run" in mailbox.mails[0].as_string()) is TELLS_TASKS_OF_DAGS


@pytest.mark.usefixtures("subjects")
def test_the_monitor_goes_green_and_compares_tickets(airflow: AirflowClient) -> None:
    airflow.unpause(MONITOR)
    run = airflow.run_another(MONITOR)
    airflow.pause(MONITOR)
    assert run["state"] == "success"
    compared = airflow.returned(run["dag_run_id"], "compare_sample", MONITOR)
    assert compared["compared"] > 0
    assert airflow.tasks(MONITOR, run["dag_run_id"])["delete_old_rows"] == "skipped"


@pytest.mark.deadlines
@pytest.mark.usefixtures("subjects")
def test_deadline_reports_a_scheduled_run_that_did_not_start(
    airflow: AirflowClient, mailbox: Mailbox
) -> None:
    airflow.add_pool(CLOSED_POOL, slots=0)
    mailbox.mails.clear()
    airflow.unpause(LATE)
    deadline = time.monotonic() + TIMEOUT_S
    while not mailbox.mails and time.monotonic() < deadline:
        time.sleep(0.5)
    airflow.pause(LATE)
    (mail,) = mailbox.mails
    assert str(mail["Subject"]).startswith("[qcontact_sync] the run of ")
    assert str(mail["Subject"]).endswith(" is late")
