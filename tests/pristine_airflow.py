"""Airflow's metadata database, as `airflow db migrate` leaves it: made once, then copied."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.database.pg_binaries import find_bindir
from dev.database.postgres import drop_database, ensure_database
from tests.shared import once

_NOT_INHERITED = ("AIRFLOW_", "_AIRFLOW_", "QCONTACT_")


def metadata_database(server: str, name: str) -> str:
    """Create PostgreSQL database ``name`` for an Airflow; return its DSN.

    Args:
        server: DSN of who may create databases.
    """
    dsn = ensure_database(server, name)
    fill_metadata_database(server, dsn)
    return dsn


def fill_metadata_database(server: str, dsn: str) -> None:
    """Make an empty PostgreSQL database an Airflow's.

    Args:
        server: DSN of who may create databases.
    """
    dump = once("airflow.sql", lambda path: _dump(server, path))
    _tool("psql", "-q", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={dump}", dsn)


def metadata_file(target: Path) -> None:
    """Create SQLite database ``target`` for an Airflow."""
    shutil.copyfile(once("airflow.db", _migrated_file), target)


def _dump(server: str, path: Path) -> None:
    name = "airflow_to_dump"
    dsn = ensure_database(server, name)
    _migrate(dsn.replace("postgresql://", "postgresql+psycopg2://", 1), path.parent)
    _tool("pg_dump", "--no-owner", "--no-privileges", f"--file={path}", dsn)
    drop_database(server, name)


def _migrated_file(path: Path) -> None:
    _migrate(f"sqlite:///{path}", path.parent)


def _migrate(url: str, home: Path) -> None:
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(_NOT_INHERITED)}
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
    }
    _run([sys.executable, "-m", "airflow", "db", "migrate"], inherited | ours)


def _tool(name: str, *arguments: str) -> None:
    _run([str(find_bindir() / name), *arguments], dict(os.environ))


def _run(argv: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
