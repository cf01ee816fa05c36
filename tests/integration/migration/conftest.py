"""A FibreFlow whose tables have other names, and eyes that see them by the usual ones."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from qcontact_sync.fibreflow.migrate import migrations

from sandbox.running import run_sandbox
from tests.integration.migration.other_names import SCHEMA
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.sync_roles import SyncRoles


def rename(connection: psycopg.Connection, usual: str, name: str) -> None:
    *schema, table = name.split(".")
    for part in schema:
        move = sql.SQL("ALTER TABLE {} SET SCHEMA {}")
        connection.execute(move.format(sql.Identifier(usual), sql.Identifier(part)))
    change = sql.SQL("ALTER TABLE {} RENAME TO {}")
    connection.execute(change.format(sql.Identifier(*schema, usual), sql.Identifier(table)))
    # With xmin, by which the tests see whether a row was written.
    view = sql.SQL("CREATE VIEW {} AS SELECT xmin, * FROM {}")
    connection.execute(view.format(sql.Identifier("eyes", usual), sql.Identifier(*schema, table)))


@pytest.fixture
def renamed_db(empty_db: str, roles: SyncRoles, monkeypatch: pytest.MonkeyPatch) -> str:
    """DSN, for its owner, of a migrated database in which no table has its usual name."""
    with psycopg.connect(empty_db) as connection:
        connection.execute(migrations()[0].text.encode())
        connection.execute(b"CREATE SCHEMA app; CREATE SCHEMA eyes")
        for usual, name in SCHEMA.names.by_usual_name().items():
            rename(connection, usual, name)
            monkeypatch.setenv(f"QCONTACT_SYNC_TABLE_{usual.upper()}", name)
    roles.migrate(empty_db, SCHEMA)
    return empty_db


@pytest.fixture
def world(renamed_db: str, roles: SyncRoles) -> Iterator[World]:
    """An empty QContact and an empty FibreFlow with other names.

    The tests look through views of the usual names, which the sync never sees.
    """
    eyes = make_conninfo(renamed_db, options="-c search_path=eyes,public")
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield World(sandbox, roles.as_runtime(renamed_db), eyes)
