"""The fault list's database rows: what a run makes of a database that others use and that fails."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from qcontact_sync.core.errors import FatalError
from qcontact_sync.fibreflow.database import Database

from dev.database.postgres import database_dsn, drop_database
from tests.integration.engine import Engine
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

QUERIES = Path(__file__).parents[3] / "include" / "sql" / "queries"
# A sequence counts on through a rollback: the first so many writes of a table fail.
FAIL_FIRST = """
    CREATE SEQUENCE failures;
    CREATE FUNCTION fail_first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF nextval('failures') <= {times} THEN
            RAISE EXCEPTION 'another transaction won' USING ERRCODE = '{state}';
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER fail_first BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION fail_first();
"""
REFUSE_AUDIT = """
    CREATE FUNCTION refuse_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.qcontact_ticket_id = '{remote_id}' AND NEW.status <> 'failed' THEN
            RAISE EXCEPTION 'no';
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER refuse_audit BEFORE INSERT ON qcontact_sync_log
    FOR EACH ROW EXECUTE FUNCTION refuse_audit();
"""


def several(world: World, count: int) -> list[str]:
    ids = [world.add_ticket(status="In Progress") for _ in range(count)]
    world.run()
    return ids


# --- XB4: transactions that lose


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization", "deadlock"])
def test_inbound_batch_is_repeated_after_a_transaction_conflict(world: World, state):
    ids = several(world, 3)
    world.execute(FAIL_FIRST.format(times=2, state=state, event="UPDATE", table="tickets"))
    world.edit(ids, title="Edited there")
    result = world.run()
    assert result.status == "success"
    assert result.sync_result["inbound_stats"]["updated"] == 3
    assert {world.local(i)["title"] for i in ids} == {"Edited there"}
    assert len([row for row in world.audit() if row["sync_type"] == "status_update"]) == 3


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization", "deadlock"])
def test_settlement_is_repeated_after_a_transaction_conflict_without_the_write(world: World, state):
    (linked,) = several(world, 1)
    world.execute(
        FAIL_FIRST.format(times=2, state=state, event="UPDATE", table="qcontact_ticket_link")
    )
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert result.status == "success"
    assert world.patches() == [(linked, {"status": "in_review"})]
    assert len([r for r in world.audit(linked) if r["sync_direction"] == "outbound"]) == 1


def test_a_settlement_that_loses_for_ever_is_left_to_a_later_run(world: World):
    (linked,) = several(world, 1)
    world.execute(
        FAIL_FIRST.format(times=50, state="40001", event="UPDATE", table="qcontact_ticket_link")
    )
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "DATABASE_ERROR")
    assert world.patches() == [(linked, {"status": "in_review"})]
    world.execute("DROP TRIGGER fail_first ON qcontact_ticket_link")
    assert world.run().status == "success"
    assert len(world.patches()) == 1
    (link,) = world.rows("SELECT * FROM qcontact_ticket_link")
    assert link["base_status_local"] == "pending_qa"


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_a_real_deadlock_with_the_app_costs_nothing(world: World, direction):
    """The app takes the rows in the other order; whoever of the two is thrown out tries again."""
    ids = several(world, 2)
    low, high = (row["external_id"] for row in world.rows("SELECT * FROM tickets ORDER BY id"))
    if direction == "inbound":
        world.edit(ids, title="Edited there")
    else:
        world.execute("UPDATE tickets SET status = 'pending_qa'")
    holds_high = threading.Event()

    def app() -> None:
        with psycopg.connect(world.owner) as connection:
            # So that it is the sync that is thrown out.
            connection.execute("SET deadlock_timeout = '1min'")
            touch = "UPDATE tickets SET pole_number = %s WHERE external_id = %s"
            connection.execute(touch, ["LAW.P.A001", high])
            holds_high.set()
            waits_for_us = (
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
            )
            for _ in range(200):
                with psycopg.connect(world.owner) as other:
                    if other.execute(waits_for_us).fetchone() != (0,):
                        break
                threading.Event().wait(0.05)
            connection.execute(touch, ["LAW.P.A002", low])

    working = threading.Thread(target=app)
    working.start()
    assert holds_high.wait(10)
    result = world.run()
    working.join()
    assert result.status == "success"
    assert world.quarantine() == {}
    if direction == "inbound":
        assert {world.local(i)["title"] for i in ids} == {"Edited there"}
    else:
        assert {world.remote(i)["status"] for i in ids} == {"in_review"}
    assert [world.local(i)["pole_number"] for i in (high, low)] == ["LAW.P.A001", "LAW.P.A002"]


# --- XB5: rows that the app keeps locked


@contextmanager
def locked(world: World, remote_id: str) -> Iterator[None]:
    with psycopg.connect(world.owner) as connection:
        connection.execute("SELECT FROM tickets WHERE external_id = %s FOR UPDATE", [remote_id])
        yield
        connection.rollback()


def test_a_row_that_the_app_keeps_locked_waits_and_the_others_come_in(world: World):
    ids = several(world, 4)
    world.edit(ids, title="Edited there")
    with locked(world, ids[1]):
        result = Engine(world, database=partial(Database, lock_wait_s=0.3)).run_whole()
    assert [world.local(i)["title"] for i in ids] == [
        "Edited there",
        "No light",
        "Edited there",
        "Edited there",
    ]
    assert result["status"] == "partial"
    assert list(world.quarantine()) == [ids[1]]
    assert world.quarantine()[ids[1]]["next_try_at"] is not None
    world.make_due()
    world.run()
    assert world.local(ids[1])["title"] == "Edited there"
    assert world.quarantine() == {}


def test_a_row_that_the_app_keeps_locked_waits_and_the_others_go_out(world: World):
    ids = several(world, 4)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    with locked(world, ids[1]):
        result = Engine(world, database=partial(Database, lock_wait_s=0.3)).run_whole()
    assert sorted(ticket for ticket, _ in world.patches()) == sorted({*ids} - {ids[1]})
    assert result["status"] == "partial"
    assert list(world.quarantine()) == [ids[1]]
    assert world.quarantine()[ids[1]]["next_try_at"] is not None
    world.make_due()
    world.run()
    assert world.remote(ids[1])["status"] == "in_review"
    assert world.quarantine() == {}


# --- XB6


def test_two_links_for_one_thing_are_refused_by_the_database(world: World):
    (linked,) = several(world, 1)
    copy = (
        "INSERT INTO qcontact_ticket_link (remote_id, ticket_id, base_remote, fingerprint)"
        " SELECT {}, {}, base_remote, fingerprint FROM qcontact_ticket_link"
    )
    for columns in (("remote_id", "gen_random_uuid()"), ("'other'", "ticket_id")):
        with pytest.raises(psycopg.errors.UniqueViolation):
            world.execute(copy.format(*columns))
    assert world.run().status == "success"
    assert world.local(linked)


# --- XB9: an older backup


@pytest.fixture
def restored(world: World) -> Iterator[World]:
    """The same QContact with a database as it was two runs ago, edits and all made since."""
    name = f"backup_{uuid4().hex}"
    for _ in range(4):
        world.add_ticket(status="In Progress")
    world.run()
    live = psycopg.conninfo.conninfo_to_dict(world.owner)["dbname"]
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(str(live))
    )
    server = database_dsn(world.owner, "postgres")
    world.line.hang_up()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(clone)
    yield replace(
        world,
        database=database_dsn(world.database, name),
        owner=database_dsn(world.owner, name),
    )
    drop_database(server, name)


def test_an_older_backup_brings_no_older_value_back(world: World, restored: World):
    ids = sorted(world.qcontact.tickets)
    world.set_local(ids[0], status="pending_qa")
    world.edit(ids[1], title="Edited there", status="Escalated")
    world.set_local(ids[2], status="resolved")
    new = world.add_ticket(title="Came later")
    world.run()
    there = {i: ticket["status"] for i, ticket in world.qcontact.tickets.items()}
    patches = world.patches()

    results = [restored.run(), restored.run()]

    assert [result.status for result in results] == ["success", "success"]
    assert world.patches() == patches
    assert {i: t["status"] for i, t in world.qcontact.tickets.items()} == there
    assert restored.local(ids[0])["status"] == "pending_qa"
    assert restored.local(ids[1])["title"] == "Edited there"
    assert restored.local(ids[2])["status"] == "resolved"
    assert restored.local(new)["title"] == "Came later"


def test_links_that_were_lost_are_found_again(seeded_world: World):
    world = seeded_world
    world.run()
    before = world.tickets_snapshot()
    world.execute(
        "DELETE FROM qcontact_ticket_link WHERE remote_id IN"
        " (SELECT remote_id FROM qcontact_ticket_link ORDER BY remote_id LIMIT 40)"
    )
    assert world.run(start_date="2000-01-01T00:00:00Z").status == "success"
    assert world.tickets_snapshot() == before
    assert world.value("SELECT count(*) FROM qcontact_ticket_link") == 300
    assert world.sent() == []


def test_many_differing_bases_need_confirmation(world: World):
    several(world, 6)
    world.configure(max_outbound=5)
    world.execute("UPDATE qcontact_ticket_link SET base_status_local = 'open'")
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    assert world.run().error_code == "NEEDS_CONFIRMATION"
    assert world.sent() == []


# --- XB10


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ("DELETE FROM qcontact_migration WHERE number = 2", "qcontact-sync migrate"),
        (
            "INSERT INTO qcontact_migration VALUES (99, '0099_later', 'x', now(), 98)",
            "upgrade qcontact-sync",
        ),
    ],
    ids=["behind", "ahead"],
)
def test_a_schema_of_another_release_is_refused_before_anything(world: World, change, advice):
    several(world, 2)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.execute(change)
    runs, requests = len(world.history()), len(world.qcontact.requests)
    with pytest.raises(FatalError, match=advice):
        world.run()
    assert len(world.history()) == runs
    assert len(world.qcontact.requests) == requests


# --- XB11


def test_a_row_without_its_audit_row_is_not_written(world: World):
    ids = several(world, 3)
    world.execute(REFUSE_AUDIT.format(remote_id=ids[1]))
    world.edit(ids, title="Edited there")
    new = world.add_ticket()
    result = world.run()
    assert result.status == "partial"
    assert world.local(ids[1])["title"] == "No light"
    assert world.local(ids[0])["title"] == "Edited there"
    assert world.local(new)
    assert list(world.quarantine()) == [ids[1]]


def test_a_sent_change_without_its_audit_row_is_not_settled(world: World):
    ids = several(world, 3)
    world.execute(REFUSE_AUDIT.format(remote_id=ids[1]))
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    result = world.run()
    assert result.status == "partial"
    (link,) = world.rows("SELECT * FROM qcontact_ticket_link WHERE remote_id = %s", ids[1])
    assert link["base_status_local"] == "in_progress"
    assert list(world.quarantine()) == [ids[1]]
    assert [row["status"] for row in world.audit(ids[1])][-1] == "failed"
    world.execute("DROP TRIGGER refuse_audit ON qcontact_sync_log")
    world.make_due()
    world.run()
    assert len(world.patches()) == 3
    assert world.quarantine() == {}


# --- XB12


def test_run_reads_neither_history_nor_audit_log():
    """History and audit only grow; what a person asks for reads them, a run its own rows by key."""
    for_people = {
        *("list_history", "read_status", "ticket_history", "chart_runs", "count_errors"),
        *("list_runs", "read_run", "report_run", "sum_directions", "sum_runs"),
        *("find_to_forget", "read_figures"),
    }
    for path in sorted(QUERIES.glob("*.sql")):
        text = re.sub("--.*", "", path.read_text())
        if path.stem not in for_people:
            assert not re.search(r"(FROM|JOIN) qcontact_sync_log\b", text), path.stem
            assert not re.search(r"FROM sync_job_history\b(?!\s+WHERE id = )", text), path.stem
