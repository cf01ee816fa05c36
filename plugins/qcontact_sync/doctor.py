"""What must be right before a run can be: settings, database, QContact, clocks, connections.

Each check looks on its own; one that cannot be made because another failed is left out.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.core.model import Window
from qcontact_sync.fibreflow.migrate import check_schema
from qcontact_sync.settings import (
    PREFIX,
    TABLE_PREFIX,
    ConfigError,
    Endpoints,
    Settings,
    TableSettings,
    database_url_from_env,
    load_settings,
    qcontact_from_env,
    table_names,
)
from qcontact_sync.wiring import open_database, open_remote

MAX_SKEW = timedelta(minutes=5)
# Somebody is looking on: one try, and not for long.
PATIENCE_S = 10.0
AIRFLOW_TIMEOUT_S = 60.0
CONNECTIONS = {"qcontact_default": "qcontact", "fibreflow_default": "postgres"}
MAIL_CONNECTION = {"smtp_default": "smtp"}

_REMOTE_ADVICE = {
    ErrorCode.AUTHENTICATION_ERROR: "check QCONTACT_API_KEY",
    ErrorCode.AUTHORIZATION_ERROR: "ask QContact for a key that may read tickets",
    ErrorCode.NOT_FOUND: "check the path of QCONTACT_API_URL",
    ErrorCode.PARSE_ERROR: "check QCONTACT_API_URL: something else answers there",
    ErrorCode.NETWORK_ERROR: "check QCONTACT_API_URL, and whether this machine may connect to it",
    ErrorCode.TIMEOUT: "check QCONTACT_API_URL, and whether this machine may connect to it",
    ErrorCode.RATE_LIMITED: "nothing: QContact asks to wait, address and key are right",
    ErrorCode.SERVER_ERROR: "try again later: QContact is in trouble",
    ErrorCode.CONFIG_ERROR: "correct QCONTACT_API_URL or QCONTACT_API_KEY",
}


class State(StrEnum):
    """How a check came out; only `FAILED` keeps the sync from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check, its outcome, and what to do about it (None: nothing)."""

    name: str
    state: State
    found: str
    advice: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Plain values, for JSON."""
        return {**asdict(self), "state": self.state.value}


def examine(environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Make all checks.

    Args:
        environment: For what is looked up outside the settings (Airflow); the settings read the
            process's own.
    """
    settings, checks = _check_settings(environment)
    checks += asyncio.run(_check_sides(settings))
    mails = bool(settings.alert_to)
    return [*checks, *_check_connections(environment, mails=mails)]


def _check_settings(environment: Mapping[str, str]) -> tuple[Settings, list[Check]]:
    """The settings, or their defaults where they cannot be used: the other checks go on."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{TABLE_PREFIX}{name.upper()}" for name in TableSettings.model_fields}
    unknown = sorted(n for n in environment if n.startswith(PREFIX) and n not in known)
    try:
        table_names()
        settings = load_settings()
    except ConfigError as error:
        check = Check("settings", State.FAILED, str(error), "correct them: docs/configuration.md")
        return Settings.model_construct(), [check]
    if unknown:
        found = f"not a setting: {', '.join(unknown)}"
        advice = "correct the names: docs/configuration.md lists all"
        return settings, [Check("settings", State.WARNING, found, advice)]
    given = sorted(set(environment) & known)
    found = f"set: {', '.join(given)}" if given else "all have their defaults"
    return settings, [Check("settings", State.OK, found)]


async def _check_sides(settings: Settings) -> list[Check]:
    database, remote = await asyncio.gather(_check_database(), _check_remote(settings))
    return [*database, *remote]


async def _check_database() -> list[Check]:
    try:
        url = _impatient(database_url_from_env())
        checks = [*await _check_server(url)]
    except SyncError as error:
        advice = (
            "set DATABASE_URL to FibreFlow's database, such as postgresql://user:password@host/db"
        )
        return [Check("database", State.FAILED, str(error), advice)]
    return [*checks, await _check_schema(url), await _check_rights(url)]


def _impatient(url: SecretStr) -> SecretStr:
    given = url.get_secret_value()
    if "connect_timeout" in conninfo_to_dict(given):
        return url
    return SecretStr(make_conninfo(given, connect_timeout=int(PATIENCE_S)))


async def _check_server(url: SecretStr) -> list[Check]:
    async with open_database(url) as database:
        await database.read("begin_transaction")  # connects, so that the clock is read at once
        asked_at = datetime.now(UTC)
        row = (await database.read("who_answers"))[0]
        answered_at = datetime.now(UTC)
    found = f"PostgreSQL {row['version']}, database {row['database']}, user {row['login']}"
    return [
        Check("database", State.OK, found),
        _clock("database clock", row["at"], asked_at, answered_at),
    ]


async def _check_schema(url: SecretStr) -> Check:
    try:
        await check_schema(url.get_secret_value())
        async with open_database(url) as database:
            wrong = await database.read("wrong_columns")
    except SyncError as error:
        return Check("schema", State.FAILED, str(error))  # which says what to do
    if wrong:
        advice = "see docs/configuration.md: a table may have another name, a view other columns"
        return Check("schema", State.FAILED, "; ".join(map(_what_is_wrong, wrong)), advice)
    return Check("schema", State.OK, "up to date")


def _what_is_wrong(row: Mapping[str, str | None]) -> str:
    if row["column_name"] is None:
        return f"there is no table {row['name']}"
    if row["type"] is None:
        return f"{row['name']} has no column {row['column_name']}"
    return f"{row['name']}.{row['column_name']} has type {row['type']}"


async def _check_rights(url: SecretStr) -> Check:
    async with open_database(url) as database:
        missing = await database.read("missing_rights")
    if not missing:
        return Check("rights", State.OK, "the database's user may do all that the sync does")
    by_table: dict[str, list[str]] = {}
    for row in missing:
        by_table.setdefault(row["name"], []).append(row["privilege"])
    lacks = "; ".join(f"{', '.join(p)} on {name}" for name, p in by_table.items())
    return Check("rights", State.FAILED, f"lacking: {lacks}", "GRANT these to the database's user")


async def _check_remote(settings: Settings) -> list[Check]:
    patience = {"retry_budget_s": 0.0, "timeout_s": min(settings.timeout_s, PATIENCE_S)}
    try:
        return await _ask_remote(qcontact_from_env(), settings.model_copy(update=patience))
    except SyncError as error:
        return [Check("QContact", State.FAILED, str(error), _REMOTE_ADVICE.get(error.code))]


async def _ask_remote(endpoints: Endpoints, settings: Settings) -> list[Check]:
    async with open_remote(endpoints, settings) as remote:
        found = await remote.check()
        asked_at = datetime.now(UTC)
        page = await remote.list_page(Window(None, asked_at), 1, 1)
        answered_at = datetime.now(UTC)
    name = "QContact clock"
    if page.server_time is None:
        clock = Check(name, State.WARNING, "its answers carry no Date header")
    else:
        clock = _clock(name, page.server_time, asked_at, answered_at)
    return [Check("QContact", State.OK, found), clock]


def _clock(name: str, there: datetime, asked_at: datetime, answered_at: datetime) -> Check:
    skew = there - (asked_at + (answered_at - asked_at) / 2)
    seconds = skew.total_seconds()
    found = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(skew) <= MAX_SKEW:
        return Check(name, State.OK, found)
    return Check(name, State.WARNING, found, "no outcome depends on it; set the wrong clock right")


def _check_connections(environment: Mapping[str, str], *, mails: bool) -> Iterator[Check]:
    wanted = CONNECTIONS | (MAIL_CONNECTION if mails else {})
    program = _airflow_program(environment)
    if not environment.get("AIRFLOW_HOME") or program is None:
        yield Check("Airflow", State.SKIPPED, "AIRFLOW_HOME is not set, or airflow not installed")
        return
    for conn_id, conn_type in wanted.items():
        yield _check_connection(program, environment, conn_id, conn_type)


def _airflow_program(environment: Mapping[str, str]) -> str | None:
    beside = Path(sys.executable).with_name("airflow")
    return shutil.which("airflow", path=environment.get("PATH")) or shutil.which(beside)


def _check_connection(
    program: str, environment: Mapping[str, str], conn_id: str, conn_type: str
) -> Check:
    name = f"connection {conn_id}"
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if environment.get(variable):
        return Check(name, State.OK, f"set by {variable}")
    advice = f"add it under Admin > Connections with type {conn_type}, or set {variable}"
    found = _connection_type([program, "connections", "get", conn_id, "-o", "json"], environment)
    if found is None:
        return Check(name, State.FAILED, "airflow connections get does not find it", advice)
    if found != conn_type:
        return Check(name, State.FAILED, f"has type {found}, must be {conn_type}", advice)
    return Check(name, State.OK, f"type {found}")


def _connection_type(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """The type of a connection; the rest of what Airflow prints is secret and dropped."""
    try:
        # The program is Airflow's own, found on PATH; the arguments are constants of this module.
        answer = subprocess.run(  # noqa: S603
            command,
            env=environment,
            capture_output=True,
            check=True,
            timeout=AIRFLOW_TIMEOUT_S,
        )
        [connection] = json.loads(answer.stdout)
        return str(connection["conn_type"])
    except (subprocess.SubprocessError, OSError, ValueError, KeyError):
        return None
