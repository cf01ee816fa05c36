"""docs/personal-data.md: what it tells to delete is all that the sync keeps of a ticket."""

import re

import psycopg
import pytest
from qcontact_sync.fibreflow.migrate import migrate

from dev.state import PROJECT
from tests.integration.sync_world import World

pytestmark = pytest.mark.integration

PAGE = (PROJECT / "docs" / "personal-data.md").read_text(encoding="utf-8")
BY_TICKET = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name LIKE 'qcontact\\_%%'
  AND column_name IN ('remote_id', 'qcontact_ticket_id')
"""
# Ids alone: what a run met, and what waits to be linked.
IDS_ALONE = {"qcontact_run_error", "qcontact_unlinked", "qcontact_sample"}


def erasure(remote_id: str) -> str:
    (found,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    return str(found).replace("4711", remote_id)


def test_every_table_that_keeps_something_of_a_ticket_is_named(empty_db: str):
    migrate(empty_db)
    with psycopg.connect(empty_db) as connection:
        tables = {name for (name,) in connection.execute(BY_TICKET)}
    told = set(re.findall(r"(?:UPDATE|DELETE FROM) (\w+)", erasure("1")))
    assert tables - IDS_ALONE == told


@pytest.mark.sandbox
def test_after_it_the_text_of_the_ticket_is_in_none_of_the_syncs_tables(world: World):
    ticket = world.add_ticket(title="Name of a person")
    assert world.run().status == "success"
    with psycopg.connect(world.owner, autocommit=True) as connection:
        connection.execute(erasure(str(ticket)).encode())
        for (table,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'qcontact\\_%'"
        ).fetchall():
            left = connection.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%Name of a person%'"
            ).fetchone()
            assert left == (0,), table
