"""The answer to an uptime monitor: yes, or no, or no for want of an answer."""

import pytest
from qcontact_sync import jobs
from qcontact_sync.core.request import ParamError
from qcontact_sync.core.windows import Trigger
from qcontact_sync.settings import Settings
from serving import HEALTH, serve

pytestmark = pytest.mark.integration


def health(server):
    with server.client() as client:
        return client.get(HEALTH)


def test_a_sync_that_ran_well_is_healthy_and_one_that_failed_is_not(healthy_airflow):
    """Each on a fresh server: an answer is kept for a while."""
    with serve(healthy_airflow) as fresh:
        well = health(fresh)
    order = jobs.RunOrder("qcontact_sync", "refused", Trigger.MANUAL, {"start_date": "nonsense"})
    with pytest.raises(ParamError):
        jobs.start_run(healthy_airflow.fibreflow, Settings(), order)
    with serve(healthy_airflow) as fresh:
        badly = health(fresh)

    assert (well.status_code, well.json()["data"]) == (200, {"is_healthy": True})
    assert (badly.status_code, badly.json()["error"]["code"]) == (503, "UNHEALTHY")
    assert well.headers["cache-control"] == badly.headers["cache-control"] == "no-store"


def test_a_database_that_is_down_is_not_healthy(airflow):
    nowhere = "postgres://nobody@127.0.0.1:9/nothing"
    with serve(airflow, AIRFLOW_CONN_FIBREFLOW_DEFAULT=nowhere) as server:
        answer = health(server)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNHEALTHY")
    assert "127.0.0.1" not in answer.text


def test_a_monitor_may_ask_for_the_head_alone(server):
    with server.client() as client:
        answer = client.head(HEALTH)

    assert answer.status_code in (200, 503)
    assert answer.content == b""
