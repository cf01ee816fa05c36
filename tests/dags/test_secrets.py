"""docs/security.md, carried out: connections from a secrets backend, and secrets that change."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

import tests.private_airflow as private_airflow
from dev.airflow.environment import postgres_connection
from sandbox.running import Sandbox, run_sandbox
from tests.airflow_connections import store_connection
from tests.database import tuples
from tests.pristine_airflow import metadata_file
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 3
# One run of the DAG for each line on stdin.
RUN = """
import sys
from tests.airflow_releases import DagBag

dag = DagBag(dag_folder={dags!r}).dags["qcontact_sync"]
dag.deadline = None  # Airflow 3.3.2 cannot end the test of a DAG that has one
for task in dag.tasks:
    task.retries = 0
for _ in sys.stdin:
    print("\\nended", dag.test(logical_date=None).state.value, flush=True)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with run_sandbox(tickets=TICKETS) as running:
        yield running


@pytest.fixture
def fibreflow(fibreflow_db: str) -> str:
    return fibreflow_db


class Airflow:
    """One whose connections are in a file that a secrets backend of Airflow's reads."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "connections.json"
        self._log = directory / "log"

    @contextmanager
    def started(self) -> Iterator["Airflow"]:
        """Let one process carry out all runs, as a worker does."""
        private_airflow.migrate()
        backend = {"connections_file_path": str(self._file)}
        code = RUN.format(dags=str(private_airflow.PROJECT / "dags"))
        with self._log.open("w") as log, subprocess.Popen(
            [sys.executable, "-c", code],
            env={
                **{n: v for n, v in os.environ.items() if not n.startswith("AIRFLOW_CONN_")},
                "AIRFLOW__SECRETS__BACKEND":
                    "airflow.secrets.local_filesystem.LocalFilesystemBackend",
                "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(backend),
                "QCONTACT_SYNC_RETRY_BUDGET_S": "0",
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as self._process:  # fmt: skip
            yield self

    def know(self, sandbox: Sandbox, dsn: str) -> None:
        qcontact = {"conn_type": "qcontact", "host": sandbox.url, "password": sandbox.api_key}
        fibreflow = json.loads(postgres_connection(dsn))
        self._file.write_text(
            json.dumps({"qcontact_default": qcontact, "fibreflow_default": fibreflow})
        )

    def run(self) -> str:
        """One run of the DAG, as tasks with Airflow's own look-up of connections; its end."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        print(file=stdin, flush=True)
        for line in stdout:
            if line.startswith("ended "):
                return line.split()[1]
        raise AssertionError(self._log.read_text())


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    with Airflow(tmp_path_factory.mktemp("secrets")).started() as running:
        yield running


def query(dsn: str, statement: str) -> list[Any]:
    return [value for (value,) in tuples(dsn, statement)]


HISTORY = "SELECT status FROM sync_job_history ORDER BY started_at"


def test_both_connections_come_from_a_file(
    airflow: Airflow, sandbox: Sandbox, fibreflow: str, roles: SyncRoles
) -> None:
    airflow.know(sandbox, roles.as_runtime(fibreflow))
    assert airflow.run() == "success"
    assert query(fibreflow, "SELECT count(*) FROM tickets") == [TICKETS]


def test_a_new_api_key_and_a_second_database_role_count_from_the_next_run_on(
    airflow: Airflow, sandbox: Sandbox, fibreflow: str, roles: SyncRoles
) -> None:
    airflow.know(sandbox, roles.as_runtime(fibreflow))
    assert airflow.run() == "success"

    second = SyncRoles(roles.migrator, f"second_{roles.runtime}", roles.password)
    second.grant(fibreflow)
    name = sql.Identifier(second.runtime)
    with psycopg.connect(fibreflow) as owner:
        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
        owner.execute(change.format(name, second.password))
    sandbox.world.api_key = "the-next-key"
    airflow.know(sandbox, second.as_runtime(fibreflow))
    with psycopg.connect(fibreflow) as owner:
        first = sql.Identifier(roles.runtime)
        owner.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(first))

    assert airflow.run() == "success"
    assert query(fibreflow, HISTORY) == ["success", "success"]
    with psycopg.connect(fibreflow) as owner:
        owner.execute(sql.SQL("DROP OWNED BY {}").format(name))
        owner.execute(sql.SQL("DROP ROLE {}").format(name))


def test_a_key_that_was_withdrawn_ends_the_run_and_the_next_goes_on(
    airflow: Airflow, sandbox: Sandbox, fibreflow: str, roles: SyncRoles
) -> None:
    airflow.know(sandbox, roles.as_runtime(fibreflow))
    sandbox.world.api_key = "the-next-key"
    assert airflow.run() == "failed"
    assert query(fibreflow, "SELECT error_code FROM sync_job_history") == ["AUTHENTICATION_ERROR"]
    airflow.know(sandbox, roles.as_runtime(fibreflow))
    assert airflow.run() == "success"
    assert query(fibreflow, "SELECT count(*) FROM tickets") == [TICKETS]


def test_a_connection_in_airflows_database_survives_a_change_of_the_fernet_key(
    tmp_path: Path,
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    environment = {
        **os.environ,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }

    def tool(key: str, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env={**environment, "AIRFLOW__CORE__FERNET_KEY": key},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def password(key: str) -> str:
        shown: Any = json.loads(tool(key, "connections", "get", "qcontact_default", "-o", "json"))
        return str(shown[0]["password"])

    metadata_file(tmp_path / "airflow.db")
    connection = json.dumps({"conn_type": "qcontact", "host": "q.test", "password": "the-key"})
    url = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    store_connection(url, old, "qcontact_default", connection)
    both = f"{new},{old}"
    assert password(both) == "the-key"
    tool(both, "rotate-fernet-key")
    assert password(new) == "the-key"
