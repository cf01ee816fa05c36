"""The program between a real database and a sandbox QContact."""

from collections.abc import Iterator

import pytest

from sandbox.directory import MAIN_QUEUE
from sandbox.running import Sandbox, run_sandbox
from tests.integration.cli.command_line import CommandLine
from tests.kept_connections import kept_connections as kept_connections

TICKETS = 25


@pytest.fixture
def qcontact() -> Iterator[Sandbox]:
    with run_sandbox(tickets=TICKETS, seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def unmigrated(empty_db: str, qcontact: Sandbox) -> CommandLine:
    """The program with both sides set, on a database without tables."""
    return _between(empty_db, qcontact)


@pytest.fixture
def program(runtime_db: str, qcontact: Sandbox) -> CommandLine:
    """The program, ready to run, as the role that may do only what it needs."""
    return _between(runtime_db, qcontact)


@pytest.fixture
def qcontact_tenant() -> Iterator[Sandbox]:
    """A customer's tenant (dialect entities)."""
    with run_sandbox(tickets=TICKETS, seed=1, dialect="entities") as sandbox:
        yield sandbox


@pytest.fixture
def tenant_program(program: CommandLine, qcontact_tenant: Sandbox) -> CommandLine:
    """The program on a customer's tenant, with the cases of its main queue."""
    return program.having(
        QCONTACT_DIALECT="entities",
        QCONTACT_API_URL=qcontact_tenant.url,
        QCONTACT_API_KEY="",
        QCONTACT_EMAIL=qcontact_tenant.email,
        QCONTACT_PASSWORD=qcontact_tenant.password,
        QCONTACT_QUEUES=str(MAIN_QUEUE),
    )


def _between(database: str, qcontact: Sandbox) -> CommandLine:
    return CommandLine(
        {
            "DATABASE_URL": database,
            "QCONTACT_API_URL": qcontact.url,
            "QCONTACT_API_KEY": qcontact.api_key,
        }
    )
