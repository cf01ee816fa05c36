"""The fault list's session rows: databases, roles and servers as people configure them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from qcontact_sync.core.errors import FatalError, SyncError
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.jobs import explain_ticket, get_status, get_sync_job_history, migrate

from dev.database.postgres import database_dsn, drop_database
from sandbox.running import Sandbox, run_sandbox
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.pooler import pooled
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

_DEFAULTS = {
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Kathmandu",
    "client_encoding": "LATIN1",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "array_nulls": "off",
    "lock_timeout": "1ms",
    "default_transaction_isolation": "serializable",
    "synchronous_commit": "off",
}

_PLAINLY = {
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "client_encoding": "UTF8",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "lock_timeout": "0",
}

_NOTE_SETTINGS = """
    CREATE TABLE used (name text, value text);
    CREATE FUNCTION note_settings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO used SELECT name, current_setting(name)
        FROM unnest(ARRAY['synchronous_commit', 'transaction_isolation', 'lock_timeout']) AS name;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER note_settings BEFORE INSERT OR UPDATE ON sync_job_history
    FOR EACH ROW EXECUTE FUNCTION note_settings();
"""

_SLOW = """
    CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_sleep(0.5);
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER take_long BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION take_long();
"""


def configure(dsn: str, **settings: str) -> None:
    """Change the defaults of a database, as its owner does."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        for setting, value in settings.items():
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    name, sql.Identifier(setting), sql.Literal(value)
                )
            )


def plainly(dsn: str) -> str:
    """How the tests themselves look at a database: none of its defaults counts."""
    return make_conninfo(dsn, options=" ".join(f"-c {n}={v}" for n, v in _PLAINLY.items()))


def empty_sandbox() -> AbstractContextManager[Sandbox]:
    return run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S)


def has_setting(dsn: str, name: str) -> bool:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT current_setting(%s, true)", [name]).fetchone()
    return row is not None and row[0] is not None


def work_both_ways(world: World) -> None:
    """Create, update, send, write a note and look at it all."""
    technician = world.add_user("Søren O'Neill")
    ticket = world.add_ticket(
        status="Open",
        title="No light: Žižkov ☎",
        custom_fields={"gps_coordinates": "-26.204103123456,28.047305"},
    )
    assert world.run().status == "success"
    assert world.local(ticket)["title"] == "No light: Žižkov ☎"
    assert str(world.local(ticket)["gps_coordinates"]) == "(28.047305,-26.204103123456)"
    world.set_local(ticket, status="assigned", assigned_to=technician)
    world.add_note(ticket, "We come at ten ☎")
    world.edit(ticket, title="Light is \\back")
    assert world.run().status == "success"
    assert world.remote(ticket)["status"] == "assigned"
    assert world.notes_at(ticket) == ["We come at ten ☎"]
    assert world.local(ticket)["title"] == "Light is \\back"
    before = world.snapshot()
    story = explain_ticket(*world.sides, world.settings, ticket)
    assert {field.action for field in story.fields} == {"keep"}
    assert get_status(world.fibreflow_access, world.settings).is_healthy
    assert {run.status for run in get_sync_job_history(fibreflow=world.fibreflow_access)} == {
        "success"
    }
    assert world.snapshot() == before


@pytest.mark.parametrize(("name", "value"), _DEFAULTS.items(), ids=_DEFAULTS)
def test_the_defaults_of_a_database_change_nothing(world: World, name: str, value: str) -> None:
    configure(world.owner, **{name: value})
    work_both_ways(replace(world, owner=plainly(world.owner)))


def test_failures_are_shown_in_utc_for_any_database_time_zone(world: World) -> None:
    configure(world.owner, TimeZone="Asia/Kathmandu")
    world.add_ticket(title="Poison")
    world.execute("ALTER TABLE tickets ADD CONSTRAINT sound CHECK (title <> 'Poison')")
    begun = datetime.now(UTC).replace(microsecond=0)
    world.run()
    stamp = world.value("SELECT sync_result #>> '{errors,0,timestamp}' FROM sync_job_history")
    assert begun <= datetime.fromisoformat(stamp) <= datetime.now(UTC)


async def test_what_only_reads_cannot_write(world: World) -> None:
    database = Database(world.database)

    async def write() -> None:
        async with database.transaction(read_only=True):
            params = {"job_id": uuid4(), "host": "here", "pid": 1}
            await database.fetch("record_heartbeat", params)

    with pytest.raises(SyncError, match="ReadOnlySqlTransaction"):
        await write()
    await database.close()


@pytest.mark.parametrize("name", ["idle_in_transaction_session_timeout", "transaction_timeout"])
async def test_a_transaction_lasts_as_long_as_is_needed(world: World, name: str) -> None:
    if not has_setting(world.owner, name):
        return  # PostgreSQL before 17
    with psycopg.connect(world.owner) as another:
        configure(world.owner, **{name: "100ms"})
        database = Database(world.database)
        async with database.transaction() as transaction:
            another.execute("SELECT pg_sleep(0.3)")
            assert await transaction.fetch("read_database_time")
        await database.close()


@pytest.mark.pooler
def test_the_same_through_a_pooler_where_others_left_their_settings(empty_db: str) -> None:
    configure(empty_db, DateStyle="SQL, DMY", IntervalStyle="iso_8601", client_encoding="LATIN1")
    migrate(empty_db)
    with (
        pooled(empty_db) as through,
        run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as there,
    ):
        plainly = " ".join(f"-c {name}={value}" for name, value in _PLAINLY.items())
        work_both_ways(World(there, through, make_conninfo(empty_db, options=plainly)))


def test_read_only_database_is_refused_by_the_name_of_the_setting(
    world: World,
) -> None:
    configure(world.owner, default_transaction_read_only="on")
    with pytest.raises(FatalError, match="default_transaction_read_only"):
        world.run()
    assert world.qcontact.requests == []


def test_a_search_path_without_the_tables_names_where_they_are(world: World) -> None:
    configure(world.owner, search_path="elsewhere")
    with pytest.raises(FatalError, match=r"search_path.*elsewhere.*public"):
        world.run()
    with pytest.raises(FatalError, match="search_path"):
        migrate(world.owner)


def test_migrate_takes_as_long_as_it_takes(empty_db: str) -> None:
    configure(
        empty_db,
        statement_timeout="250ms",
        DateStyle="SQL, DMY",
        IntervalStyle="iso_8601",
        standard_conforming_strings="off",
        client_encoding="LATIN1",
        default_transaction_isolation="serializable",
    )
    with ThreadPoolExecutor() as threads:
        with psycopg.connect(plainly(empty_db)) as another:
            another.execute("SELECT pg_advisory_xact_lock(hashtext('qcontact_sync/migrate'))")
            waiting = threads.submit(migrate, empty_db)
            another.execute("SELECT pg_sleep(0.5)")
        assert waiting.result()
    assert migrate(empty_db) == []


def test_a_statement_takes_as_long_as_it_takes(world: World) -> None:
    world.execute(_SLOW)
    configure(world.owner, statement_timeout="250ms")
    ticket = world.add_ticket()
    assert world.run().status == "success"
    assert world.local(ticket)


def test_what_a_run_commits_is_durable_and_sees_what_was_committed(world: World) -> None:
    world.execute(_NOTE_SETTINGS)
    configure(
        world.owner,
        synchronous_commit="off",
        default_transaction_isolation="repeatable read",
        lock_timeout="10ms",
    )
    assert world.run().status == "success"
    assert {(row["name"], row["value"]) for row in world.rows("SELECT * FROM used")} == {
        ("synchronous_commit", "local"),
        ("transaction_isolation", "read committed"),
        ("lock_timeout", "0"),
    }


# --- XS2


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def world_of_encoding(
    pg_server: str, roles: SyncRoles, request: pytest.FixtureRequest
) -> Iterator[World]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(pg_server, autocommit=True) as connection:
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} ENCODING {} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
            ).format(sql.Identifier(name), sql.Literal(request.param))
        )
    dsn = database_dsn(pg_server, name)
    roles.migrate(dsn)
    with empty_sandbox() as there:
        yield World(there, roles.as_runtime(dsn), plainly(dsn))
    drop_database(pg_server, name)


def test_where_a_character_cannot_be_stored_only_its_ticket_waits(
    world_of_encoding: World, request: pytest.FixtureRequest
) -> None:
    world = world_of_encoding
    is_stored_as_is = "SQL_ASCII" in request.node.callspec.id
    technician = world.add_user("Søren")
    plain = world.add_ticket(status="Open", title="Kein Anschluß", description="Café")
    odd = world.add_ticket(status="Open", title="No light ☎", description="🔥")
    result = world.run()
    assert result.status == ("success" if is_stored_as_is else "partial")
    assert world.local(plain)["title"] == "Kein Anschluß"
    assert list(world.quarantine()) == ([] if is_stored_as_is else [odd])
    world.set_local(plain, status="assigned", assigned_to=technician)
    world.add_note(plain, "Wir kommen später")
    world.edit(plain, title="Läuft wieder")
    assert world.run().status == "success"
    assert world.local(plain)["title"] == "Läuft wieder"
    assert world.notes_at(plain) == ["Wir kommen später"]
    assert world.remote(plain)["status"] == "assigned"
    # It is edited there into something that cannot be stored.
    world.edit(plain, title="Light is back 🔥")
    world.set_local(plain, status="in_progress")
    world.run()
    assert world.remote(plain)["status"] == "in_progress"
    world.edit([plain, odd], title="Light is back", description="at ten")
    world.make_due()
    assert world.run().status == "success"
    assert world.quarantine() == {}
    assert world.local(odd)["title"] == "Light is back"
