"""A database that is not as it should be: one sentence, never a traceback, never its password."""

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dev.database.postgres import free_port
from tests.database import tuples as query

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

COMMANDS = ("migrate", "run", "history", "last")


def test_migrate_says_what_it_did_and_can_be_repeated(unmigrated, empty_db):
    first, second = unmigrated("migrate"), unmigrated("migrate")
    assert (first.exit_status, second.exit_status) == (0, 0)
    assert first.stdout.startswith("applied 0001_")
    assert second.stdout == "nothing to do: up to date\n"
    assert query(empty_db, "SELECT count(*) FROM qcontact_migration") != [(0,)]


def test_migrate_needs_no_qcontact(unmigrated):
    assert unmigrated.having(QCONTACT_API_URL="", QCONTACT_API_KEY="")("migrate").exit_status == 0


@pytest.mark.parametrize("command", ["run", "history", "last"])
def test_a_database_without_tables_is_told_to_migrate(unmigrated, command):
    ended = unmigrated(command, "--json")
    assert ended.exit_status == 1
    assert ended.document["error"]["code"] == "DATABASE_ERROR"
    assert "qcontact-sync migrate" in ended.document["error"]["message"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(lambda: {"password": "hunter2"}, "refuses the login", id="wrong-password"),
        pytest.param(lambda: {"dbname": "nowhere"}, "database name", id="wrong-database"),
        pytest.param(
            lambda: {"host": "127.0.0.1", "port": str(free_port()), "password": "hunter2"},
            "no connection to the database",
            id="down",
        ),
    ],
)
def test_an_unusable_database_is_one_sentence(unmigrated, empty_db, command, changes, said):
    dsn = make_conninfo(**{**conninfo_to_dict(empty_db), **changes()})
    ended = unmigrated.having(DATABASE_URL=dsn)(command)
    assert ended.exit_status == 1
    (sentence,) = ended.stderr.splitlines()
    assert said in sentence
    assert "hunter2" not in ended.stdout + ended.stderr
