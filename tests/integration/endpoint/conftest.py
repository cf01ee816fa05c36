"""One installation and one server of two worker processes for all tests of the endpoint."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from dev.database.postgres import drop_database, ensure_database
from dev.state import RunDirectory
from sandbox.running import run_sandbox
from tests.integration.endpoint.serving import (
    NEW_SECRET,
    SECRET,
    WORKERS,
    Installation,
    Server,
    install,
    serve_by_workers,
)
from tests.pristine_airflow import metadata_database
from tests.sync_roles import SyncRoles


@pytest.fixture(scope="session")
def installation(
    pg_server: str, roles: SyncRoles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    names = ("endpoint_airflow", "endpoint_fibreflow")
    metadata = metadata_database(pg_server, names[0])
    fibreflow = ensure_database(pg_server, names[1])
    roles.migrate(fibreflow)
    directory = RunDirectory(tmp_path_factory.mktemp("endpoint"))
    with run_sandbox(tickets=3) as sandbox:
        yield install(directory, metadata, roles.as_runtime(fibreflow), sandbox)
    for name in names:
        drop_database(pg_server, name)


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[Server]:
    with serve_by_workers(installation, WORKERS, f"{SECRET}, {NEW_SECRET}") as running:
        yield running


@pytest.fixture
def airflow(installation: Installation) -> Installation:
    """The installation, without runs."""
    installation.forget_runs()
    return installation


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.admitted() as client:
        yield client


@pytest.fixture
def healthy_airflow(airflow: Installation) -> Installation:
    """The installation after a run that went well."""
    airflow.carry_out({"run_id": "well", "conf": {}})
    return airflow


@pytest.fixture
def scheduler(airflow: Installation) -> Iterator[None]:
    """Ends every run as soon as it is there."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            for run in airflow.query("SELECT run_id FROM dag_run WHERE state = 'queued'"):
                airflow.end(run["run_id"])

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()
