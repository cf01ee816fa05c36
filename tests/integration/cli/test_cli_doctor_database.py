"""``qcontact-sync doctor`` blames what is wrong with the database, and says what to do about it."""

import socket
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from qcontact_sync.jobs import examine

from dev.database.postgres import free_port
from tests.change_triggers import add_triggers
from tests.database import rows
from tests.integration.cli.test_cli_doctor import checks

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def mute() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def database_check(program, address: str) -> dict[str, str]:
    ended = program.having(DATABASE_URL=address)("doctor", "--json")
    found = checks(ended)["database"]
    assert found["state"] == "failed"
    assert "hunter2" not in ended.stdout + ended.stderr
    return found


def test_a_database_where_nothing_listens(program):
    found = database_check(program, f"postgresql://u:hunter2@127.0.0.1:{free_port()}/x")
    assert "nothing listens at its host and port" in found["found"]
    assert "start PostgreSQL there" in found["advice"]


def test_a_host_that_has_no_address(program):
    found = database_check(program, "postgresql://u:hunter2@no-such-host.invalid/x")
    assert "its host name is not known" in found["found"]
    assert "correct the host" in found["advice"]


def test_a_port_where_no_postgresql_answers(program, mute):
    found = database_check(program, f"postgresql://u:hunter2@127.0.0.1:{mute}/x?connect_timeout=2")
    assert "no PostgreSQL answers there" in found["found"]
    assert "correct the port" in found["advice"]


def test_a_password_that_is_wrong_or_missing(program):
    address = conninfo_to_dict(program.environment["DATABASE_URL"])
    wrong = database_check(program, make_conninfo(**{**address, "password": "hunter2"}))
    assert "refuses the user or the password" in wrong["found"]
    del address["password"]
    missing = database_check(program, make_conninfo(**address))
    assert "asks for a password, and none is given" in missing["found"]


def test_a_database_that_does_not_exist(program):
    given = program.environment["DATABASE_URL"]
    found = database_check(program, make_conninfo(given, dbname="no_such_database"))
    assert "has no such database" in found["found"]
    assert "correct the database's name" in found["advice"]


def test_one_check_without_an_answer_hides_no_other(program, fibreflow_db, monkeypatch):
    for name in ("DATABASE_URL", "QCONTACT_API_URL", "QCONTACT_API_KEY"):
        monkeypatch.setenv(name, program.environment[name])
    with psycopg.connect(fibreflow_db) as other:
        other.execute("LOCK TABLE qcontact_migration")
        found = {check.name: check.state for check in examine(patience_s=0.5)}
    assert found["schema"] == "failed"
    assert {found[name] for name in ("database", "rights", "QContact")} == {"ok"}


def test_a_setting_that_cannot_be_used_has_its_reason_in_plain_words(program):
    wrong = {
        "QCONTACT_SYNC_CONNECTIONS": "many",
        "QCONTACT_SYNC_REOPEN": "hunter2",
        "QCONTACT_SYNC_TIMEZONE": "Mars",
    }
    found = checks(program.having(**wrong)("doctor", "--json"))["settings"]["found"]
    assert "QCONTACT_SYNC_CONNECTIONS: must be a whole number" in found
    assert "QCONTACT_SYNC_REOPEN: must be 'review' or 'follow'" in found
    assert "QCONTACT_SYNC_TIMEZONE: not a time zone name" in found
    assert "hunter2" not in found
    assert "Value error" not in found


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ("", "ok", "on; all tickets were compared at"),
        ("ALTER TABLE tickets DISABLE TRIGGER ALL", "warning", "missing, disabled or cannot work"),
        ("UPDATE qcontact_full_comparison SET compared_at = '2026-01-01'", "warning", "pile up"),
    ],
)
def test_an_optional_change_mark_is_told_with_its_state(program, fibreflow_db, change, state, said):
    add_triggers(fibreflow_db)
    program("run", "--direction", "outbound")
    if change:
        rows(fibreflow_db, change)
    mark = checks(program("doctor", "--json"))["change mark"]
    assert (mark["state"], said in mark["found"]) == (state, True)
