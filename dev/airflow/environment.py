"""The environment that makes a private Airflow of the installed one."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from dev.airflow.credentials import Credentials, write_private
from dev.settings import RemoteAccess
from dev.state import PROJECT, RunDirectory

ADMIN = "admin"
LOOPBACK = "127.0.0.1,localhost,::1"
PARALLELISM = 4  # worker processes; one run of the DAG uses one at a time


@dataclass(frozen=True, slots=True)
class Sides:
    """The two systems that the sync connects."""

    qcontact: RemoteAccess
    fibreflow_dsn: str


def airflow_environment(
    given: Mapping[str, str],
    run: RunDirectory,
    credentials: Credentials,
    *,
    metadata_dsn: str,
    ui_port: int,
    sides: Sides,
) -> dict[str, str]:
    """Return the whole environment of every Airflow process.

    Args:
        given: The caller's own; what Airflow would take from it in place of ours is left out,
            settings of the sync and further connections (``AIRFLOW_CONN_SMTP_DEFAULT``) stay.
        run: Where Airflow's home and logs go.
        credentials: Secrets of this installation.
        metadata_dsn: Airflow's own database.
        ui_port: Where the API server will listen on 127.0.0.1.
        sides: What the two connections of the sync point to.
    """
    # The second: what a DAG run in this process leaves, and which DAG a file is then parsed for.
    not_theirs = ("AIRFLOW__", "_AIRFLOW_PARSING_CONTEXT_")
    kept = {name: value for name, value in given.items() if not name.startswith(not_theirs)}
    ours = {
        "AIRFLOW_HOME": str(run.airflow_home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        # Behind a company's proxy, requests to this machine must not leave it.
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
        "AIRFLOW_CONN_QCONTACT_DEFAULT": qcontact_connection(sides.qcontact),
        "AIRFLOW_CONN_FIBREFLOW_DEFAULT": postgres_connection(sides.fibreflow_dsn),
        "CRON_SECRET": kept.get("CRON_SECRET") or credentials.cron_secret,
    }
    return (
        kept | ours | _core(run, credentials) | _endpoints(run, credentials, metadata_dsn, ui_port)
    )


def qcontact_connection(access: RemoteAccess) -> str:
    """Return the connection as JSON, which keeps a URL with a path as it is."""
    connection = {"conn_type": "qcontact", "host": access.url, "password": access.secret}
    if access.dialect == "tickets":
        return json.dumps(connection)
    extra = {"dialect": access.dialect, "client": access.client, "queues": access.queues}
    return json.dumps({**connection, "login": access.email, "extra": extra})


def postgres_connection(dsn: str) -> str:
    """Return the connection as JSON; options such as ``sslmode`` become its extra."""
    parts = {name: value for name, value in conninfo_to_dict(dsn).items() if value is not None}
    known = {
        "host": parts.pop("host", None),
        "login": parts.pop("user", None),
        "password": parts.pop("password", None),
        "schema": parts.pop("dbname", None),
        "port": int(parts.pop("port", 5432)),
    }
    given = {name: value for name, value in known.items() if value is not None}
    return json.dumps({"conn_type": "postgres", **given, "extra": parts})


def write_login(run: RunDirectory, credentials: Credentials) -> None:
    """Put the admin's password where Airflow's simple auth manager reads it."""
    write_private(_password_file(run), json.dumps({ADMIN: credentials.admin_password}))


def _password_file(run: RunDirectory) -> Path:
    return run.airflow_home / "passwords.json"


def _core(run: RunDirectory, credentials: Credentials) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__FERNET_KEY": credentials.fernet_key,
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        # Unpaused once everything is up: the first scheduled run is the first thing to see.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_password_file(run)),
        # The default second between two looks is most of a small run's time.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        # The first request to a cold API server takes longer than the default 5 s on a small
        # machine, and a timeout costs more than the wait.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        # A task's supervisor may outlive it by this long, and holds a worker meanwhile.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(run.task_logs),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _endpoints(
    run: RunDirectory, credentials: Credentials, metadata_dsn: str, ui_port: int
) -> dict[str, str]:
    address = f"http://127.0.0.1:{ui_port}"
    driver = metadata_dsn.replace("postgresql://", "postgresql+psycopg2://", 1)
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": driver,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(ui_port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__SECRET_KEY": credentials.api_secret_key,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": credentials.jwt_secret,
        "AIRFLOW__API_AUTH__JWT_ISSUER": "qcontact-sync-local",
    }
