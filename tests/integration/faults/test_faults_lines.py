"""The fault list's rows on connections to the database: closed while idle, silent, mistyped."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from qcontact_sync.core.errors import RetryableError
from qcontact_sync.fibreflow.connecting import prepared
from qcontact_sync.fibreflow.database import LEASE_PATIENCE_S, Database
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.jobs import get_status, get_sync_job_history, list_failures
from qcontact_sync.services.run_reports import find_run
from qcontact_sync.sync.leases import RENEW_AGAIN_S, RENEW_S, SAFE_S

from tests.integration.faults.test_faults_sessions import configure
from tests.integration.silent_line import SilentLine
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


# --- XS3: closed while idle


def test_a_database_that_closes_idle_connections_costs_nothing(world: World) -> None:
    """QContact takes longer over each answer than the database keeps an idle connection."""
    configure(world.owner, idle_session_timeout="300ms")
    tickets = [world.add_ticket(status="Open") for _ in range(3)]
    world.qcontact.faults.add(do="delay_answer", delay_s=0.4, times="forever")
    assert world.run().status == "success"
    for ticket in tickets:
        world.set_local(ticket, status="assigned")
        world.add_note(ticket, f"We come to {ticket}")
        world.edit(ticket, title="Light is back")
    assert world.run().status == "success"
    assert sorted(world.patches()) == [(t, {"status": "assigned"}) for t in sorted(tickets)]
    for ticket in tickets:
        assert world.local(ticket)["title"] == "Light is back"
        assert world.notes_at(ticket) == [f"We come to {ticket}"]
    assert {row["status"] for row in world.history()} == {"success"}


async def test_a_lease_is_renewed_over_a_new_connection(world: World) -> None:
    database, others = Database(world.database), Database(world.database)
    leases = PostgresLeases(database)
    lease = await leases.take("default", "one")
    assert lease is not None
    await _close_idle(world)
    assert await leases.renew(lease)
    await _close_idle(world)
    world.execute("UPDATE qcontact_lease SET expires_at = now() - interval '1 minute'")
    assert await PostgresLeases(others).take("default", "another") is not None
    await _close_idle(world)
    assert not await leases.renew(lease)
    for each in (database, others):
        await each.close()


async def test_a_connection_lost_in_a_transaction_is_not_made_anew(world: World) -> None:
    database = Database(world.database)

    async def work() -> None:
        async with database.transaction() as transaction:
            await _close_idle(world, "idle in transaction")
            await transaction.fetch("read_database_time")

    with pytest.raises(RetryableError):
        await work()
    assert await database.read("read_database_time")
    await database.close()


async def _close_idle(world: World, state: str = "idle") -> None:
    """As a server or pooler does it, and until it is done."""
    role = conninfo_to_dict(world.database)["user"]
    with psycopg.connect(world.owner, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE usename = %s AND state = %s AND datname = current_database()",
            [role, state],
        )


async def test_lease_with_a_locked_row_counts_as_taken(world: World) -> None:
    """A holder that froze before its commit; whoever waits goes on asking."""
    database = Database(world.database, lock_wait_s=0.3)
    leases = PostgresLeases(database)
    assert await leases.take("default", "one")
    with psycopg.connect(world.owner) as frozen:
        frozen.execute("SELECT FROM qcontact_lease FOR UPDATE")
        assert await leases.take("default", "another") is None
    await database.close()


# --- XS4: silent


@pytest.fixture
def line(world: World) -> Iterator[SilentLine]:
    address = urlsplit(world.database)
    with SilentLine(address.port or 0).carrying() as line:
        yield line


def through(world: World, line: SilentLine) -> World:
    return replace(world, database=make_conninfo(world.database, port=line.port))


async def test_a_statement_without_an_answer_ends_by_itself(world: World, line: SilentLine) -> None:
    database = Database(through(world, line).database, patience_s=0.4)
    await database.read("read_database_time")
    line.fall_silent()
    # Nothing was under way, so another connection is tried.
    with pytest.raises(RetryableError, match="no connection"):
        await database.read("read_database_time")
    line.speak_again()
    assert await database.read("read_database_time")
    await database.close()


async def test_a_commit_without_an_answer_ends_by_itself(world: World, line: SilentLine) -> None:
    database = Database(through(world, line).database, patience_s=0.4)

    async def work() -> None:
        async with database.transaction() as transaction:
            await transaction.fetch("read_database_time")
            line.fall_silent()

    with pytest.raises(RetryableError, match="no answer"):
        await work()
    await database.close()


async def test_all_statements_of_a_request_share_one_time_budget(
    world: World, line: SilentLine
) -> None:
    """Without it each statement and each new connection would take the patience of a run."""
    database = Database(through(world, line).database, budget_s=0.6)
    await database.read("read_database_time")
    line.fall_silent()
    with pytest.raises(RetryableError, match=r"no answer from the database within 0\.6 s"):
        await database.read("read_database_time")
    await database.close()


async def test_several_silent_hosts_share_one_budget(world: World, line: SilentLine) -> None:
    line.fall_silent()
    address = conninfo_to_dict(through(world, line).database)
    hosts = {name: ",".join([address[name]] * 3) for name in ("host", "port")}
    database = Database(make_conninfo(**{**address, **hosts}), budget_s=0.6)
    with pytest.raises(RetryableError, match=r"no answer from the database within 0\.6 s"):
        await database.read("read_database_time")
    await database.close()


async def test_the_server_ends_a_statement_where_it_still_can(world: World) -> None:
    with psycopg.connect(world.owner) as other:
        other.execute("LOCK TABLE qcontact_lease")
        database = Database(world.database, patience_s=0.4)
        with pytest.raises(RetryableError, match="QueryCanceled"):
            await database.read("list_owners")
        await database.close()


def test_every_connection_notices_a_peer_that_vanished(world: World) -> None:
    with (
        psycopg.connect(prepared(world.database)) as connection,
        socket.socket(fileno=os.dup(connection.pgconn.socket)) as tcp,
    ):
        assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_an_address_keeps_the_limits_that_it_sets() -> None:
    given = "postgresql://sync@127.0.0.1/fibreflow?keepalives_idle=5&connect_timeout=3"
    used = conninfo_to_dict(prepared(given))
    assert (used["keepalives_idle"], used["connect_timeout"]) == ("5", "3")
    assert used["tcp_user_timeout"] == "30000"
    without = "postgresql://sync@127.0.0.1/fibreflow"
    assert conninfo_to_dict(prepared(without))["connect_timeout"] == "10"
    assert conninfo_to_dict(prepared(without, 8.4))["connect_timeout"] == "8"


# --- XS4: who waits there


def test_any_number_of_callers_may_ask_a_silent_database(world: World, line: SilentLine) -> None:
    """Each is freed by the time-out, and the next ones are answered when it speaks again."""
    in_two_seconds = make_conninfo(world.database, connect_timeout=2)
    seen = through(replace(world, database=in_two_seconds), line)
    world.run()
    line.fall_silent()
    questions: list[Callable[[], object]] = [
        lambda: get_status(seen.fibreflow_access, seen.settings),
        lambda: get_sync_job_history(fibreflow=seen.fibreflow_access),
        lambda: list_failures(seen.fibreflow_access),
        lambda: asyncio.run(find_run(seen.fibreflow_access, uuid4())),
    ]
    with ThreadPoolExecutor(max_workers=8) as threads:
        asked = [threads.submit(question) for question in questions * 2]
        ends = [question.exception() for question in asked]
    assert {type(end) for end in ends} == {RetryableError}
    line.speak_again()
    assert get_status(seen.fibreflow_access, seen.settings).is_healthy


async def test_a_silent_line_leaves_time_to_renew_the_lease_over_another(
    world: World, line: SilentLine
) -> None:
    """The first renewal gets no answer; the lease is kept all the same."""
    assert RENEW_S + LEASE_PATIENCE_S * 1.5 + RENEW_AGAIN_S + LEASE_PATIENCE_S < SAFE_S
    database = Database(through(world, line).database, patience_s=LEASE_PATIENCE_S / 10)
    leases = PostgresLeases(database)
    lease = await leases.take("default", "one")
    assert lease is not None
    line.fall_silent()
    with pytest.raises(RetryableError):
        await leases.renew(lease)
    line.speak_again()
    assert await leases.renew(lease)
    await database.close()
