"""A second account beside the first, on the same Airflow: its own DAG, database and people.

The first speaks the dialect tickets; the second is a customer's tenant (dialect entities).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.airflow.credentials import Credentials
from dev.state import RunDirectory
from sandbox.faults import Fault
from sandbox.running import Sandbox
from tests.e2e.airflow_client import DAG_ID, AirflowClient
from tests.e2e.conftest import NORTHS_TICKETS, FibreFlow, Mailbox

pytestmark = pytest.mark.e2e

NORTH, NORTH_DAG, NORTHS_PERSON = "north", f"{DAG_ID}_north", "north@example.test"
PATIENCE_S = 240
SYNC = "/api/ticketing/cron/sync-qcontact"


@pytest.fixture(scope="module")
def two_accounts(airflow: AirflowClient, accounts_file: Path) -> Iterator[None]:
    """North comes to a running Airflow, and goes again."""
    before = accounts_file.read_text()
    _replace(accounts_file, f'{before}[accounts.north]\nalert_to = "{NORTHS_PERSON}"\n')
    airflow.read_file_again(DAG_ID)
    deadline = time.monotonic() + PATIENCE_S
    while airflow.dag(NORTH_DAG) is None:
        assert time.monotonic() < deadline, "Airflow did not find the new account's DAG"
        time.sleep(1)
    yield
    airflow.pause(NORTH_DAG)
    _replace(accounts_file, before)


def _replace(file: Path, text: str) -> None:
    """In one step: it may be read at any time."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


@pytest.fixture(scope="module")
def cron(
    airflow: AirflowClient, two_accounts: None, credentials: Credentials
) -> Iterator[httpx.Client]:
    """A caller with the secret, who waits for the run's end."""
    for dag_id in (DAG_ID, NORTH_DAG):
        airflow.unpause(dag_id)
    headers = {"Authorization": f"Bearer {credentials.cron_secret}", "Prefer": "wait=240"}
    with httpx.Client(
        base_url=airflow.url, headers=headers, timeout=300, trust_env=False
    ) as client:
        yield client


def run(cron: httpx.Client, **account: str) -> dict[str, Any]:
    answer = cron.post(SYNC, params=account)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def test_each_account_is_synced_by_its_own_dag_into_its_own_database(
    cron: httpx.Client, fibreflow: FibreFlow, north_fibreflow: FibreFlow
) -> None:
    north, default = run(cron, account=NORTH), run(cron)

    assert north["status"] == default["status"] == "success"
    assert len(north_fibreflow.rows("SELECT 1 FROM tickets")) == NORTHS_TICKETS
    assert north_fibreflow.history(str(north["job_id"]))
    assert fibreflow.history(str(default["job_id"]))
    assert not fibreflow.history(str(north["job_id"]))


def test_a_tenant_is_kept_in_step_both_ways(
    cron: httpx.Client, north_sandbox: Sandbox, north_fibreflow: FibreFlow
) -> None:
    tenant = north_sandbox.world
    case = tenant.add(title="No light at the school", status="Open")
    run(cron, account=NORTH)
    tenant.edit(case, title="No light at the library")
    north_fibreflow.rows(
        "UPDATE tickets SET status = 'pending_qa' WHERE external_id = %(case)s RETURNING id",
        case=case,
    )

    done = run(cron, account=NORTH)
    again = run(cron, account=NORTH)

    shown = tenant.case(case)
    assert shown is not None
    assert (done["status"], shown["fields"]["status"]) == ("success", "InReview")
    assert north_fibreflow.rows(
        "SELECT title, status FROM tickets WHERE external_id = %(case)s", case=case
    ) == [{"title": "No light at the library", "status": "pending_qa"}]
    assert again["summary"]["outbound"]["processed"] == 0
    assert [entry.body for entry in tenant.journal if entry.by == "api"] == [
        {"fields": {"status": "InReview"}}
    ]


def test_an_account_that_breaks_is_told_to_its_people_and_the_other_goes_on(
    cron: httpx.Client, north_sandbox: Sandbox, mailbox: Mailbox
) -> None:
    # The sign-in works: the user may not read the list.
    forbidden = Fault(do="answer", path="/entities/Case", status=403, times="forever")
    north_sandbox.world.faults.extend([forbidden])

    north, default = run(cron, account=NORTH), run(cron)
    north_sandbox.world.faults.clear()
    mended = run(cron, account=NORTH)

    assert (north["status"], default["status"]) == ("failed", "success")
    assert mended["status"] == "success"
    subjects = [mail["Subject"] for mail in mailbox.mails if mail["To"] == NORTHS_PERSON]
    assert subjects[0] == "[qcontact_sync] north: run failed: AUTHORIZATION_ERROR"
    assert [subject.startswith("[qcontact_sync] north: OVER: ") for subject in subjects[1:]] == [
        True
    ]


@pytest.mark.usefixtures("cron")
def test_no_log_holds_the_tenants_password(directory: RunDirectory, north_sandbox: Sandbox) -> None:
    logs = [path for path in directory.root.rglob("*.log") if path.is_file()]

    assert logs
    secret = north_sandbox.password
    assert [path for path in logs if secret in path.read_text(errors="replace")] == []
