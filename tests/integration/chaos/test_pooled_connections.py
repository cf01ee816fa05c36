"""Behind a transaction pooler each transaction may get another session: nothing may rely on one."""

import pytest
from engine import Engine
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from qcontact_sync.core.model import Direction
from qcontact_sync.fibreflow.database import Database
from sync_world import World

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
