"""The schema: ours always, FibreFlow's only where it is missing, never altered."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import ApiKey, FibreFlowAccess, QContactAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.fibreflow import migrate as migrations_module
from qcontact_sync.fibreflow.migrate import Migration, SchemaMismatch, migrate, migrations
from qcontact_sync.fibreflow.statements import sql_folder
from qcontact_sync.jobs import get_sync_job_history, run_sync_job

from dev.database.pg_binaries import find_bindir
from dev.database.postgres import database_dsn
from tests.database import rows

NO_QCONTACT = QContactAccess("http://127.0.0.1:9", ApiKey(SecretStr("key")))
pytestmark = pytest.mark.integration

FIBREFLOW = (Path(__file__).parents[1] / "fibreflow_app.sql").read_text()
CATALOG = {
    "columns": """
        SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length,
               column_default, is_nullable
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE 'qcontact\\_%%'
           OR table_name = 'qcontact_sync_log'
        ORDER BY table_name, ordinal_position
    """,
    "constraints": """
        SELECT conrelid::regclass::text AS table_name, conname, pg_get_constraintdef(oid) AS def
        FROM pg_constraint WHERE conrelid::regclass::text = ANY(%(tables)s) ORDER BY 1, 2
    """,
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE tablename = ANY(%(tables)s) ORDER BY 1, 2
    """,
    "triggers": """
        SELECT tgrelid::regclass::text AS table_name, tgname, pg_get_triggerdef(oid) AS def
        FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
    """,
    "functions": """
        SELECT proname, prosrc FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE 'qcontact\\_%%'
        ORDER BY proname
    """,
    "owners": """
        SELECT tablename, tableowner FROM pg_tables WHERE tablename = ANY(%(tables)s) ORDER BY 1
    """,
}
FIBREFLOWS = ["tickets", "ticket_notes", "users", "qcontact_sync_log", "sync_job_history"]


def catalog(database: str) -> dict[str, list[dict[str, Any]]]:
    return {name: rows(database, query, {"tables": FIBREFLOWS}) for name, query in CATALOG.items()}


def content(database: str) -> dict[str, list[dict[str, Any]]]:
    query = "SELECT xmin::text, t::text AS whole FROM {} AS t ORDER BY 2"
    return {table: rows(database, query.format(table)) for table in FIBREFLOWS}


def names() -> list[str]:
    return [migration.name for migration in migrations()]


def ledger(database: str) -> list[str]:
    applied = rows(database, "SELECT name FROM qcontact_migration ORDER BY number")
    return [row["name"] for row in applied]


def psql(database: str) -> None:
    for migration in sorted((sql_folder() / "migrations").glob("*.sql")):
        subprocess.run(
            [find_bindir() / "psql", database, "-v", "ON_ERROR_STOP=1", "-q", "-f", migration],
            check=True,
            capture_output=True,
        )


def test_an_empty_database_gets_every_table(empty_db: str):
    assert migrate(empty_db) == names()
    assert ledger(empty_db) == names()
    tables = {row["tablename"] for row in rows(empty_db, "SELECT tablename FROM pg_tables")}
    assert tables >= {*FIBREFLOWS, "qcontact_ticket_link", "qcontact_run", "qcontact_lease"}


def test_a_second_time_changes_nothing(empty_db: str):
    migrate(empty_db)
    before = catalog(empty_db)
    assert migrate(empty_db) == []
    assert catalog(empty_db) == before


def test_twice_at_once_applies_each_file_once(empty_db: str):
    applied: list[list[str]] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        applied.append(migrate(empty_db))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(len, applied)) == [0, 0, 0, len(names())]
    assert ledger(empty_db) == names()


def test_fibreflows_own_tables_rows_and_triggers_stay_as_they_are(empty_db: str):
    rows(empty_db, FIBREFLOW)
    schema, data = catalog(empty_db), content(empty_db)
    migrate(empty_db)
    assert catalog(empty_db) == schema
    assert content(empty_db) == data


@pytest.mark.parametrize("table", FIBREFLOWS)
def test_a_single_table_that_is_missing_is_made(empty_db: str, table: str):
    rows(empty_db, FIBREFLOW)
    rows(empty_db, f"DROP TABLE {table} CASCADE")
    migrate(empty_db)
    assert rows(empty_db, f"SELECT count(*) AS rows FROM {table}") == [{"rows": 0}]


def test_the_files_work_with_plain_psql(empty_db: str):
    psql(empty_db)
    made = catalog(empty_db)
    psql(empty_db)
    assert catalog(empty_db) == made


def test_after_plain_psql_migrate_has_only_to_note_it(empty_db: str):
    psql(empty_db)
    migrate(empty_db)
    assert ledger(empty_db) == names()


def test_plain_psql_and_migrate_make_the_same_schema(empty_db: str, template_db: str):
    query = """
        SELECT table_name, column_name, data_type, column_default, is_nullable
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'qcontact_migration' ORDER BY 1, 2
    """
    psql(empty_db)
    assert rows(empty_db, query) == rows(database_dsn(empty_db, template_db), query)


def test_an_applied_file_that_was_edited_is_refused(empty_db: str):
    migrate(empty_db)
    rows(empty_db, "UPDATE qcontact_migration SET checksum = 'another' WHERE number = 2")
    with pytest.raises(SchemaMismatch, match=r"0002_\w+ was edited"):
        migrate(empty_db)


def be_ahead(database: str, works_from: int | None) -> None:
    """As a later version leaves it."""
    migrate(database)
    value = "NULL" if works_from is None else str(works_from)
    rows(
        database, f"INSERT INTO qcontact_migration VALUES (9999, '9999_later', 'x', now(), {value})"
    )


def test_schema_with_additions_of_a_later_release_is_accepted(empty_db: str):
    be_ahead(empty_db, None)
    assert migrate(empty_db) == []
    assert list(get_sync_job_history(fibreflow=access(empty_db))) == []


def test_a_database_that_needs_later_code_is_refused(empty_db: str):
    be_ahead(empty_db, 9998)
    with pytest.raises(SchemaMismatch, match=r"9999.*upgrade qcontact-sync"):
        migrate(empty_db)
    with pytest.raises(SchemaMismatch, match="upgrade qcontact-sync"):
        run_sync_job(fibreflow=access(empty_db), qcontact=NO_QCONTACT, settings=Settings())


def test_a_file_says_which_code_it_needs():
    needs = Migration(
        9, "0009_drop", "-- Drops a column.\n-- works with code from: 0008\nSELECT 1;"
    )
    assert needs.works_from == 8
    assert Migration(9, "0009_add", "-- Adds a column.\nSELECT 1;").works_from is None


def test_the_list_of_an_earlier_version_is_widened(empty_db: str):
    migrate(empty_db)
    rows(empty_db, "ALTER TABLE qcontact_migration DROP COLUMN works_from")
    assert list(get_sync_job_history(fibreflow=access(empty_db))) == []
    migrate(empty_db)
    assert rows(empty_db, "SELECT DISTINCT works_from FROM qcontact_migration") == [
        {"works_from": None}
    ]


def test_a_file_that_fails_leaves_nothing_behind(empty_db: str, monkeypatch: pytest.MonkeyPatch):
    broken = Migration(3, "0003_broken", "CREATE TABLE half (); SELECT no_such_function();")
    known = [*migrations(), broken]
    monkeypatch.setattr(migrations_module, "migrations", lambda: known)
    with pytest.raises(Exception, match="42883"):
        migrate(empty_db)
    assert rows(
        empty_db, "SELECT to_regclass('half') AS half, to_regclass('qcontact_run') AS run"
    ) == [{"half": None, "run": None}]


def access(database: str) -> FibreFlowAccess:
    return FibreFlowAccess(SecretStr(database))


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(
            lambda db: run_sync_job(
                fibreflow=access(db), qcontact=NO_QCONTACT, settings=Settings()
            ),
            id="run",
        ),
        pytest.param(lambda db: get_sync_job_history(fibreflow=access(db)), id="history"),
    ],
)
def test_an_unmigrated_database_is_refused_with_what_to_do(
    empty_db: str, use: Callable[[str], object]
):
    with pytest.raises(SyncError, match="qcontact-sync migrate") as refused:
        use(empty_db)
    assert refused.value.code is ErrorCode.DATABASE_ERROR


def test_a_database_that_is_behind_is_refused_with_what_to_do(empty_db: str):
    migrate(empty_db)
    rows(empty_db, "DELETE FROM qcontact_migration WHERE number = 2")
    with pytest.raises(SchemaMismatch, match=r"0002.*run `qcontact-sync migrate`"):
        run_sync_job(fibreflow=access(empty_db), qcontact=NO_QCONTACT, settings=Settings())


def test_unreachable_database_is_reported():
    nowhere = "postgresql://nobody@127.0.0.1:9/none?connect_timeout=2"
    with pytest.raises(SyncError, match="no connection to the database") as refused:
        run_sync_job(fibreflow=access(nowhere), qcontact=NO_QCONTACT, settings=Settings())
    assert refused.value.code is ErrorCode.DATABASE_ERROR
