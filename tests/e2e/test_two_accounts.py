"""A second account beside the first, on the same Airflow: its own DAG, database and people."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dev.airflow.credentials import Credentials
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


def run(cron: httpx.Client, **account: str) -> dict[str, object]:
    answer = cron.post(SYNC, params=account)
    assert answer.status_code == 200, answer.text
    data: dict[str, object] = answer.json()["data"]
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


def test_an_account_that_breaks_is_told_to_its_people_and_the_other_goes_on(
    cron: httpx.Client, north_sandbox: Sandbox, mailbox: Mailbox
) -> None:
    north_sandbox.world.faults.extend([Fault(do="answer", status=403, times="forever")])

    north, default = run(cron, account=NORTH), run(cron)
    north_sandbox.world.faults.clear()
    mended = run(cron, account=NORTH)

    assert (north["status"], default["status"]) == ("failed", "success")
    assert mended["status"] == "success"
    told = [mail["Subject"] for mail in mailbox.mails if mail["To"] == NORTHS_PERSON]
    assert told[0] == "[qcontact_sync] north: run failed: AUTHORIZATION_ERROR"
    assert [subject.startswith("[qcontact_sync] north: OVER: ") for subject in told[1:]] == [True]
