"""What the call centre writes, as rows of the application's activities: once each, in order, with
author and time as QContact has them, never ours.
"""

from datetime import datetime
from subprocess import CalledProcessError
from typing import Any

import psycopg
import pytest
from qcontact_sync import jobs
from qcontact_sync.core.errors import FatalError
from qcontact_sync.fibreflow.needs import needed_rights
from qcontact_sync.fibreflow.statements import statement
from qcontact_sync.fibreflow.unit_of_work import jsonb

from tests.integration.fibreflow.test_roles import GRANTED
from tests.integration.lineage.maintenance import SCHEMA
from tests.integration.sync.test_received_notes import write_there
from tests.integration.sync_world import World
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture(params=["tickets", "entities"])
def both(request: pytest.FixtureRequest, maintenance_db: str, roles: SyncRoles) -> World:
    """A sync with the least rights for it."""
    roles.grant(maintenance_db, SCHEMA, inbound_notes="activities")
    world = request.getfixturevalue("world" if request.param == "tickets" else "tenant")
    world.configure(inbound_notes="activities")
    return world


@pytest.fixture
def linked(both: World) -> str:
    ticket = both.add_ticket(status="Open")
    both.run()
    return ticket


def activities(world: World) -> list[dict[str, Any]]:
    return world.rows("SELECT * FROM maintenance_activities ORDER BY external_timestamp, id")


def listed_ids(world: World, ticket: str) -> list[str]:
    """The ids under which QContact lists a ticket's notes: with a tenant those of events."""
    if world.sandbox.dialect == "tickets":
        return [note["id"] for note in world.qcontact.notes(ticket)]
    case = world.qcontact.store.current(ticket)
    assert case is not None
    return [str(e.id) for e in world.qcontact.events.of(case) if e.type == "note"]


def texts(world: World) -> list[str]:
    return [row["description"] for row in activities(world)]


def test_notes_come_in_once_each_in_order_with_author_and_time(both: World, linked: str) -> None:
    write_there(both, linked, "Rang the customer")
    write_there(both, linked, "Line is down", is_internal=True)
    for ticket_ids in ([], [], [linked]):
        both.run(ticket_ids=ticket_ids)
    made, there = activities(both), both.qcontact.notes(linked)
    assert texts(both) == ["Rang the customer", "Line is down"]
    assert [row["external_timestamp"] for row in made] == [
        datetime.fromisoformat(note["created_at"]) for note in there
    ]
    assert all(row["created_by_name"] for row in made)
    assert [row["external_id"] for row in made] == [f"qc-{i}" for i in listed_ids(both, linked)]
    assert {row["activity_type"] for row in made} == {"note"}
    assert both.value("SELECT count(*) FROM maintenance_notes") == 0
    shown = jobs.explain_ticket(*both.sides, both.settings, linked).timeline
    assert [(e.at, e.details) for e in shown if e.what == "note written to FibreFlow"] == [
        (made[1]["external_timestamp"], "internal"), (made[0]["external_timestamp"], "public"),
    ]  # fmt: skip


def test_our_own_notes_come_back_as_no_activity_and_theirs_are_not_sent(
    both: World, linked: str
) -> None:
    both.configure(internal_notes="send")
    both.add_note(linked, "From the field")
    both.add_note(linked, "For the call centre", "internal")
    both.run()
    write_there(both, linked, "Rang the customer")
    both.run()
    both.run()
    assert texts(both) == ["Rang the customer"]
    assert len([method for _, method, _ in both.sent() if method == "POST"]) == 2


def test_an_activity_that_the_application_brought_in_is_not_doubled(
    both: World, linked: str
) -> None:
    write_there(both, linked, "Rang the customer")
    (note,) = listed_ids(both, linked)
    both.execute(
        "INSERT INTO maintenance_activities (ticket_id, external_id, activity_type, description)"
        " SELECT id, %s, 'note', 'as the application had it' FROM maintenance_tickets",
        f"qc-{note}",
    )
    both.run()
    assert texts(both) == ["as the application had it"]


def test_a_note_comes_in_once_where_the_setting_changes(
    both: World, linked: str, maintenance_db: str, roles: SyncRoles
) -> None:
    write_there(both, linked, "Rang the customer")
    both.run()
    roles.grant(maintenance_db, SCHEMA, inbound_notes="notes")
    both.configure(inbound_notes="notes")
    write_there(both, linked, "Line is down")
    both.run(ticket_ids=[linked])
    assert texts(both) == ["Rang the customer"]
    assert both.value("SELECT count(*) FROM maintenance_notes") == 1


def test_an_activity_that_the_table_refuses_waits_and_the_others_come(both: World) -> None:
    tickets = [both.add_ticket(status="Open") for _ in range(2)]
    both.run()
    both.execute(
        "ALTER TABLE maintenance_activities ADD CONSTRAINT no_line CHECK (description <> 'refused')"
    )
    for ticket, text in zip(tickets, ("refused", "taken"), strict=True):
        write_there(both, ticket, text)
    both.run()
    assert (texts(both), set(both.quarantine())) == (["taken"], {tickets[0]})
    both.execute("ALTER TABLE maintenance_activities DROP CONSTRAINT no_line")
    both.make_due()
    both.run()
    assert (sorted(texts(both)), both.quarantine()) == (["refused", "taken"], {})


def test_a_database_without_the_table_stops_the_run_by_name(world: World) -> None:
    world.configure(inbound_notes="activities")
    world.execute("DROP TABLE maintenance_activities")
    with pytest.raises(FatalError, match="there is no table maintenance_activities"):
        world.run()


def missing(connection: psycopg.Connection) -> set[str]:
    needed = jsonb(needed_rights(SCHEMA, inbound_notes="activities"))
    found = connection.execute(statement("missing_rights", SCHEMA).encode(), {"needed": needed})
    return {" ".join(row) for row in found.fetchall()}


def test_doctor_misses_each_right_that_the_role_lacks(
    maintenance_db: str, roles: SyncRoles
) -> None:
    with (
        psycopg.connect(maintenance_db, autocommit=True) as owner,
        psycopg.connect(roles.as_runtime(maintenance_db), autocommit=True) as runtime,
    ):
        of_it = {"maintenance_activities INSERT", "maintenance_activities SELECT"}
        assert missing(runtime) == of_it
        roles.grant(maintenance_db, SCHEMA, inbound_notes="activities")
        assert missing(runtime) == set()
        granted = [row[0] for row in owner.execute(GRANTED, [roles.runtime]).fetchall()]
        for right in (one for one in granted if one.endswith("ON maintenance_activities")):
            owner.execute(f"REVOKE {right} FROM {roles.runtime}")
            assert missing(runtime) <= of_it, right
            assert missing(runtime), right
            owner.execute(f"GRANT {right} TO {roles.runtime}")


def test_the_role_may_do_no_more_with_activities(maintenance_db: str, roles: SyncRoles) -> None:
    roles.grant(maintenance_db, SCHEMA, inbound_notes="activities")
    with psycopg.connect(roles.as_runtime(maintenance_db), autocommit=True) as runtime:
        for beyond in (
            "UPDATE maintenance_activities SET description = ''",
            "DELETE FROM maintenance_activities",
            "INSERT INTO maintenance_notes (id, ticket_id, note_type, visibility, content)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), 'client', 'public', '')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute(beyond.encode())


def test_the_script_grants_no_activities_in_the_usual_schema(
    empty_db: str, roles: SyncRoles
) -> None:
    with pytest.raises(CalledProcessError) as refused:
        roles.grant(empty_db, inbound_notes="activities")
    assert b"in the lineage maintenance activities" in refused.value.stderr
