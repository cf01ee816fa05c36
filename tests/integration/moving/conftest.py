"""A FibreFlow whose tables have other names, and eyes that see them by the usual ones."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from qcontact_sync.jobs import migrate
from qcontact_sync.settings import Endpoints
from sync_world import CLOCK_OFFSET_S, World

from sandbox.running import run_sandbox

NAMES = {
    "tickets": "app.maintenance_tickets",
    "ticket_notes": "app.maintenance_ticket_notes",
    "users": "app.Staff",
    "qcontact_sync_log": "maintenance_qcontact_sync_log",
    "sync_job_history": "maintenance_sync_job_history",
}


def quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


class RenamedWorld(World):
    """The tests look through views of the usual names; the sync never sees those."""

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(
            SecretStr(make_conninfo(self.database, options="")),
            self.sandbox.url,
            SecretStr(self.sandbox.api_key),
        )


@pytest.fixture
def renamed_db(empty_db: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """DSN of a migrated database in which no table has its usual name."""
    with psycopg.connect(empty_db) as connection:
        migrate(empty_db)
        connection.execute(b"CREATE SCHEMA app")
        for usual, name in NAMES.items():
            *schema, table = name.split(".")
            if schema:
                connection.execute(f"ALTER TABLE {usual} SET SCHEMA {schema[0]}".encode())
            there = f"{schema[0]}.{usual}" if schema else usual
            connection.execute(f'ALTER TABLE {there} RENAME TO "{table}"'.encode())
        connection.execute(b"CREATE SCHEMA eyes")
        for usual, name in NAMES.items():
            view = f"CREATE VIEW eyes.{usual} AS SELECT * FROM {quoted(name)}"
            connection.execute(view.encode())
    for usual, name in NAMES.items():
        monkeypatch.setenv(f"QCONTACT_SYNC_TABLE_{usual.upper()}", name)
    return empty_db


@pytest.fixture
def world(renamed_db: str) -> Iterator[World]:
    """An empty QContact and an empty FibreFlow with other names."""
    eyes = make_conninfo(renamed_db, options="-c search_path=eyes,public")
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield RenamedWorld(sandbox, eyes)
