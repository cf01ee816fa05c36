"""Behind a transaction pooler each transaction may get another session: nothing may rely on one."""

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from qcontact_sync.core.model import Direction
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.jobs import migrate

from sandbox.running import run_sandbox
from tests.integration.engine import Engine
from tests.integration.program import running
from tests.integration.sync_world import BETWEEN_RUNS_S, World
from tests.pooler import pooled

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


class SessionPerTransaction(Database):
    """Has a new session for every transaction, as a pooler may give it."""

    async def _connected(self) -> AsyncConnection[DictRow]:
        await self.close()
        return await super()._connected()


def test_both_directions_work_with_a_session_per_transaction(world: World) -> None:
    engine = Engine(world, database=SessionPerTransaction)
    ticket = world.add_ticket(status="Open")
    (inbound,) = engine.carry_out(Direction.INBOUND)
    assert (inbound.counts.created, inbound.is_complete) == (1, True)
    world.set_local(ticket, status="assigned")
    world.add_note(ticket, "We come at ten")
    world.edit(ticket, title="Light is back")
    inbound, outbound = engine.carry_out(Direction.INBOUND, Direction.OUTBOUND)
    assert (inbound.counts.updated, outbound.counts.updated) == (1, 1)
    assert world.local(ticket)["title"] == "Light is back"
    assert world.remote(ticket)["status"] == "assigned"
    assert world.notes_at(ticket) == ["We come at ten"]


@pytest.mark.pooler
def test_a_real_pooler_may_stand_between_even_where_runs_meet(
    empty_db: str,
) -> None:
    with pooled(empty_db) as through, run_sandbox(tickets=0, clock_offset_s=-3600) as sandbox:
        migrate(through)
        world = World(sandbox, through, through)
        tickets = [world.add_ticket(status="Open") for _ in range(12)]
        world.run()
        for ticket in tickets:
            world.set_local(ticket, status="assigned")
            world.add_note(ticket, f"We come to {ticket}")
            world.edit(ticket, title="Light is back")
        world.pass_time(BETWEEN_RUNS_S)
        with running(world) as one, running(world) as other:
            ends = [program.ended() for program in (one, other)]
        assert [(status, run["status"]) for status, run, _ in ends] == [(0, "success")] * 2
        assert _used_sessions(through) > 1
        assert sorted(world.patches()) == [(t, {"status": "assigned"}) for t in sorted(tickets)]
        for ticket in tickets:
            assert world.notes_at(ticket) == [f"We come to {ticket}"]
            assert world.local(ticket)["title"] == "Light is back"


def _used_sessions(through: str) -> int:
    with psycopg.connect(through, autocommit=True, prepare_threshold=None) as connection:
        rows = [connection.execute("SELECT pg_backend_pid()").fetchone() for _ in range(6)]
    return len(set(rows))
