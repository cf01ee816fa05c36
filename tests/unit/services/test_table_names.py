"""FibreFlow's tables are renamed where they are meant, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.columns import Column
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema, with_columns
from qcontact_sync.fibreflow.statements import adapted, statement
from qcontact_sync.services.wiring import host_schema

SQL = Path(__file__).parents[3] / "include" / "sql"
RENAMED = HostSchema.of_lineage("fibreflow", tickets="app.maintenance_tickets", users="Person")


@pytest.mark.parametrize("path", sorted(SQL.glob("[qm]*/*.sql")), ids=lambda path: path.stem)
def test_the_usual_names_change_nothing(path):
    assert adapted(path.read_text(), USUAL) == path.read_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM tickets AS ticket", 'FROM "app"."maintenance_tickets" AS ticket'),
        ("JOIN\n    users", 'JOIN\n    "Person"'),
        ("WHERE tickets.id", 'WHERE "app"."maintenance_tickets".id'),
        ("to_regclass('users')", "to_regclass('\"Person\"')"),
        ("BEFORE UPDATE ON tickets", 'BEFORE UPDATE ON "app"."maintenance_tickets"'),
        ("count(*) AS tickets ORDER BY tickets DESC", "count(*) AS tickets ORDER BY tickets DESC"),
        ("FROM ticket_notes", "FROM ticket_notes"),
        ("NULL::tickets,", 'NULL::"app"."maintenance_tickets",'),
        ("EXECUTE FUNCTION tickets_touch()", "EXECUTE FUNCTION tickets_touch()"),
        ("ON tickets_other", "ON tickets_other"),
    ],
)
def test_a_table_is_renamed_and_other_words_are_not(text, expected):
    assert adapted(text, RENAMED) == expected


@pytest.mark.parametrize(
    "name", ["tickets; drop", 'a"b', "a.b.c", "1a", "a b", ".a", "a.", "x" * 64, "a\n"]
)
def test_what_is_no_name_is_refused_by_the_settings_name(monkeypatch, name):
    monkeypatch.setenv("QCONTACT_SYNC_TABLE_TICKETS", name)
    with pytest.raises(ConfigError) as refused:
        host_schema()
    assert str(refused.value) == ("not a table name, or schema.table: QCONTACT_SYNC_TABLE_TICKETS")


MAINTENANCE = HostSchema.of_lineage("maintenance", tickets="app.jobs")


def test_a_lineage_is_read_through_its_select_and_written_by_name():
    assert adapted("UPDATE tickets SET", MAINTENANCE) == 'UPDATE "app"."jobs" SET'
    reads = adapted("FROM tickets\nWHERE tickets.id = 1", MAINTENANCE)
    assert reads.startswith("FROM (\nSELECT\n    id,")
    assert reads.endswith('FROM "app"."jobs"\n) AS tickets\nWHERE tickets.id = 1')
    joined = adapted("JOIN tickets ON tickets.id = 1", MAINTENANCE)
    assert joined.endswith(") AS tickets ON tickets.id = 1")
    notes = adapted("JOIN ticket_notes AS note", MAINTENANCE)
    assert notes.endswith("FROM maintenance_notes\n) AS note")


def test_columns_that_only_a_mapping_names_are_written_out():
    column = Column("client_name", "customer_name")
    mapping = replace(TICKETS, columns=(*TICKETS.columns, column), constants={"created_by": "x"})
    schema = with_columns(USUAL, mapping)
    written = statement("write_tickets", schema)
    assert 'closed_at , "client_name", "created_by"' in written
    assert '"client_name" = more_of_old."client_name"' in written
    assert "created_by" not in written.partition("UPDATE")[2]
    assert ', "client_name"::text' in statement("lock_tickets", schema)


def test_without_such_columns_nothing_is_read_for_them():
    assert "populate" not in statement("write_tickets")


def test_another_lineage_in_the_same_process_is_seen(monkeypatch):
    monkeypatch.setenv("QCONTACT_SYNC_SCHEMA", "maintenance")
    assert host_schema() == HostSchema.of_lineage("maintenance")
    monkeypatch.delenv("QCONTACT_SYNC_SCHEMA")
    assert host_schema() == USUAL
