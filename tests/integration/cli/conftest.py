"""The program between a real database and a sandbox QContact."""

from collections.abc import Iterator

import pytest

from sandbox.running import Sandbox, run_sandbox
from tests.integration.cli.command_line import CommandLine
from tests.sync_roles import SyncRoles

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
def program(unmigrated: CommandLine, empty_db: str, roles: SyncRoles) -> CommandLine:
    """The program, ready to run, as the role that may do only what it needs."""
    roles.migrate(empty_db)
    return unmigrated.having(DATABASE_URL=roles.as_runtime(empty_db))
