"""What FibreFlow's database does to a run beyond single rows: open transactions, no writes."""

import psycopg
import pytest
from psycopg import sql
from qcontact_sync.core.errors import FatalError

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_an_edit_whose_transaction_was_open_across_a_run_goes_out_with_the_next(
    world: World,
) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    with psycopg.connect(world.owner) as app:
        app.execute("UPDATE tickets SET status = 'in_progress' WHERE external_id = %s", [ticket])
        assert world.run().status == "success"
        assert world.patches() == []
    world.run()
    assert world.patches() == [(ticket, {"status": "in_progress"})]


def test_a_database_that_takes_no_writes_stops_the_run_before_anything_is_sent(
    world: World,
) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="in_progress")
    _forbid_writes(world.owner, is_forbidden=True)
    with pytest.raises(FatalError, match="ReadOnly"):
        world.run()
    assert world.patches() == []
    _forbid_writes(world.owner, is_forbidden=False)
    world.run()
    assert world.patches() == [(ticket, {"status": "in_progress"})]


def _forbid_writes(dsn: str, *, is_forbidden: bool) -> None:
    """As on a replica, or when an operator has run out of disk."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(connection.info.dbname), sql.Literal(is_forbidden)
            )
        )
