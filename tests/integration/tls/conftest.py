"""Servers that prove who they are, and authorities that are known or not."""

from collections.abc import Iterator

import pytest
from qcontact_sync.jobs import migrate

from dev.database.postgres import ensure_database
from sandbox.running import run_sandbox
from tests.integration.certificates import Authority
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.private_postgres import tls_postgres


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another one, which vouches for nobody here."""
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="session")
def tls_database(authority: Authority) -> Iterator[str]:
    """DSN, by address, of a migrated database whose server is certified as localhost alone."""
    with tls_postgres(authority.issue("localhost")) as server:
        dsn = ensure_database(server, "fibreflow")
        migrate(dsn)
        yield dsn


@pytest.fixture
def tls_world(tls_database: str) -> Iterator[World]:
    with run_sandbox(tickets=3, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield World(sandbox, tls_database, tls_database)
