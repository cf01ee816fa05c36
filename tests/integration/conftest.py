"""Both sides of a sync, one world for each test."""

from collections.abc import Callable, Iterator

import pytest

from sandbox.running import run_sandbox
from tests.integration.own_server import OwnServer, run_own_server
from tests.integration.sync_world import CLOCK_OFFSET_S, World


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
def tenant(runtime_db: str, fibreflow_db: str) -> Iterator[World]:
    """An empty QContact tenant (dialect entities), and an empty FibreFlow."""
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S, dialect="entities") as sandbox:
        yield World(sandbox, runtime_db, fibreflow_db)


@pytest.fixture
def seeded_tenant(runtime_db: str, fibreflow_db: str) -> Iterator[World]:
    """A QContact tenant with 300 realistic cases, and an empty FibreFlow."""
    with run_sandbox(tickets=300, clock_offset_s=CLOCK_OFFSET_S, dialect="entities") as sandbox:
        yield World(sandbox, runtime_db, fibreflow_db)


@pytest.fixture
def as_seen() -> Callable[[str], str]:
    """The DSN through which tests look at a database, by its owner's."""
    return lambda owner: owner


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """A PostgreSQL to stop and to start again."""
    with run_own_server() as server:
        yield server
