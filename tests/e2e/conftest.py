"""One real Airflow between a sandbox QContact and a real PostgreSQL, for the whole suite."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from qcontact_sync.jobs import migrate

from dev.airflow_env import ADMIN, Sides, airflow_environment, write_login
from dev.credentials import Credentials
from dev.postgres import ensure_database, free_port
from dev.services import Services
from dev.settings import RemoteAccess
from dev.state import RunDirectory
from sandbox.running import Sandbox, run_sandbox
from tests.e2e.airflow_client import DAG_ID, AirflowClient

TICKETS = 40


@dataclass(frozen=True, slots=True)
class FibreFlow:
    """The database as its own people see it."""

    dsn: str = field(repr=False)

    def rows(self, statement: str, **params: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    def history(self, job_id: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM sync_job_history WHERE id = %(id)s", id=job_id)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with run_sandbox(tickets=TICKETS) as running:
        yield running


@pytest.fixture(scope="session")
def fibreflow(pg_server: str) -> FibreFlow:
    dsn = ensure_database(pg_server, "fibreflow_e2e")
    migrate(dsn)
    return FibreFlow(dsn)


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    run = RunDirectory(tmp_path_factory.mktemp("airflow"))
    run.logs.mkdir()
    return run


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    return Credentials()


@pytest.fixture(scope="session")
def airflow(
    pg_server: str,
    fibreflow: FibreFlow,
    sandbox: Sandbox,
    directory: RunDirectory,
    credentials: Credentials,
) -> Iterator[AirflowClient]:
    write_login(directory, credentials)
    environment = airflow_environment(
        {**os.environ, "CRON_SECRET": ""},
        directory,
        credentials,
        metadata_dsn=ensure_database(pg_server, "airflow_e2e"),
        ui_port=free_port(),
        sides=Sides(RemoteAccess(sandbox.url, sandbox.api_key), fibreflow.dsn),
    )
    _run("airflow", "db", "migrate", environment=environment)
    client = AirflowClient(environment["AIRFLOW__API__BASE_URL"], ADMIN, credentials.admin_password)
    services = Services(directory.logs, directory.processes)
    try:
        _start(services, client, environment)
        yield client
    finally:
        client.close()
        services.stop_all(lambda: False)


def _start(services: Services, client: AirflowClient, environment: Mapping[str, str]) -> None:
    # The API server first and stopped last: without it the scheduler's workers wait for it.
    for name, *options in (["api-server"], ["dag-processor"], ["scheduler", "--skip-serve-logs"]):
        services.start(name, [_program("airflow"), name, *options], environment)
    services.wait_until(client.is_up, "Airflow's API server", timeout_s=180)
    client.log_in()
    services.wait_until(lambda: client.dag(DAG_ID) is not None, "the DAG", timeout_s=120)


def _run(program: str, *arguments: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [_program(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _program(name: str) -> Path:
    return Path(sys.executable).with_name(name)
