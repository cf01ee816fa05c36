"""Checks that Airflow's connections exist and have the right type, for `qcontact-sync doctor`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qcontact_sync.fibreflow import tls
from qcontact_sync.services.checks import Check, State

AIRFLOW_TIMEOUT_S = 60.0


def check_connections(environment: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Check]:
    """Ask Airflow's command line for each connection, if Airflow is installed.

    Args:
        environment: The environment of that program.
        wanted: Types by connection id.
    """
    program = _airflow_program(environment)
    if not environment.get("AIRFLOW_HOME") or program is None:
        yield Check("Airflow", State.SKIPPED, "AIRFLOW_HOME is not set, or airflow not installed")
        return
    for conn_id, conn_type in wanted.items():
        found = _connection(program, environment, conn_id)
        yield _check_connection(found, conn_id, conn_type)
        if conn_type == "smtp" and _is_mail_open(found or {}):
            advice = "see docs/security.md, Mail"
            yield Check(
                "mail TLS", State.WARNING, "mails are sent to a server that is not verified", advice
            )


def _airflow_program(environment: Mapping[str, str]) -> str | None:
    beside = Path(sys.executable).with_name("airflow")
    return shutil.which("airflow", path=environment.get("PATH")) or shutil.which(beside)


def _check_connection(found: Mapping[str, Any] | None, conn_id: str, conn_type: str) -> Check:
    name = f"connection {conn_id}"
    advice = (
        f"add it under Admin > Connections with type {conn_type}, "
        f"or set AIRFLOW_CONN_{conn_id.upper()}"
    )
    if found is None:
        return Check(name, State.FAILED, "airflow connections get does not find it", advice)
    has_type = found.get("conn_type")
    if has_type not in (None, conn_type):
        return Check(name, State.FAILED, f"has type {has_type}, must be {conn_type}", advice)
    return Check(name, State.OK, f"type {has_type}" if has_type else "set by a variable")


def _is_mail_open(connection: Mapping[str, Any]) -> bool:
    extra = connection.get("extra_dejson") or connection.get("extra") or {}
    if not isinstance(extra, Mapping):
        return False
    switches = [str(extra.get(name)).lower() for name in ("disable_ssl", "disable_tls")]
    is_open = switches == ["true", "true"] or extra.get("ssl_context") == "none"
    return is_open and not tls.is_local_host(str(connection.get("host") or ""))


def _connection(
    program: str, environment: Mapping[str, str], conn_id: str
) -> Mapping[str, Any] | None:
    """A connection as Airflow knows it. It contains secrets: none of them may be shown."""
    given = environment.get(f"AIRFLOW_CONN_{conn_id.upper()}", "")
    try:
        if given:
            # A URI is not parsed here: its presence is enough.
            return dict(json.loads(given)) if given.startswith("{") else {}
        # The program is Airflow's own, found on PATH; the arguments are connection ids.
        answer = subprocess.run(  # noqa: S603
            [program, "connections", "get", conn_id, "-o", "json"],
            env=environment,
            capture_output=True,
            check=True,
            timeout=AIRFLOW_TIMEOUT_S,
        )
        [connection] = json.loads(answer.stdout)
        return dict(connection)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
