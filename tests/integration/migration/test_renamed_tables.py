"""The engine does the same where FibreFlow's tables have other names."""

from dataclasses import replace

import psycopg
import pytest
from qcontact_sync.core.errors import FatalError
from qcontact_sync.jobs import examine, get_status, get_sync_job_history, migrate

from tests.integration.migration.other_names import SCHEMA
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_tickets_notes_and_the_record_flow(world: World):
    adopted = world.add_ticket(status="Open")
    row_id = world.add_local(adopted, status="open")
    created = world.add_ticket(status="New")

    dry = world.run(dry_run=True)
    first = world.run()
    world.add_note(adopted, "We are on our way")
    world.set_local(created, status="resolved")
    world.edit(adopted, title="Edited there")
    second = world.run()

    assert dry.status == first.status == second.status == "success"
    assert world.local(adopted)["id"] == row_id
    assert world.local(adopted)["title"] == "Edited there"
    assert world.patches() == [(created, {"status": "solved"})]
    assert world.notes_at(adopted) == ["We are on our way"]
    history = get_sync_job_history(fibreflow=world.fibreflow_access)
    assert [row.status for row in history] == ["success", "success"]
    assert get_status(world.fibreflow_access, world.settings).pending_outbound == 0
    assert world.audit(created)


def test_migrate_makes_no_table_under_a_name_that_was_mistyped(renamed_db, monkeypatch):
    monkeypatch.setenv("QCONTACT_SYNC_TABLE_TICKETS", "maintenance_tikets")
    with pytest.raises(FatalError, match='there is no table "maintenance_tikets"'):
        migrate(renamed_db)


def test_doctor_names_a_column_that_is_missing_or_of_another_type(renamed_db, monkeypatch):
    with psycopg.connect(renamed_db) as connection:
        connection.execute(b"DROP SCHEMA eyes CASCADE")
        table = b"ALTER TABLE app.maintenance_tickets "
        connection.execute(table + b"DROP COLUMN pon_number")
        connection.execute(table + b"ALTER COLUMN project_id TYPE text")
    monkeypatch.setenv("DATABASE_URL", renamed_db)
    (schema,) = [check for check in examine() if check.name == "schema"]
    assert "app.maintenance_tickets has no column pon_number" in schema.found
    assert "app.maintenance_tickets.project_id has type text" in schema.found


def test_columns_with_other_names_are_reached_through_a_view_of_the_owners(
    world: World, roles, monkeypatch
):
    with psycopg.connect(world.owner) as connection:
        connection.execute(
            b"ALTER TABLE app.maintenance_tickets RENAME COLUMN external_id TO qcontact_id"
        )
        connection.execute(
            b"CREATE VIEW app.sync_tickets AS SELECT id, ticket_uid, source, qcontact_id AS"
            b" external_id, title, description, ticket_type, priority, status, dr_number,"
            b" pole_number, pon_number, project_id, zone_id, address, gps_coordinates, ont_serial,"
            b" assigned_to, created_at, updated_at, closed_at FROM app.maintenance_tickets"
        )
    roles.grant(
        world.owner, replace(SCHEMA, names=replace(SCHEMA.names, tickets="app.sync_tickets"))
    )
    monkeypatch.setenv("QCONTACT_SYNC_TABLE_TICKETS", "app.sync_tickets")
    remote_id = world.add_ticket(status="New")
    world.run()
    world.set_local(remote_id, status="resolved")
    assert world.run().status == "success"
    assert world.patches() == [(remote_id, {"status": "solved"})]
