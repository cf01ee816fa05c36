"""A FibreFlow whose tables have other names, and eyes that see them by the usual ones."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from qcontact_sync.fibreflow.migrate import migrations

from dev.database.postgres import drop_database, ensure_database
from sandbox.running import Sandbox, run_sandbox
from tests.copies import Copies
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


@pytest.fixture(scope="session")
def renamed_template(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    """Name of a migrated database in which no table has its usual name."""
    name = f"renamed_{uuid.uuid4().hex}"
    dsn = ensure_database(pg_server, name)
    with psycopg.connect(dsn) as connection:
        connection.execute(migrations()[0].text.encode())
        connection.execute(b"CREATE SCHEMA app; CREATE SCHEMA eyes")
        for usual, renamed in SCHEMA.names.by_usual_name().items():
            rename(connection, usual, renamed)
    roles.migrate(dsn, SCHEMA)
    yield name
    drop_database(pg_server, name)


@pytest.fixture
def renamed_db(
    copies: Copies, renamed_template: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """DSN, for its owner, of a copy of this database."""
    name_tables(monkeypatch)
    with copies.copy(renamed_template) as dsn:
        yield dsn


def name_tables(environment: pytest.MonkeyPatch) -> None:
    for usual, name in SCHEMA.names.by_usual_name().items():
        environment.setenv(f"QCONTACT_SYNC_TABLE_{usual.upper()}", name)


@pytest.fixture
def world(renamed_db: str, roles: SyncRoles) -> Iterator[World]:
    """An empty QContact and an empty FibreFlow with other names.

    The tests look through views of the usual names, which the sync never sees.
    """
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield world_on(renamed_db, sandbox, roles)


def world_on(dsn: str, sandbox: Sandbox, roles: SyncRoles) -> World:
    eyes = make_conninfo(dsn, options="-c search_path=eyes,public")
    return World(sandbox, roles.as_runtime(dsn), eyes)


@pytest.fixture(scope="module")
def shared_world(copies: Copies, renamed_template: str, roles: SyncRoles) -> Iterator[World]:
    """Such a world for all tests of a module."""
    with (
        pytest.MonkeyPatch.context() as environment,
        copies.copy(renamed_template) as dsn,
        run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox,
    ):
        name_tables(environment)
        yield world_on(dsn, sandbox, roles)
