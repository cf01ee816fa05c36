"""The HTTP endpoint in a real API server, with a real scheduler that carries the runs out."""

from collections.abc import Iterator

import httpx
import pytest
from qcontact_sync.sync.lifecycle import job_id_of

from dev.airflow.credentials import Credentials
from dev.airflow.environment import ADMIN
from dev.state import RunDirectory
from tests.e2e.airflow_client import DAG_ID, AirflowClient

pytestmark = pytest.mark.e2e

SYNC = "/api/ticketing/cron/sync-qcontact"
WAIT = {"Prefer": "wait=120"}
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture(scope="module")
def stranger(airflow: AirflowClient) -> Iterator[httpx.Client]:
    """A caller without a secret."""
    airflow.unpause(DAG_ID)
    with httpx.Client(base_url=airflow.url, timeout=180, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def cron(stranger: httpx.Client, credentials: Credentials) -> Iterator[httpx.Client]:
    """A caller with the secret."""
    headers = {"Authorization": f"Bearer {credentials.cron_secret}"}
    with httpx.Client(
        base_url=stranger.base_url, headers=headers, timeout=180, trust_env=False
    ) as client:
        yield client


def test_a_call_from_outside_runs_the_dag_and_tells_how_it_ended(fibreflow, cron):
    answer = cron.post(SYNC, headers=WAIT)

    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    (row,) = fibreflow.history(data["job_id"])
    assert data["status"] == row["status"] == "success"
    assert data["summary"]["total_processed"] == row["total_processed"]
    assert cron.get(f"{SYNC}/{data['job_id']}").json()["data"] == data


def test_a_dry_run_from_outside_tells_its_plan(fibreflow, cron):
    answer = cron.post(SYNC, json={"dry_run": True}, headers=WAIT)

    data = answer.json()["data"]
    assert set(data["plan"]) == {"inbound", "outbound"}
    assert fibreflow.history(data["job_id"]) == []


def test_a_run_that_was_refused_is_told_as_failed(cron, airflow):
    run_id = airflow.start_run({"drection": "inbound"})
    airflow.wait(run_id)

    data = cron.get(f"{SYNC}/{job_id_of(DAG_ID, run_id)}").json()["data"]

    assert (data["status"], data["error_code"]) == ("failed", "VALIDATION_ERROR")
    assert "unknown param drection" in data["error_message"]


def test_a_login_cookie_alone_opens_nothing(stranger, credentials):
    login = {"username": ADMIN, "password": credentials.admin_password}
    token = stranger.post("/auth/token", json=login).json()["access_token"]
    cookie = {"Cookie": f"_token={token}", "Origin": "https://elsewhere.example.test"}

    assert stranger.post(SYNC, headers=cookie).status_code == 401


def test_the_app_shows_nothing_of_itself(stranger):
    for path in ("/docs", "/openapi.json"):
        answer = stranger.get("/api/ticketing" + path)
        assert (answer.status_code, answer.json()["success"]) == (404, False)


def test_an_uptime_monitor_learns_that_the_sync_is_well(cron, stranger):
    cron.post(SYNC, headers=WAIT)

    assert stranger.get("/api/ticketing/sync/health").status_code == 200


@pytest.mark.usefixtures("cron")
def test_no_log_holds_the_secret_even_where_it_was_sent_in_the_address(
    stranger, directory: RunDirectory, credentials: Credentials
):
    assert stranger.post(SYNC, params={"secret": credentials.cron_secret}).status_code == 401
    logs = [path for path in directory.root.rglob("*.log") if path.is_file()]

    assert logs
    secret = credentials.cron_secret
    assert [path for path in logs if secret in path.read_text(errors="replace")] == []
