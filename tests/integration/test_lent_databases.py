"""A database that a test gets is as its template, whoever had it before."""

import psycopg
import pytest

from tests.database import rows
from tests.depth import IS_DEEP
from tests.lent_databases import LentDatabases
from tests.sync_roles import SyncRoles

pytestmark = pytest.mark.integration

TICKET = (
    "INSERT INTO tickets (id, ticket_uid, source, title, ticket_type)"
    " VALUES (gen_random_uuid(), 'FT{}', 'ad_hoc', 'x', 'maintenance')"
)


def test_rows_are_taken_out_and_numbers_begin_anew(lent: LentDatabases, template_db: str) -> None:
    with lent.lend(template_db) as first:
        for number in range(2):
            rows(first, TICKET.format(number))
        counted = rows(first, "SELECT nextval('qcontact_ticket_uid_seq') AS n")
    with lent.lend(template_db) as second:
        assert (first == second) is not IS_DEEP
        assert rows(second, "SELECT FROM tickets") == []
        assert rows(second, "SELECT nextval('qcontact_ticket_uid_seq') AS n") == counted


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE tickets ADD more text",
        "CREATE TRIGGER later BEFORE UPDATE ON tickets"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "DROP INDEX qcontact_note_open_idx",
        "REVOKE SELECT ON tickets FROM {runtime}",
        "GRANT CREATE ON SCHEMA public TO {runtime}",
        "CREATE VIEW seen AS SELECT 1",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE tickets ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE tickets ALTER title SET DEFAULT 'x'",
        "INSERT INTO tickets (id, ticket_uid, source, title, ticket_type) SELECT"
        " gen_random_uuid(), 'FT' || n, 'ad_hoc', 'x', 'maintenance' FROM generate_series(1, 9) n;"
        " ANALYZE tickets",
        "DELETE FROM qcontact_migration",
        "ALTER DATABASE {database} SET lock_timeout = 1",
    ],
    ids=lambda change: change[:20],
)
def test_who_changes_more_than_rows_had_it_alone(
    lent: LentDatabases, template_db: str, roles: SyncRoles, change: str
) -> None:
    with lent.lend(template_db) as first:
        name = first.rpartition("/")[2]
        rows(first, change.format(runtime=roles.runtime, database=name))
    with lent.lend(template_db) as second:
        assert second != first


def test_a_session_that_is_left_has_it_alone(lent: LentDatabases, template_db: str) -> None:
    with lent.lend(template_db) as first:
        left = psycopg.connect(first)
    with lent.lend(template_db) as second:
        assert second != first
    left.close()
