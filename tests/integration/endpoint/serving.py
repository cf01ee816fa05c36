"""The endpoint on a real server, with Airflow's metadata database but no scheduler behind it.

The tests are the scheduler: they carry a run out, or say that it is over.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from qcontact_sync.config.access import ApiKey, FibreFlowAccess, QContactAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.windows import Trigger
from qcontact_sync.services import runs
from qcontact_sync.services.whole_run import run_whole
from qcontact_sync.sync.lifecycle import RunOrder
from qcontact_sync.sync.stopping import Stop

import tests.private_airflow  # noqa: F401 before anything of Airflow
from dev.airflow.credentials import Credentials
from dev.airflow.environment import ADMIN, Sides, airflow_environment, write_login
from dev.database.postgres import free_port
from dev.processes.services import Services
from dev.settings import RemoteAccess
from dev.state import PROJECT, RunDirectory
from sandbox.running import Sandbox
from tests.airflow_connections import store_connection
from tests.database import rows
from tests.integration.endpoint.server_starter import starter

DAG_ID = "qcontact_sync"
PREFIX = "/api/ticketing"
SYNC = f"{PREFIX}/cron/sync-qcontact"
HEALTH = f"{PREFIX}/sync/health"
SECRET = "a-secret-of-the-tests-0123456789"
NEW_SECRET = "the-next-secret-of-the-tests-0123"
WORKERS = 2
VIEWER = "viewer"
START_S = 180
# As Airflow's API server says of itself: only then are connections read from the database.
IN_SERVER = {"_AIRFLOW_PROCESS_CONTEXT": "server"}


@dataclass(frozen=True, slots=True)
class Installation:
    """An Airflow that was set up and of which nothing runs."""

    directory: RunDirectory
    credentials: Credentials
    environment: Mapping[str, str] = field(repr=False)
    metadata_dsn: str = field(repr=False)
    fibreflow: FibreFlowAccess = field(repr=False)
    qcontact: QContactAccess = field(repr=False)
    settings: Settings = field(default_factory=Settings)
    dag_id: str = DAG_ID

    def tool(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def know(self, conn_id: str, connection: str) -> None:
        """Keep a connection, given as JSON, in Airflow's database."""
        url = self.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        store_connection(url, self.credentials.fernet_key, conn_id, connection)

    def on(self, metadata_dsn: str) -> Mapping[str, str]:
        """Return the environment of the same Airflow on another database of its own."""
        url = metadata_dsn.replace("postgresql://", "postgresql+psycopg2://", 1)
        return {**self.environment, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}

    def query(self, statement: str, **params: object) -> list[dict[str, Any]]:
        return rows(self.metadata_dsn, statement, params)

    def runs(self) -> list[dict[str, Any]]:
        return self.query("SELECT * FROM dag_run ORDER BY id")

    def forget_runs(self) -> None:
        self.query("DELETE FROM dag_run")
        self.query("UPDATE dag SET is_paused = false, is_stale = false")

    def end(self, run_id: str, state: str = "success") -> None:
        """Say that a run is over, as the scheduler does."""
        self.query(
            "UPDATE dag_run SET state = %(state)s, start_date = coalesce(start_date, now()), "
            "end_date = now() WHERE run_id = %(run_id)s",
            run_id=run_id,
            state=state,
        )

    def carry_out(self, run: Mapping[str, Any]) -> None:
        """Do what the DAG's tasks do, and end the run."""
        order = RunOrder(self.dag_id, run["run_id"], Trigger.MANUAL, run["conf"])
        summary = self.carry_out_order(order)
        self.end(run["run_id"], "failed" if summary["status"] == "failed" else "success")

    def break_a_run(self) -> None:
        """A run with a key that QContact does not accept."""
        wrong = replace(self.qcontact, credentials=ApiKey(SecretStr("a-wrong-key")))
        order = RunOrder(self.dag_id, "broken", Trigger.MANUAL, {})
        asyncio.run(run_whole(self.fibreflow, wrong, self.settings, order, None, None, Stop()))

    def carry_out_order(self, order: RunOrder) -> dict[str, object]:
        """Start, both directions and finish; the summary."""
        return asyncio.run(self._carry_out(order))

    async def _carry_out(self, order: RunOrder) -> dict[str, object]:
        sides = self.fibreflow, self.qcontact, self.settings
        started = await runs.start_run(*sides, order)
        plans = {}
        for direction in started.request.directions:
            stats = await runs.run_direction(*sides, started, direction)
            if "plan" in stats:
                plans[direction.value] = stats["plan"]
        finished = await runs.finish_run(self.fibreflow, self.settings, started, plans)
        return finished.to_dict()


def install(
    directory: RunDirectory, metadata_dsn: str, fibreflow_dsn: str, sandbox: Sandbox
) -> Installation:
    """Write the DAG and the connection to FibreFlow into Airflow's database."""
    credentials = Credentials()
    directory.logs.mkdir()
    environment = airflow_environment(
        {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW_")},
        directory,
        credentials,
        metadata_dsn=metadata_dsn,
        ui_port=free_port(),
        sides=Sides(RemoteAccess(sandbox.url, sandbox.api_key), fibreflow_dsn),
    )
    write_login(directory, credentials)
    passwords = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    known = json.loads(passwords.read_text()) | {VIEWER: credentials.admin_password}
    passwords.write_text(json.dumps(known))
    # Where people keep it: in Airflow's database, not in the environment.
    connection = environment.pop("AIRFLOW_CONN_FIBREFLOW_DEFAULT")
    environment |= {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin,{VIEWER}:viewer",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CRON_SECRET": "",
    }
    made = Installation(
        directory,
        credentials,
        environment,
        metadata_dsn,
        FibreFlowAccess(SecretStr(fibreflow_dsn)),
        QContactAccess(sandbox.url, ApiKey(SecretStr(sandbox.api_key))),
    )
    made.tool("dags", "reserialize")
    made.know("fibreflow_default", connection)
    return made


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and its callers' secret."""

    url: str
    port: int
    secret: str = field(repr=False)
    log: Path

    def is_up(self) -> bool:
        with self.client() as client:
            try:
                return client.get("/nothing").status_code == 404
            except httpx.TransportError:
                return False

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)

    def admitted(self, **headers: str) -> httpx.Client:
        return self.client(Authorization=f"Bearer {self.secret}", **headers)

    def token(self, user: str, password: str) -> str:
        with self.client() as client:
            answer = client.post("/auth/token", json={"username": user, "password": password})
            token: str = answer.raise_for_status().json()["access_token"]
            return token


@contextmanager
def serve(
    installation: Installation, *, secret: str = SECRET, **environment: str
) -> Iterator[Server]:
    """Run the server with one worker; ``environment`` comes on top."""
    common = {**installation.environment, **IN_SERVER}
    server = _at_free_port(installation, secret)
    started = starter(frozenset(common.items())).start(
        server.port, server.log, {**common, "CRON_SECRET": secret, **environment}
    )
    deadline = time.monotonic() + START_S
    try:
        while not server.is_up():
            started.check()
            assert time.monotonic() < deadline, "the server did not come"
            time.sleep(0.05)
        yield server
    finally:
        started.stop()


@contextmanager
def serve_by_workers(installation: Installation, workers: int, secret: str) -> Iterator[Server]:
    """Run the server as uvicorn's own program does, with several workers."""
    server = _at_free_port(installation, secret)
    services = Services(
        installation.directory.logs, installation.directory.root / f"processes-{server.port}.json"
    )
    app = "tests.integration.endpoint.server_app:create_app"
    argv = [sys.executable, "-m", "uvicorn", "--factory", app, "--port", str(server.port)]
    argv += ["--workers", str(workers), "--app-dir", str(PROJECT)]
    argv += ["--timeout-graceful-shutdown", "5"]
    common = {**installation.environment, **IN_SERVER, "CRON_SECRET": secret}
    try:
        services.start(server.log.stem, argv, common)
        services.wait_until(server.is_up, "the server", timeout_s=START_S)
        yield server
    finally:
        services.stop_all(lambda: True)  # nobody waits for what they still do


def _at_free_port(installation: Installation, secret: str) -> Server:
    port = free_port()
    log = installation.directory.logs / f"server-{port}.log"
    return Server(f"http://127.0.0.1:{port}", port, secret.split(",")[0], log)
