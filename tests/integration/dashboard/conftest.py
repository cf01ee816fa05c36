"""Airflow's own API server, as in production, with the page in it; a year of history behind it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright
from psycopg.conninfo import conninfo_to_dict

from dev.airflow.credentials import Credentials
from dev.airflow.environment import Sides, airflow_environment
from dev.database.postgres import free_port
from dev.processes.services import Services
from dev.settings import RemoteAccess
from dev.state import RunDirectory
from sandbox.running import Sandbox, run_sandbox
from tests.chromium import chromium, launch
from tests.copies import Copies
from tests.database import rows
from tests.integration.dashboard.dashboard_year import BEGUN_AT, fill
from tests.pristine_airflow import metadata_database
from tests.sync_roles import SyncRoles

PASSWORD = "pass-for-tests"
TAKEN_OVER = 900
"""Tickets; every second one is done here and open there."""
_TAKE_OVER = """
WITH made AS (
    INSERT INTO tickets (ticket_uid, source, external_id, title, ticket_type, status)
    SELECT 'FT' || lpad(n::text, 6, '0'), 'qcontact', (21924300000 + n)::text, 'No light',
           'maintenance', CASE WHEN n %% 2 = 0 THEN 'resolved' ELSE 'in_progress' END
    FROM generate_series(1, %(tickets)s) AS n
    RETURNING id, external_id, status
)
INSERT INTO qcontact_ticket_link (
    remote_id, ticket_id, base_status_local, base_remote, fingerprint
)
SELECT external_id, id, status,
       jsonb_build_object('title', 'No light', 'status', 'In Progress', 'assigned_to', NULL), 'x'
FROM made
"""
ONE_ACCOUNT = "[accounts.default]\n"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
USERS = {"admin": "admin", "clerk": "user", "onlooker": "viewer"}


@dataclass
class ApiServer:
    """A running API server; its connections are kept in Airflow's own database.

    Attributes:
        accounts: The accounts file; it holds the default one alone, unless a test writes another.
        metadata_dsn: Airflow's own database.
        environment: That of Airflow's programs.
    """

    url: str
    log: Path
    roles: SyncRoles
    accounts: Path
    metadata_dsn: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, user: str | None) -> httpx.Client:
        """Somebody's browser without a screen; None is nobody."""
        client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        if user:
            client.cookies.set("_token", self.token(user))
        return client

    def token(self, user: str) -> str:
        if user not in self.tokens:
            login = {"username": user, "password": PASSWORD}
            answer = httpx.post(f"{self.url}/auth/token", json=login, timeout=60, trust_env=False)
            self.tokens[user] = answer.raise_for_status().json()["access_token"]
        return self.tokens[user]

    def connect(self, conn_id: str, **parts: Any) -> None:
        """Define a connection anew, as an administrator does."""
        self.disconnect(conn_id)
        order = {"connection_id": conn_id, **parts}
        self._ask("POST", "/api/v2/connections", json=order).raise_for_status()

    def disconnect(self, conn_id: str) -> None:
        self._ask("DELETE", f"/api/v2/connections/{conn_id}")

    def connect_fibreflow(self, dsn: str, account: str = "default", **more: Any) -> None:
        """Lead the page there, as the role that may do only what it needs."""
        parts = conninfo_to_dict(self.roles.as_runtime(dsn))
        self.connect(
            f"fibreflow_{account}",
            conn_type="postgres",
            host=parts["host"],
            port=int(parts.get("port") or 5432),
            login=parts["user"],
            password=parts.get("password"),
            schema=parts["dbname"],
            **more,
        )

    def connect_qcontact(self, url: str, key: str) -> None:
        self.connect("qcontact_default", conn_type="qcontact", host=url, password=key)

    def airflow(self, statement: str, **params: object) -> list[dict[str, Any]]:
        """Ask or change Airflow's own database."""
        return rows(self.metadata_dsn, statement, params)

    def pause(self, is_paused: bool) -> None:
        """As a person does in Airflow; the audit log has it."""
        self._ask(
            "PATCH", "/api/v2/dags/qcontact_sync", json={"is_paused": is_paused}
        ).raise_for_status()

    def last_log(self) -> str:
        """What the server has logged so far."""
        return self.log.read_text(errors="replace")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token('admin')}"}
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            return client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="session")
def qcontact() -> Iterator[Sandbox]:
    with run_sandbox(tickets=20, seed=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def api_server(
    pg_server: str, roles: SyncRoles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    run = RunDirectory(tmp_path_factory.mktemp("api-server"))
    run.logs.mkdir()
    run.airflow_home.mkdir()
    metadata_dsn = metadata_database(pg_server, "airflow_dashboard")
    sides = Sides(RemoteAccess("http://127.0.0.1:9", "unused"), "postgresql://unused@127.0.0.1/x")
    environment = airflow_environment(
        {},
        run,
        Credentials(),
        metadata_dsn=metadata_dsn,
        ui_port=free_port(),
        sides=sides,
    )
    # Connections come from Airflow's database, as most installations keep them.
    del environment["AIRFLOW_CONN_QCONTACT_DEFAULT"], environment["AIRFLOW_CONN_FIBREFLOW_DEFAULT"]
    accounts = run.root / "accounts.toml"
    accounts.write_text(ONE_ACCOUNT)
    environment["QCONTACT_SYNC_ACCOUNTS_FILE"] = str(accounts)
    environment["QCONTACT_SYNC_ALERT_TO"] = "ops@example.test"
    environment["AIRFLOW_CONN_SMTP_DEFAULT"] = '{"conn_type": "smtp", "host": "127.0.0.1"}'
    subprocess.run([AIRFLOW, "dags", "reserialize"], env=environment, check=True)
    with served(run, environment, roles, accounts, metadata_dsn) as server:
        yield server


@contextmanager
def served(
    run: RunDirectory,
    environment: dict[str, str],
    roles: SyncRoles,
    accounts: Path,
    metadata_dsn: str,
) -> Iterator[ApiServer]:
    """An API server with this environment, and the users of these tests."""
    passwords = run.airflow_home / "passwords.json"
    passwords.write_text(json.dumps(dict.fromkeys(USERS, PASSWORD)))
    environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] = ",".join(
        f"{user}:{role}" for user, role in USERS.items()
    )
    services = Services(run.logs, run.processes)
    try:
        services.start("api-server", [AIRFLOW, "api-server"], environment)
        server = ApiServer(
            environment["AIRFLOW__API__BASE_URL"],
            services.log_of("api-server"),
            roles,
            accounts,
            metadata_dsn,
            environment,
        )
        version = f"{server.url}/api/v2/version"
        services.wait_until(
            lambda: httpx.get(version, trust_env=False).is_success, "the API server", timeout_s=240
        )
        yield server
    finally:
        services.stop_all(lambda: True)  # nobody waits for what they still do


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright, chromium()) as browser:
        yield browser


@pytest.fixture(scope="session")
def year_db(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    """DSN of a FibreFlow with a year behind it; whoever changes it takes a copy."""
    with roles.database(pg_server, "fibreflow_year") as dsn:
        fill(dsn, BEGUN_AT)
        yield dsn


@pytest.fixture
def year_copy(copies: Copies, year_db: str) -> Iterator[str]:
    """The same for a test that changes something."""
    with copies.copy(str(conninfo_to_dict(year_db)["dbname"])) as dsn:
        yield dsn


@pytest.fixture
def year(api_server: ApiServer, year_db: str, qcontact: Sandbox) -> ApiServer:
    """The page over a year of history."""
    api_server.connect_fibreflow(year_db)
    api_server.connect_qcontact(qcontact.url, qcontact.api_key)
    api_server.pause(False)
    return api_server


@pytest.fixture
def taken_over(
    request: pytest.FixtureRequest,
    api_server: ApiServer,
    fibreflow_db: str,
    qcontact: Sandbox,
) -> tuple[ApiServer, str]:
    """The page over a database that was taken over, and its DSN; a param is how many tickets."""
    rows(fibreflow_db, _TAKE_OVER, {"tickets": getattr(request, "param", TAKEN_OVER)})
    api_server.connect_fibreflow(fibreflow_db)
    api_server.connect_qcontact(qcontact.url, qcontact.api_key)
    return api_server, fibreflow_db
