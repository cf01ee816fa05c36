"""Every service of docker-compose.yaml does its work, and a run of the DAG passes through them.

``make prove`` has the demo as it is, and a fleet beside it (``test_fleet.py``); the tests have both
in one: the demo with a worker behind a real Redis.
"""

import os
import shutil
from collections.abc import Iterator

import pytest

from dev.airflow.api import DagRun
from tests.database import tuples
from tests.deployment import compose_file
from tests.deployment.loopback import Loopback, demo_variables, loopback
from tests.depth import IS_DEEP
from tests.e2e.airflow_client import ALL_GREEN, DAG_ID, AirflowClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

AIRFLOW = ("api-server", "dag-processor", "triggerer", "scheduler")
HAS_WORKER = not IS_DEEP and shutil.which("redis-server") is not None
FLEET = ("redis", "worker") if HAS_WORKER else ()
STAY_UP = ("sandbox", *FLEET, *AIRFLOW, "log-groomer")
# Their programs are in images of others, which are not here.
NOT_OURS = {"postgres", "mail-catcher"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    variables, profiles = demo_variables(), ["demo"]
    if HAS_WORKER:
        proposed = compose_file.example("docker compose with a fleet of workers")
        variables["EXECUTOR"] = proposed["EXECUTOR"]
        profiles.append(proposed["COMPOSE_PROFILES"])
    with loopback(tmp_path_factory.mktemp("compose"), variables, {}, *profiles) as found:
        yield found


@pytest.fixture(scope="module")
def initialised(system: Loopback) -> Loopback:
    # Again beside the others, see below; `make prove` also twice in a row.
    for _ in range(2 if IS_DEEP else 1):
        done = system.once("airflow-init")
        assert done.returncode == 0, done.stdout + done.stderr
    old = system.root / "logs" / "old.log"
    old.touch()
    os.utime(old, (0, 0))
    return system


@pytest.fixture(scope="module")
def client(initialised: Loopback) -> Iterator[AirflowClient]:
    for name in STAY_UP:
        initialised.start(name)
        if name == "redis":
            initialised.await_healthy(name)
    client = initialised.client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def run(initialised: Loopback, client: AirflowClient) -> DagRun:
    initialised.running.wait_until(lambda: client.dag(DAG_ID) is not None, DAG_ID, timeout_s=180)
    client.unpause(DAG_ID)
    (first,) = client.wait_for_scheduled()
    return first


def test_a_run_passes_through_all_of_them(system, client, run):
    assert (run.state, client.states(run.run_id)) == ("success", ALL_GREEN)
    here = {str(found) for (found,) in tuples(system.fibreflow, "SELECT external_id FROM tickets")}
    with system.qcontact() as sandbox:
        assert here == {str(ticket["id"]) for ticket in sandbox.tickets()}


def test_its_log_is_in_the_shared_volume_and_the_ui_shows_it(system, client, run):
    assert list((system.root / "logs").rglob("*inbound_sync*"))
    assert client.lines(run.run_id, "inbound_sync")


@pytest.mark.parametrize("name", STAY_UP)
def test_a_health_check_finds_its_service_well(name, system, run):
    system.await_healthy(name)


def test_nothing_of_ours_was_left_out(system):
    assert set(system.services) - {"airflow-init", *STAY_UP} == NOT_OURS


@pytest.mark.deep
def test_init_may_run_again_beside_the_others_and_changes_nothing(system, run):
    count = "SELECT count(*), max(updated_at) FROM tickets"
    before = tuples(system.fibreflow, count)
    done = system.once("airflow-init")
    assert done.returncode == 0, done.stdout + done.stderr
    assert tuples(system.fibreflow, count) == before


def test_old_logs_go_and_new_ones_stay(system, run):
    assert not (system.root / "logs" / "old.log").exists()
    assert list((system.root / "logs").rglob("*.log"))
