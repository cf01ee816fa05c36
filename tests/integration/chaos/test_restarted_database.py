"""PostgreSQL goes away in the middle of a run and comes back."""

import pytest

from sandbox.running import run_sandbox
from tests.integration.own_server import OwnServer
from tests.integration.program import running
from tests.integration.sync_world import CLOCK_OFFSET_S, World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 20
# What the fourth answer brings is about to be kept when the server goes.
HOLD_UP_THE_FOURTH = """
    CREATE SEQUENCE settled;
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('settled') > 3 THEN
            PERFORM pg_sleep(60);
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER hold_up BEFORE UPDATE ON qcontact_ticket_link
    FOR EACH ROW EXECUTE FUNCTION hold_up();
"""
IS_HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


@pytest.mark.parametrize("crashes", [False, True], ids=["shut-down", "crash"])
def test_restart_in_the_middle_of_outbound_loses_and_doubles_nothing(
    own_server: OwnServer, crashes: bool
) -> None:
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        database = own_server.new_fibreflow()
        world = World(sandbox, database, database)
        for _ in range(TICKETS):
            world.add_ticket(status="Open")
        world.run()
        for ticket in world.qcontact.tickets:
            world.set_local(ticket, status="assigned")
            world.add_note(ticket, f"We come to {ticket}")
        world.execute(HOLD_UP_THE_FOURTH)
        for method in ("PATCH", "POST"):
            world.qcontact.faults.add(
                do="delay_answer", delay_s=0.2, method=method, times="forever"
            )
        with running(world, connections=2) as program:
            program.wait_until(lambda: world.value(IS_HELD_UP) > 0)
            own_server.restart(crashes=crashes)
            status, _, stderr = program.ended()
        assert (status, stderr.count("Traceback")) == (1, 0)
        world.execute("DROP TRIGGER hold_up ON qcontact_ticket_link")
        world.qcontact.faults.clear()
        assert world.run().status == "success"
        assert all(row["status"] != "running" for row in world.history())
        assert sorted(t for t, _ in world.patches()) == sorted(world.qcontact.tickets)
        for ticket, shown in world.qcontact.tickets.items():
            assert shown["status"] == world.local(ticket)["status"] == "assigned"
            assert world.notes_at(ticket) == [f"We come to {ticket}"]
