"""Callers of the earlier job's endpoint, and what docs/migrating.md says of them."""

import http.client
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from dev.state import PROJECT
from tests.integration.endpoint.serving import SECRET, SYNC

pytestmark = pytest.mark.integration

PAGE = (PROJECT / "docs" / "migrating.md").read_text()
SUMMARY = {"total_processed", "total_success", "total_failed", "success_rate"}
INBOUND = {"processed", "successful", "failed", "created", "updated"}


@pytest.fixture
def call(server):
    """POST with the secret and no body, as it was sent to the earlier endpoint."""

    def post(**headers):
        address = urlsplit(server.url)
        with closing(http.client.HTTPConnection(address.hostname, address.port)) as caller:
            admitted = {"Authorization": f"Bearer {SECRET}"}
            caller.request("POST", SYNC, headers=admitted | headers)
            answer = caller.getresponse()
            return answer.status, json.loads(answer.read())

    with ThreadPoolExecutor(1) as pool:
        yield lambda **headers: pool.submit(post, **headers)


def carry_out_what_was_asked_for(airflow, asked):
    while not airflow.runs():
        assert not asked.done(), asked.result()
        time.sleep(0.05)
    airflow.carry_out(airflow.runs()[0])


def test_an_earlier_caller_finds_every_field_where_it_was(airflow, call):
    asked = call(Prefer="wait=600")
    carry_out_what_was_asked_for(airflow, asked)
    status, body = asked.result()

    assert status == 200
    assert body.keys() == {"success", "data", "message", "meta"}
    assert body["success"] is True
    data = body["data"]
    assert data["status"] == "success"
    assert {"job_id", "started_at", "completed_at", "duration_seconds"} <= data.keys()
    assert (data["error_message"], data["error_code"]) == (None, None)
    summary = data["summary"]
    assert summary.keys() == SUMMARY | {"inbound", "outbound"}
    assert summary["inbound"].keys() >= INBOUND
    assert summary["outbound"].keys() >= {"processed", "successful", "failed"}
    assert {"timestamp", "execution_time_ms"} == body["meta"].keys()


def test_an_earlier_caller_of_a_run_that_goes_on_gets_a_202_without_results(airflow, call):
    status, body = call(Prefer="wait=0").result()

    assert (status, body["success"]) == (202, True)
    assert body["data"]["status"] == "queued"
    assert (body["data"]["completed_at"], body["data"]["summary"]) == (None, None)


def test_the_pages_commands_switch_both_dags_on_and_off(airflow):
    states = []
    for command in re.findall(r"^airflow (.+)$", PAGE, re.MULTILINE):
        airflow.tool(*command.split())
        rows = airflow.query("SELECT dag_id FROM dag WHERE NOT is_paused ORDER BY dag_id")
        states.append([row["dag_id"] for row in rows])

    both = ["qcontact_sync", "qcontact_sync_monitor"]
    assert len(states) == 4
    assert (states[1], states[3]) == (both, [])


def test_the_page_passes_calls_on_to_the_endpoints_path():
    addresses = re.findall(r"https://sync\.example\.com(/[\w/-]*)", PAGE)
    assert addresses == [SYNC, SYNC]
