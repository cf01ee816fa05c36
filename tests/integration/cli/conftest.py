"""The program between a real database and a sandbox QContact."""

from collections.abc import Iterator

import pytest
from psycopg.conninfo import conninfo_to_dict

from dev.database.postgres import clone_database, drop_database
from sandbox.directory import MAIN_QUEUE
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
def program(
    unmigrated: CommandLine, empty_db: str, pg_server: str, template_db: str, roles: SyncRoles
) -> CommandLine:
    """The program, ready to run, as the role that may do only what it needs."""
    # A copy of the migrated database takes a fraction of a migration's time.
    name = str(conninfo_to_dict(empty_db)["dbname"])
    drop_database(pg_server, name)
    clone_database(pg_server, template_db, name)
    return unmigrated.having(DATABASE_URL=roles.as_runtime(empty_db))


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
