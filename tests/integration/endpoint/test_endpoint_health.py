"""The answer to an uptime monitor: yes, or no, or no for want of an answer."""

import socket

import pytest
from qcontact_sync.core.request import ParamError
from qcontact_sync.core.windows import Trigger
from qcontact_sync.sync.lifecycle import RunOrder

from dev.database.postgres import free_port
from tests.integration.endpoint.serving import HEALTH, SYNC, serve

pytestmark = pytest.mark.integration


def health(server):
    with server.client() as client:
        return client.get(HEALTH)


def test_a_sync_that_ran_well_is_healthy_and_one_that_failed_is_not(healthy_airflow):
    """Each on a fresh server: an answer is kept for a while."""
    with serve(healthy_airflow) as fresh:
        well = health(fresh)
    healthy_airflow.break_a_run()
    with serve(healthy_airflow) as fresh:
        badly = health(fresh)

    assert (well.status_code, well.json()["data"]) == (200, {"is_healthy": True})
    assert (badly.status_code, badly.json()["error"]["code"]) == (503, "UNHEALTHY")
    assert well.headers["cache-control"] == badly.headers["cache-control"] == "no-store"


def test_a_run_that_a_person_mistyped_leaves_it_healthy(healthy_airflow):
    order = RunOrder("qcontact_sync", "refused", Trigger.MANUAL, {"start_date": "nonsense"})
    with pytest.raises(ParamError):
        healthy_airflow.carry_out_order(order)
    with serve(healthy_airflow) as fresh:
        assert health(fresh).status_code == 200


def test_a_paused_dag_is_not_healthy(healthy_airflow):
    healthy_airflow.query("UPDATE dag SET is_paused = true")
    with serve(healthy_airflow) as fresh:
        assert health(fresh).status_code == 503


@pytest.fixture
def silent_port():
    """Where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(params=["down", "silent"])
def without_fibreflow(airflow, silent_port, request):
    port = {"down": free_port(), "silent": silent_port}[request.param]
    nowhere = f"postgres://nobody@127.0.0.1:{port}/nothing"
    with serve(airflow, AIRFLOW_CONN_FIBREFLOW_DEFAULT=nowhere) as server:
        yield server


def test_a_database_that_does_not_answer_is_not_healthy_and_stops_no_run(
    airflow, without_fibreflow
):
    answer = health(without_fibreflow)
    with without_fibreflow.admitted() as client:
        started = client.post(SYNC, headers={"Prefer": "respond-async"})
        airflow.end(airflow.runs()[0]["run_id"])
        ended = client.get(started.headers["location"])

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNHEALTHY")
    assert "127.0.0.1" not in answer.text
    assert started.status_code == 202
    assert (ended.status_code, ended.json()["data"]["status"]) == (200, "success")


def test_a_monitor_may_ask_for_the_head_alone(server):
    with server.client() as client:
        answer = client.head(HEALTH)

    assert answer.status_code in (200, 503)
    assert answer.content == b""
