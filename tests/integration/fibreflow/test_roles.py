"""What the sync's roles may do, and what they may not."""

from collections.abc import Iterator

import psycopg
import pytest
from qcontact_sync.core.built_in import FIBREFLOW
from qcontact_sync.core.errors import FatalError
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema
from qcontact_sync.fibreflow.migrate import migrate
from qcontact_sync.fibreflow.needs import needed_rights
from qcontact_sync.fibreflow.statements import statement
from qcontact_sync.fibreflow.unit_of_work import jsonb

from tests.copies import Copies
from tests.database import rows
from tests.sync_roles import SyncRoles

pytestmark = pytest.mark.integration

APPS_OWN = """
ALTER TABLE users ADD COLUMN password_hash text;
CREATE TABLE invoices (id int);
"""

GRANTED = """
WITH role AS (SELECT %s::regrole AS oid)
SELECT privilege_type || ' ON ' || table_class.oid::regclass
FROM role, pg_class AS table_class, aclexplode(relacl)
WHERE relkind = 'r' AND grantee = role.oid
UNION ALL
SELECT privilege_type || ' (' || attname || ') ON ' || attrelid::regclass
FROM role, pg_attribute, aclexplode(attacl)
WHERE grantee = role.oid
"""


def missing_rights(connection: psycopg.Connection) -> list[tuple[str, str]]:
    params = {"needed": jsonb(needed_rights(USUAL))}
    return connection.execute(statement("missing_rights").encode(), params).fetchall()


@pytest.fixture
def fibreflow(fibreflow_db: str) -> str:
    """A migrated database that holds more than the sync's business; its owner's DSN."""
    rows(fibreflow_db, APPS_OWN)
    return fibreflow_db


@pytest.fixture(scope="module")
def untouched(copies: Copies, template_db: str) -> Iterator[str]:
    """One for all tests that change nothing in it."""
    with copies.copy(template_db) as owner:
        rows(owner, APPS_OWN)
        yield owner


def test_the_runtime_role_lacks_nothing_that_doctor_asks_for(fibreflow: str, roles: SyncRoles):
    with psycopg.connect(roles.as_runtime(fibreflow)) as connection:
        assert missing_rights(connection) == []


def test_every_right_that_is_taken_away_is_missed(fibreflow: str, roles: SyncRoles):
    """What the script grants beyond doctor's list would go unnoticed here, and fails."""
    unnoticed = []
    with (
        psycopg.connect(fibreflow, autocommit=True) as owner,
        psycopg.connect(roles.as_runtime(fibreflow), autocommit=True) as runtime,
    ):
        granted = owner.execute(GRANTED, [roles.runtime]).fetchall()
        assert len(granted) > 80
        for (right,) in granted:
            owner.execute(f"REVOKE {right} FROM {roles.runtime}")
            if not missing_rights(runtime):
                unnoticed.append(right)
            owner.execute(f"GRANT {right} TO {roles.runtime}")
    assert unnoticed == []


@pytest.mark.parametrize(
    "beyond",
    [
        "DELETE FROM tickets",
        "UPDATE tickets SET ticket_uid = 'FT1'",
        "UPDATE tickets SET external_id = '1'",
        "UPDATE tickets SET created_by = NULL",
        "TRUNCATE tickets",
        "UPDATE ticket_notes SET content = ''",
        "INSERT INTO ticket_notes (ticket_id, content) VALUES (gen_random_uuid(), '')",
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "UPDATE users SET full_name = ''",
        "UPDATE qcontact_sync_log SET status = 'success'",
        "DELETE FROM qcontact_sync_log",
        "DELETE FROM sync_job_history",
        "DELETE FROM qcontact_ticket_link",
        "DELETE FROM qcontact_migration",
        "INSERT INTO qcontact_migration VALUES (9999, '9999_later', 'x', now())",
        "SELECT FROM invoices",
        "CREATE TABLE more ()",
        "ALTER TABLE tickets ADD COLUMN more int",
        "ALTER TABLE qcontact_run ADD COLUMN more int",
        "DROP TABLE qcontact_run",
        "CREATE INDEX ON tickets (title)",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE tickets DISABLE TRIGGER ALL",
        "CREATE ROLE more",
        "CREATE SCHEMA more",
        "COPY tickets TO PROGRAM 'cat'",
    ],
)
def test_the_runtime_role_may_do_no_more(untouched: str, roles: SyncRoles, beyond: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(roles.as_runtime(untouched), beyond)


@pytest.mark.parametrize(
    "beyond",
    ["CREATE ROLE more", "CREATE SCHEMA more", "DROP TABLE invoices", "SELECT FROM invoices"],
)
def test_the_migrator_may_touch_nothing_but_tables_of_its_own(
    untouched: str, roles: SyncRoles, beyond: str
):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(roles.as_migrator(untouched), beyond)


def test_the_script_makes_the_roles_where_they_are_missing(empty_db: str):
    mark = empty_db.rpartition("_")[2][:12]
    made = SyncRoles(f"new_migrator_{mark}", f'new "runtime" {mark}', "")
    made.grant(empty_db)
    with psycopg.connect(empty_db) as connection:
        names = [made.migrator, made.runtime]
        found = connection.execute(
            "SELECT bool_and(rolcanlogin AND NOT (rolsuper OR rolcreaterole OR rolcreatedb))"
            " FROM pg_roles WHERE rolname = ANY(%s) HAVING count(*) = 2",
            [names],
        ).fetchone()
        for name in names:
            quoted = psycopg.sql.Identifier(name)
            connection.execute(psycopg.sql.SQL("DROP OWNED BY {}").format(quoted))
            connection.execute(psycopg.sql.SQL("DROP ROLE {}").format(quoted))
    assert found == (True,)


def test_tables_that_another_role_made_come_to_the_migrator(fibreflow: str, roles: SyncRoles):
    rows(fibreflow, "ALTER TABLE qcontact_run OWNER TO CURRENT_USER")
    rows(fibreflow, "ALTER SEQUENCE qcontact_ticket_uid_seq OWNER TO CURRENT_USER")
    roles.grant(fibreflow)
    rows(roles.as_migrator(fibreflow), "ALTER TABLE qcontact_run ADD COLUMN more int")
    rows(roles.as_migrator(fibreflow), "ALTER SEQUENCE qcontact_ticket_uid_seq CACHE 1")


def test_a_table_of_the_apps_that_is_called_like_the_syncs_own_stays_the_apps(
    empty_db: str, roles: SyncRoles
):
    rows(empty_db, "CREATE TABLE qcontact_ticket_notes ()")
    roles.grant(empty_db, HostSchema.of_lineage(FIBREFLOW, ticket_notes="qcontact_ticket_notes"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(roles.as_migrator(empty_db), "DROP TABLE qcontact_ticket_notes")
    rows(roles.as_runtime(empty_db), "SELECT FROM qcontact_ticket_notes")


def test_a_table_of_the_apps_that_begins_like_the_syncs_own_stays_the_apps(
    fibreflow: str, roles: SyncRoles
):
    rows(fibreflow, "CREATE TABLE qcontact_exports (); CREATE SEQUENCE qcontact_exports_seq")
    roles.grant(fibreflow)
    for statement_ in ("DROP TABLE qcontact_exports", "DROP SEQUENCE qcontact_exports_seq"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(roles.as_migrator(fibreflow), statement_)


def test_every_table_of_the_syncs_own_comes_to_the_migrator(empty_db: str, roles: SyncRoles):
    """All that the migrations make, so that the script's list of names is complete."""
    migrate(empty_db)
    roles.grant(empty_db)
    with psycopg.connect(empty_db) as connection:
        others = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'S') "
            "AND relnamespace = 'public'::regnamespace AND relname LIKE 'qcontact\\_%%' "
            "AND relname <> 'qcontact_sync_log' AND pg_get_userbyid(relowner) <> %s "
            "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'i')",
            [roles.migrator],
        ).fetchall()
    assert others == []


def test_every_function_of_the_syncs_own_comes_to_the_migrator(empty_db: str, roles: SyncRoles):
    """They write as their owner, who must be the one of the tables that they write."""
    migrate(empty_db)
    roles.grant(empty_db)
    made = rows(
        empty_db,
        "SELECT pg_get_userbyid(proowner) AS owner FROM pg_proc WHERE proname LIKE 'qcontact\\_%%'",
    )
    assert [row["owner"] for row in made] == [roles.migrator] * 2


def test_migrate_with_nothing_to_do_needs_no_right_of_the_migrator(
    fibreflow: str, roles: SyncRoles
):
    assert migrate(roles.as_runtime(fibreflow)) == []


def test_migrate_with_something_to_do_is_refused_to_the_runtime_role(
    fibreflow: str, roles: SyncRoles
):
    rows(fibreflow, "DELETE FROM qcontact_migration WHERE number = 4")
    with pytest.raises(FatalError, match="42501"):
        migrate(roles.as_runtime(fibreflow))


def test_notes_may_be_added_only_where_they_are_received(fibreflow: str, roles: SyncRoles):
    insert = (
        "INSERT INTO ticket_notes (id, ticket_id, note_type, content)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'client', 'text')"
    )
    params = {"needed": jsonb(needed_rights(USUAL, inbound_notes="notes"))}
    missing = statement("missing_rights").encode()
    with psycopg.connect(roles.as_runtime(fibreflow), autocommit=True) as runtime:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            runtime.execute(insert)
        assert runtime.execute(missing, params).fetchall() == [("ticket_notes", "INSERT")]
        roles.grant(fibreflow, inbound_notes="notes")
        assert runtime.execute(missing, params).fetchall() == []
        runtime.execute(insert)
