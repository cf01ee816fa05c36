"""Databases with the schema in place: migrated once, cloned for each test."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from qcontact_sync.jobs import migrate

from dev.postgres import database_dsn, drop_database, ensure_database


@pytest.fixture(scope="session")
def template_db(pg_server: str) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    name = f"template_{uuid.uuid4().hex}"
    migrate(ensure_database(pg_server, name))
    yield name
    drop_database(pg_server, name)


@pytest.fixture
def fibreflow_db(pg_server: str, template_db: str) -> Iterator[str]:
    """DSN of a migrated database of the test's own."""
    name = f"test_{uuid.uuid4().hex}"
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template_db)
    )
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(clone)
    yield database_dsn(pg_server, name)
    drop_database(pg_server, name)
