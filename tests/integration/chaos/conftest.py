from collections.abc import Iterator

import pytest

from sandbox.running import run_sandbox
from tests.integration.sync_world import CLOCK_OFFSET_S, World


@pytest.fixture
def world(runtime_db: str, fibreflow_db: str) -> Iterator[World]:
    """An empty QContact and an empty FibreFlow."""
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        yield World(sandbox, runtime_db, fibreflow_db)
