"""Starting runs over HTTP: one run for all who mean the same, and answers in good time."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import pytest
from qcontact_sync import jobs
from qcontact_sync.on_airflow.endpoint.waiting import MOST_CALLERS

from tests.integration.endpoint.serving import DAG_ID, SYNC, WORKERS, serve

pytestmark = pytest.mark.integration

ASYNC = {"Prefer": "respond-async"}
PATIENCE_S = 120


def key(name):
    return {"Idempotency-Key": f"{name}-{uuid4()}"}


def wait_for(ready, what):
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(80) as pool:
        yield pool


def test_a_trigger_starts_a_run_and_tells_its_job_id_before_it_begins(airflow, client):
    answer = client.post(SYNC, headers=ASYNC)

    (run,) = airflow.runs()
    assert answer.status_code == 202
    body = answer.json()
    assert body["success"] is True
    assert body["data"]["status"] == run["state"] == "queued"
    assert body["data"]["job_id"] == str(uuid5(NAMESPACE_URL, f"{DAG_ID}/{run['run_id']}"))
    assert body["data"]["summary"] is None
    assert answer.headers["location"] == f"{SYNC}/{body['data']['job_id']}"
    assert set(body["meta"]) == {"timestamp", "execution_time_ms"}


def test_a_caller_who_waits_gets_the_run_as_it_ended(airflow, client, pool):
    waits = {"Prefer": f"wait={PATIENCE_S}"}
    asked = pool.submit(client.post, SYNC, json={"start_date": "2000-01-01"}, headers=waits)
    wait_for(airflow.runs, "the run did not start")
    airflow.carry_out(airflow.runs()[0])

    answer = asked.result()

    assert answer.status_code == 200
    data = answer.json()["data"]
    (row,) = jobs.get_sync_job_history(1, fibreflow=airflow.fibreflow)
    assert data["job_id"] == str(row.id)
    assert data["status"] == row.status == "success"
    assert data["summary"]["total_processed"] == row.total_processed
    assert data["summary"]["inbound"]["processed"] == row.inbound_processed == 3
    assert set(data["summary"]["outbound"]) >= {"processed", "successful", "failed"}
    assert data["completed_at"] == row.completed_at.astimezone(UTC).isoformat()
    assert data["window"]["start"] == "2000-01-01T00:00:00+00:00"


def test_a_run_that_failed_is_an_answer_like_any_other(airflow, client):
    started = client.post(SYNC, headers=ASYNC).json()["data"]
    airflow.end(airflow.runs()[0]["run_id"], "failed")

    answer = client.get(f"{SYNC}/{started['job_id']}")

    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["status"], data["error_code"]) == ("failed", "SYNC_JOB_ERROR")


def test_where_a_run_stands_is_told_while_it_waits_runs_and_after(airflow, client):
    location = client.post(SYNC, headers=ASYNC).headers["location"]
    (run,) = airflow.runs()
    states = [client.get(location).json()["data"]["status"]]
    airflow.query("UPDATE dag_run SET state = 'running'")
    states.append(client.get(location).json()["data"]["status"])
    airflow.carry_out(run)
    states.append(client.get(location).json()["data"]["status"])

    assert states == ["queued", "running", "success"]


@pytest.mark.parametrize("job_id", [pytest.param(str(uuid4()), id="some-uuid"), "nonsense", "%00"])
def test_a_run_that_nobody_knows_is_not_found(client, job_id):
    answer = client.get(f"{SYNC}/{job_id}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_twenty_triggers_at_once_make_one_run(airflow, client, pool):
    answers = list(pool.map(lambda _: client.post(SYNC, headers=ASYNC), range(20)))

    assert [a.status_code for a in answers] == [202] * 20
    assert len({a.json()["data"]["job_id"] for a in answers}) == len(airflow.runs()) == 1


def test_twenty_triggers_at_once_with_a_key_each_make_one_run_and_each_key_keeps_it(
    airflow, client, pool
):
    keys = [key(str(n)) for n in range(20)]

    def ask(headers):
        return client.post(SYNC, headers=ASYNC | headers).json()["data"]["job_id"]

    first = set(pool.map(ask, keys))
    airflow.end(airflow.runs()[0]["run_id"])
    again = set(pool.map(ask, keys))

    assert len(airflow.runs()) == 1
    assert first == again
    assert len(first) == 1


def test_triggers_that_mean_different_things_make_a_run_each(airflow, client):
    for params in ({}, {"sync_direction": "inbound"}, {"ticket_ids": ["a"]}, {"dry_run": True}):
        assert client.post(SYNC, json=params, headers=ASYNC).status_code == 202

    assert len(airflow.runs()) == 4


def test_a_trigger_joins_a_run_that_says_the_same_in_other_words(airflow, client):
    first = {"ticket_ids": ["FT1", "FT2"], "start_date": "2026-11-01T02:00:00+02:00"}
    second = {"ticket_ids": ["FT2", "FT1"], "start_date": "2026-11-01T00:00:00", "dry_run": False}
    answers = [client.post(SYNC, json=params, headers=ASYNC) for params in (first, second)]

    assert len({a.json()["data"]["job_id"] for a in answers}) == len(airflow.runs()) == 1


def test_a_run_that_is_over_is_not_joined(airflow, client):
    client.post(SYNC, headers=ASYNC)
    airflow.end(airflow.runs()[0]["run_id"])
    client.post(SYNC, headers=ASYNC)

    assert len(airflow.runs()) == 2


def test_a_scheduled_run_is_not_joined(airflow, client):
    client.post(SYNC, headers=ASYNC)
    airflow.query("UPDATE dag_run SET run_type = 'scheduled'")
    client.post(SYNC, headers=ASYNC)

    assert len(airflow.runs()) == 2


def test_a_key_gives_its_run_again_after_its_end_and_from_another_server(airflow, client):
    once = key("nightly")
    first = client.post(SYNC, headers=ASYNC | once).json()["data"]["job_id"]
    airflow.end(airflow.runs()[0]["run_id"])

    with serve(airflow) as restarted, restarted.admitted() as elsewhere:
        again = elsewhere.post(SYNC, headers=ASYNC | once)

    assert again.status_code == 200
    assert again.json()["data"]["job_id"] == first
    assert len(airflow.runs()) == 1


def test_a_key_gives_its_run_again_whatever_else_is_asked_for(airflow, client):
    once = key("retry")
    first = client.post(SYNC, headers=ASYNC | once)
    again = client.post(SYNC, json={"dry_run": True}, headers=ASYNC | once)

    assert again.json()["data"]["job_id"] == first.json()["data"]["job_id"]


def test_a_date_without_a_zone_is_utc_and_the_window_is_echoed(airflow, client):
    params = {"start_date": "2026-11-01T06:00:00", "end_date": "2026-11-01T12:00:00"}
    answer = client.post(SYNC, json=params, headers=ASYNC)

    window = answer.json()["data"]["window"]
    assert window == {"start": "2026-11-01T06:00:00+00:00", "end": "2026-11-01T12:00:00+00:00"}
    assert airflow.runs()[0]["conf"]["start_date"] == "2026-11-01T06:00:00+00:00"


def test_an_end_in_the_future_is_cut_to_now(airflow, client):
    params = {"start_date": "2026-11-01", "end_date": "2999-01-01"}
    answer = client.post(SYNC, json=params, headers=ASYNC)

    assert datetime.fromisoformat(answer.json()["data"]["window"]["end"]) < datetime.now(UTC)


def test_a_paused_dag_starts_nothing(airflow, client):
    airflow.query("UPDATE dag SET is_paused = true")
    answer = client.post(SYNC, headers=ASYNC)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "DAG_PAUSED")
    assert airflow.runs() == []


def test_a_dag_that_is_gone_is_an_error_of_the_server(airflow, client):
    airflow.query("UPDATE dag SET is_stale = true")
    answer = client.post(SYNC, headers=ASYNC)

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "CRON_JOB_ERROR")


@pytest.fixture
def broken_airflow(airflow):
    """Its database lacks a table that everything needs."""
    airflow.query("ALTER TABLE dag RENAME TO dag_elsewhere")
    yield airflow
    airflow.query("ALTER TABLE dag_elsewhere RENAME TO dag")


@pytest.mark.usefixtures("broken_airflow")
def test_a_database_that_fails_is_an_error_of_the_server_and_says_no_more(client):
    answer = client.post(SYNC, headers=ASYNC)

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "CRON_JOB_ERROR")
    assert "dag" not in answer.text.lower()
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        pytest.param({"drection": "inbound"}, "unknown param drection", id="unknown"),
        pytest.param(
            {"start_date": "2026-11-02T00:00:00Z", "end_date": "2026-11-01T00:00:00Z"},
            "is not after start_date",
            id="end-before-start",
        ),
        pytest.param({"start_date": "2999-01-01T00:00:00Z"}, "lies in the future", id="future"),
        pytest.param({"end_date": "yesterday"}, "end_date is not an ISO 8601", id="nonsense"),
        pytest.param({"dry_run": "yes"}, "dry_run is neither true nor false", id="no-switch"),
        pytest.param({"ticket_ids": [" "]}, "ticket_ids holds an empty id", id="empty-id"),
        pytest.param([], "not a JSON object", id="list"),
    ],
)
def test_bad_params_start_nothing_and_are_named(airflow, client, params, reason):
    answer = client.post(SYNC, json=params, headers=ASYNC)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    assert reason in answer.json()["error"]["message"]
    assert airflow.runs() == []


def test_a_caller_that_hangs_up_leaves_the_run_going_and_finds_it_again(airflow, client):
    once = key("eventbridge")
    with pytest.raises(httpx.ReadTimeout):
        client.post(SYNC, headers=once, timeout=httpx.Timeout(PATIENCE_S, read=3))
    wait_for(airflow.runs, "the run did not start")
    (run,) = airflow.runs()
    again = client.post(SYNC, headers=ASYNC | once)

    assert again.json()["data"]["job_id"] == str(uuid5(NAMESPACE_URL, f"{DAG_ID}/{run['run_id']}"))
    assert len(airflow.runs()) == 1


def test_callers_that_wait_hold_up_nobody_and_are_not_too_many(airflow, server, pool):
    most = MOST_CALLERS * WORKERS

    def wait(_):
        with server.admitted() as client:
            return client.post(SYNC, headers={"Prefer": f"wait={PATIENCE_S}"}).status_code

    callers = [pool.submit(wait, n) for n in range(most + 6)]
    wait_for(lambda: sum(c.done() for c in callers) >= 6, "too many were let to wait")
    with server.admitted() as client:
        other = client.post(SYNC, json={"dry_run": True}, headers=ASYNC)
    at_once = [c.result() for c in callers if c.done()]

    def all_are_answered():
        for run in airflow.runs():
            airflow.end(run["run_id"])
        return all(c.done() for c in callers)

    wait_for(all_are_answered, "the callers did not learn that the run ended")

    assert other.status_code == 202
    assert set(at_once) == {202}
    statuses = Counter(c.result() for c in callers)
    assert statuses.keys() == {200, 202}
    # How the workers share the callers is up to the system: each lets so many wait, or all of its.
    assert MOST_CALLERS <= statuses[200] <= most
