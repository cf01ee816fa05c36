"""One real Airflow between a sandbox QContact and a real PostgreSQL, for the whole suite."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from playwright.sync_api import Page, sync_playwright

from dev.airflow.api import DagRun
from dev.airflow.credentials import Credentials
from dev.airflow.environment import (
    ADMIN,
    Sides,
    airflow_environment,
    postgres_connection,
    qcontact_connection,
    write_login,
)
from dev.database.postgres import free_port
from dev.demo.system import AIRFLOW_SERVICES, NO_LOG_SERVER
from dev.processes.services import Services
from dev.settings import RemoteAccess
from dev.state import PROJECT, RunDirectory
from sandbox.directory import MAIN_QUEUE
from sandbox.running import Sandbox, run_sandbox
from tests.airflow_policy import retry_soon
from tests.chromium import chromium, launch
from tests.database import rows
from tests.e2e.airflow_client import DAG_ID, AirflowClient
from tests.pristine_airflow import metadata_database
from tests.sync_roles import SyncRoles

TICKETS = 40
# As in dags/sync_variants_dag.py.
OFTEN = "qcontact_sync_often"
EVERY_S = 5
LATE = "qcontact_sync_late"
CLOSED_POOL = "closed"
PERSON = "ops@example.test"
NORTHS_TICKETS = 7
FOLLOWER = "ticket_follower"


@dataclass(frozen=True, slots=True)
class FibreFlow:
    """The database as its own people see it."""

    dsn: str = field(repr=False)

    def rows(self, statement: str, **params: object) -> list[dict[str, Any]]:
        return rows(self.dsn, statement, params)

    def history(self, job_id: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM sync_job_history WHERE id = %(id)s", id=job_id)

    def cursor(self) -> datetime:
        (row,) = self.rows("SELECT settled_until FROM qcontact_cursor")
        at: datetime = row["settled_until"]
        return at


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with run_sandbox(tickets=TICKETS) as running:
        yield running


@pytest.fixture(scope="session")
def fibreflow(pg_server: str, roles: SyncRoles) -> Iterator[FibreFlow]:
    with roles.database(pg_server, "fibreflow_e2e") as dsn:
        yield FibreFlow(dsn)


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    run = RunDirectory(tmp_path_factory.mktemp("airflow"))
    run.logs.mkdir()
    retry_soon(run.airflow_home)
    return run


@pytest.fixture(scope="session")
def dags_folder(directory: RunDirectory) -> Path:
    """The project's DAGs, and the tests' own: one follows their asset, others are the sync itself
    with other ids and slots.
    """
    folder = directory.root / "dags"
    folder.mkdir()
    for file in [*(PROJECT / "dags").glob("*_dag.py"), *Path(__file__).parent.glob("dags/*.py")]:
        (folder / file.name).symlink_to(file)
    return folder


class Mailbox(MessageHandler):
    """Everything that was mailed, oldest first."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)


@pytest.fixture(scope="session")
def mailbox(airflow: AirflowClient) -> Iterator[Mailbox]:
    """A real SMTP server, known to Airflow by a connection in its database."""
    received = Mailbox()
    server = Controller(received, hostname="127.0.0.1", port=free_port())
    server.start()
    extra = {"from_email": "airflow@example.test", "disable_ssl": True, "disable_tls": True}
    airflow.add_connection(
        {
            "connection_id": "smtp_default",
            "conn_type": "smtp",
            "host": server.hostname,
            "port": server.port,
            "extra": json.dumps(extra),
        }
    )
    yield received
    server.stop()


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    return Credentials()


@pytest.fixture(scope="session")
def north_sandbox() -> Iterator[Sandbox]:
    """The QContact of a second account: a customer's tenant (dialect entities)."""
    with run_sandbox(tickets=NORTHS_TICKETS, dialect="entities") as running:
        yield running


@pytest.fixture(scope="session")
def north_fibreflow(pg_server: str, roles: SyncRoles) -> Iterator[FibreFlow]:
    with roles.database(pg_server, "fibreflow_e2e_north") as dsn:
        yield FibreFlow(dsn)


@pytest.fixture(scope="session")
def first_hour() -> int:
    """The hour of the default account's first slot of a day; its slots are six hours apart.

    The next one is hours away: none passes during the tests.
    """
    return (datetime.now(UTC).hour + 4) % 6


@pytest.fixture(scope="session")
def accounts_file(directory: RunDirectory, first_hour: int) -> Path:
    """It holds the default account alone, unless a test writes more."""
    file = directory.root / "accounts.toml"
    file.write_text(f'[accounts.default]\nschedule = "0 {first_hour}-23/6 * * *"\n')
    return file


@pytest.fixture(scope="session")
def environment(
    pg_server: str,
    fibreflow: FibreFlow,
    roles: SyncRoles,
    sandbox: Sandbox,
    accounts_file: Path,
    north_sandbox: Sandbox,
    north_fibreflow: FibreFlow,
    directory: RunDirectory,
    dags_folder: Path,
    credentials: Credentials,
) -> Mapping[str, str]:
    """That of every Airflow process."""
    environment = airflow_environment(
        {**os.environ, "CRON_SECRET": "", "QCONTACT_SYNC_ALERT_TO": PERSON},
        directory,
        credentials,
        metadata_dsn=metadata_database(pg_server, "airflow_e2e"),
        ui_port=free_port(),
        sides=Sides(RemoteAccess(sandbox.url, sandbox.api_key), roles.as_runtime(fibreflow.dsn)),
    )
    north = RemoteAccess(
        north_sandbox.url,
        north_sandbox.password,
        "entities",
        north_sandbox.email,
        queues=str(MAIN_QUEUE),
    )
    return {
        **environment,
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder),
        # Reading every file twice a minute takes time from the runs; `read_file_again` asks for it.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "QCONTACT_SYNC_ACCOUNTS_FILE": str(accounts_file),
        "AIRFLOW_CONN_QCONTACT_NORTH": qcontact_connection(north),
        "AIRFLOW_CONN_FIBREFLOW_NORTH": postgres_connection(roles.as_runtime(north_fibreflow.dsn)),
    }


@pytest.fixture(scope="session")
def airflow(
    environment: Mapping[str, str], directory: RunDirectory, credentials: Credentials
) -> Iterator[AirflowClient]:
    write_login(directory, credentials)
    client = AirflowClient(environment["AIRFLOW__API__BASE_URL"], ADMIN, credentials.admin_password)
    services = Services(directory.logs, directory.processes)
    try:
        _start(services, client, environment)
        yield client
    finally:
        client.close()
        services.stop_all(lambda: True)  # nobody waits for what they still do


@pytest.fixture(scope="session")
def scheduled(airflow: AirflowClient) -> DagRun:
    """The run that Airflow starts as soon as the DAG is no longer paused."""
    airflow.unpause(DAG_ID)
    (first,) = airflow.wait_for_scheduled()
    return first


@pytest.fixture(scope="module")
def page(airflow: AirflowClient, credentials: Credentials) -> Iterator[Page]:
    """A person's browser, logged in.

    Not for longer than its module: it keeps an event loop running, beside which no other can.
    """
    with sync_playwright() as playwright, launch(playwright, chromium()) as browser:
        page = browser.new_page(base_url=airflow.url, viewport={"width": 1400, "height": 1500})
        page.set_default_timeout(60_000)
        page.goto("/")
        page.get_by_label("Username").fill(ADMIN)
        page.get_by_label("Password").fill(credentials.admin_password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/auth/login" not in url)
        yield page


def _start(services: Services, client: AirflowClient, environment: Mapping[str, str]) -> None:
    # The API server first and stopped last: without it the scheduler's workers wait for it.
    for name in AIRFLOW_SERVICES:
        argv = [_program("airflow"), name, *NO_LOG_SERVER.get(name, [])]
        services.start(name, argv, environment)
    services.wait_until(client.is_up, "Airflow's API server", timeout_s=180)
    client.log_in()
    for dag_id in (DAG_ID, OFTEN, LATE, FOLLOWER):
        services.wait_until(lambda: client.dag(dag_id) is not None, dag_id, timeout_s=120)  # noqa: B023


def _program(name: str) -> Path:
    return Path(sys.executable).with_name(name)
