"""Checks Airflow's release, and that its connections exist and have the right type."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from psycopg.conninfo import make_conninfo

from qcontact_sync.core.addresses import completed_url, is_this_machine, is_unencrypted
from qcontact_sync.fibreflow import tls
from qcontact_sync.reporting.airflow_releases import LACKS, NEWEST, OLDEST, named
from qcontact_sync.services.airflow_program import airflow_program
from qcontact_sync.services.checks import Check, State

AIRFLOW_TIMEOUT_S = 60.0
_TLS_OPTIONS = ("hostaddr", "service", "sslmode", "sslrootcert")


def check_airflow(environment: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Check]:
    """Ask Airflow's command line for its release and each connection, if Airflow is installed.

    Args:
        environment: The environment of that program.
        wanted: Types by connection id.
    """
    program = airflow_program(environment)
    if program is None:
        yield Check("Airflow", State.SKIPPED, "AIRFLOW_HOME is not set, or airflow not installed")
        return
    yield from _check_release(_release(program, environment))
    for conn_id, conn_type in wanted.items():
        found = _connection(program, environment, conn_id)
        if found is None and (trouble := _trouble(program, environment)):
            # The connections are not the cause, and none of them can be read.
            yield trouble
            return
        yield _check_connection(found, conn_id, conn_type)
        yield from _check_tls(found or {}, conn_id, conn_type)


def _check_release(version: str | None) -> Iterator[Check]:
    """What this release lacks; each has a line in docs/compatibility.md."""
    tested = f"{named(OLDEST)} to {named(NEWEST)}"
    if version is None:
        yield Check("Airflow", State.FAILED, "airflow version fails", "run it to see why")
        return
    major, minor, *_ = version.split(".")
    release = int(major), int(minor)
    if release < OLDEST:
        found = f"{version} is not supported"
        yield Check("Airflow", State.FAILED, found, f"install {tested}: docs/compatibility.md")
    elif release > NEWEST:
        found = f"{version} is newer than what was tested ({tested})"
        yield Check("Airflow", State.WARNING, found, "see docs/compatibility.md")
    else:
        yield Check("Airflow", State.OK, version)
    if lacks := LACKS.get(release):
        found = "; ".join(lacks)
        yield Check(f"Airflow {named(release)}", State.WARNING, found, "see docs/compatibility.md")


def _check_connection(found: Mapping[str, Any] | None, conn_id: str, conn_type: str) -> Check:
    name = f"connection {conn_id}"
    advice = (
        f"add it under Admin > Connections with type {conn_type}, "
        f"or set AIRFLOW_CONN_{conn_id.upper()}"
    )
    if found is None:
        return Check(name, State.FAILED, "Airflow has no connection with this id", advice)
    has_type = found.get("conn_type")
    if has_type not in (None, conn_type):
        return Check(name, State.FAILED, f"has type {has_type}, must be {conn_type}", advice)
    return Check(name, State.OK, f"type {has_type}" if has_type else "set by a variable")


def _trouble(program: str, environment: Mapping[str, str]) -> Check | None:
    """Why Airflow's command line cannot read any connection; None if it can."""
    name = "Airflow's database"
    try:
        _ask(program, environment, "db", "check")
    except subprocess.TimeoutExpired:
        found = f"`airflow db check` took more than {AIRFLOW_TIMEOUT_S:.0f} s"
        return Check(name, State.FAILED, found, "run it to see what hangs")
    except (subprocess.SubprocessError, OSError):
        advice = (
            "check that it runs, and AIRFLOW__DATABASE__SQL_ALCHEMY_CONN; `airflow db check` shows "
            "the reason"
        )
        return Check(name, State.FAILED, "Airflow cannot use its own database", advice)
    return None


def _check_tls(connection: Mapping[str, Any], conn_id: str, conn_type: str) -> Iterator[Check]:
    if conn_type == "smtp" and _is_mail_open(connection):
        advice = "see docs/security.md, Mail"
        yield Check(
            "mail TLS", State.WARNING, "mails are sent to a server that is not verified", advice
        )
    if conn_type == "postgres" and _is_database_open(connection):
        found = "the certificate of the database's server is not verified"
        advice = "set the extra sslmode to verify-full: docs/security.md"
        yield Check(f"connection {conn_id} TLS", State.WARNING, found, advice)
    if conn_type == "qcontact" and _is_http(connection):
        found = "the API key is sent unencrypted"
        advice = "use https:// in its base URL"
        yield Check(f"connection {conn_id} TLS", State.WARNING, found, advice)


def _is_database_open(connection: Mapping[str, Any]) -> bool:
    extra, host = _extra(connection), connection.get("host")
    options = {name: str(extra[name]) for name in _TLS_OPTIONS if extra.get(name)}
    address = make_conninfo(host=str(host) if host else None, **options)
    return not (tls.is_local(address) or tls.is_verified(address))


def _is_http(connection: Mapping[str, Any]) -> bool:
    host = str(connection.get("host") or "").strip()
    return is_unencrypted(completed_url(host, str(connection.get("schema") or "")))


def _extra(connection: Mapping[str, Any]) -> Mapping[str, Any]:
    extra = connection.get("extra_dejson") or connection.get("extra") or {}
    return extra if isinstance(extra, Mapping) else {}


def _is_mail_open(connection: Mapping[str, Any]) -> bool:
    extra = _extra(connection)
    switches = [str(extra.get(name)).lower() for name in ("disable_ssl", "disable_tls")]
    is_open = switches == ["true", "true"] or extra.get("ssl_context") == "none"
    host = str(connection.get("host") or "localhost")
    return is_open and not is_this_machine(host)


def _release(program: str, environment: Mapping[str, str]) -> str | None:
    try:
        said = _ask(program, environment, "version")
    except (subprocess.SubprocessError, OSError):
        return None
    # Airflow may print other lines before it, such as warnings of plugins.
    versions = re.findall(r"^\d+\.\d+\S*$", said, re.MULTILINE)
    return versions[-1] if versions else None


def _ask(program: str, environment: Mapping[str, str], *arguments: str) -> str:
    """What the program prints. It is Airflow's own, found on PATH."""
    answer = subprocess.run(  # noqa: S603
        [program, *arguments],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
        timeout=AIRFLOW_TIMEOUT_S,
    )
    return answer.stdout


def _connection(
    program: str, environment: Mapping[str, str], conn_id: str
) -> Mapping[str, Any] | None:
    """A connection as Airflow knows it. It contains secrets: none of them may be shown."""
    given = environment.get(f"AIRFLOW_CONN_{conn_id.upper()}", "")
    try:
        if given:
            return dict(json.loads(given)) if given.startswith("{") else _from_uri(given)
        answer = _ask(program, environment, "connections", "get", conn_id, "-o", "json")
        [connection] = json.loads(answer)
        return dict(connection)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None


def _from_uri(uri: str) -> dict[str, Any]:
    """The address of a connection in Airflow's URI form; its type is omitted (many spellings).

    A host may be a URL itself, quoted or not (`qcontact://:key@http%3A%2F%2Fhost`).
    """
    outer, _, inner = uri.partition("://")
    scheme = inner.partition("://")[0].rpartition("@")[2] if "://" in inner else ""
    inner = inner.replace(f"{scheme}://", "", 1) if scheme else inner
    parts = urlsplit(f"{outer}://{inner}")
    host = unquote(parts.netloc.rpartition("@")[2])
    if "://" not in host:
        host = unquote(parts.hostname or "")
    extra = dict(parse_qsl(parts.query))
    if "__extra__" in extra:
        extra = dict(json.loads(extra["__extra__"]))
    return {
        "host": f"{scheme}://{host}" if scheme else host,
        "schema": unquote(parts.path.lstrip("/")),
        "extra": extra,
    }
