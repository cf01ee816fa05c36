"""docs/personal-data.md: what `forget` removes is all that the sync keeps of a ticket."""

import re

import psycopg
import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.fibreflow.migrate import migrate
from qcontact_sync.jobs import forget_ticket

from dev.state import PROJECT
from tests.integration.sync_world import World

pytestmark = pytest.mark.integration

STATEMENT = (PROJECT / "include" / "sql" / "queries" / "forget_ticket.sql").read_text("utf-8")
BY_TICKET = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name LIKE 'qcontact\\_%%'
  AND column_name IN ('remote_id', 'qcontact_ticket_id')
"""
# Ids alone: what a run met.
IDS_ALONE = {"qcontact_run_error"}


def test_every_table_that_keeps_something_of_a_ticket_is_named(empty_db: str):
    migrate(empty_db)
    with psycopg.connect(empty_db) as connection:
        tables = {name for (name,) in connection.execute(BY_TICKET)}
    changed = set(re.findall(r"(?:UPDATE|DELETE FROM) (\w+)", STATEMENT))
    assert tables - IDS_ALONE == changed


@pytest.mark.sandbox
def test_after_it_the_text_of_the_ticket_is_in_none_of_the_syncs_tables(world: World):
    ticket = world.add_ticket(title="Name of a person")
    assert world.run().status == "success"
    world.execute("DELETE FROM tickets WHERE external_id = %s", ticket)
    forget_ticket(FibreFlowAccess(SecretStr(world.owner)), world.settings, ticket)
    with psycopg.connect(world.owner, autocommit=True) as connection:
        for (table,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'qcontact\\_%'"
        ).fetchall():
            left = connection.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%Name of a person%'"
            ).fetchone()
            assert left == (0,), table
