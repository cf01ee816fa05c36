"""FibreFlow's tables are renamed where they are meant, and nowhere else."""

from pathlib import Path

import pytest
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.fibreflow.statements import USUAL, TableNames, renamed
from qcontact_sync.services.wiring import table_names

SQL = Path(__file__).parents[3] / "include" / "sql"
RENAMED = TableNames(tickets="app.maintenance_tickets", users="Person")


@pytest.mark.parametrize("path", sorted(SQL.rglob("*.sql")), ids=lambda path: path.stem)
def test_the_usual_names_change_nothing(path):
    assert renamed(path.read_text(), USUAL) == path.read_text()


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
        ("EXECUTE FUNCTION tickets_touch()", "EXECUTE FUNCTION tickets_touch()"),
        ("ON tickets_other", "ON tickets_other"),
    ],
)
def test_a_table_is_renamed_and_other_words_are_not(text, expected):
    assert renamed(text, RENAMED) == expected


@pytest.mark.parametrize(
    "name", ["tickets; drop", 'a"b', "a.b.c", "1a", "a b", ".a", "a.", "x" * 64, "a\n"]
)
def test_what_is_no_name_is_refused_by_the_settings_name(monkeypatch, name):
    monkeypatch.setenv("QCONTACT_SYNC_TABLE_TICKETS", name)
    with pytest.raises(ConfigError) as refused:
        table_names()
    assert str(refused.value) == ("not a table name, or schema.table: QCONTACT_SYNC_TABLE_TICKETS")
