"""The program between a real database and a sandbox QContact."""

from collections.abc import Iterator

import pytest
from command_line import CommandLine
from qcontact_sync.fibreflow.migrate import migrate

from sandbox.running import Sandbox, run_sandbox

TICKETS = 25


@pytest.fixture
def qcontact() -> Iterator[Sandbox]:
    with run_sandbox(tickets=TICKETS, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def unmigrated(empty_db: str, qcontact: Sandbox) -> CommandLine:
    """The program with both sides set, on a database without tables."""
    return CommandLine(
        {
            "DATABASE_URL": empty_db,
            "QCONTACT_API_URL": qcontact.url,
            "QCONTACT_API_KEY": qcontact.api_key,
        }
    )


@pytest.fixture
def program(unmigrated: CommandLine, empty_db: str) -> CommandLine:
    """The program, ready to run."""
    migrate(empty_db)
    return unmigrated
