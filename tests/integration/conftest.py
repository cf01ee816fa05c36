"""Databases with the schema in place, migrated once and cloned for each test, and worlds."""

import uuid
from collections.abc import Iterator

import pytest

from dev.database.postgres import clone_database, drop_database, ensure_database
from sandbox.running import run_sandbox
from tests.integration.own_server import OwnServer, run_own_server
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.sync_roles import SyncRoles


@pytest.fixture(scope="session")
def template_db(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    name = f"template_{uuid.uuid4().hex}"
    roles.migrate(ensure_database(pg_server, name))
    yield name
    drop_database(pg_server, name)


@pytest.fixture
def fibreflow_db(pg_server: str, template_db: str) -> Iterator[str]:
    """DSN of a migrated database of the test's own, for who may do everything there."""
    name = f"test_{uuid.uuid4().hex}"
    yield clone_database(pg_server, template_db, name)
    drop_database(pg_server, name)


@pytest.fixture
def runtime_db(fibreflow_db: str, roles: SyncRoles) -> str:
    """DSN of the same database for the sync, which may do there only what it needs."""
    return roles.as_runtime(fibreflow_db)


@pytest.fixture
def world(runtime_db: str, fibreflow_db: str) -> Iterator[World]:
    """An empty QContact and an empty FibreFlow."""
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield World(sandbox, runtime_db, fibreflow_db)


@pytest.fixture
def seeded_world(runtime_db: str, fibreflow_db: str) -> Iterator[World]:
    """A QContact with 300 realistic tickets, and an empty FibreFlow."""
    with run_sandbox(tickets=300, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield World(sandbox, runtime_db, fibreflow_db)


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A PostgreSQL to stop and to start again."""
    with run_own_server() as server:
        yield server
