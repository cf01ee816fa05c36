"""``qcontact-sync doctor``: each thing that can be wrong is named, with what to do."""

import json
import os
import shlex

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from qcontact_sync.reporting.airflow_releases import LACKS, named

from tests.database import tuples as query
from tests.integration.cli.command_line import edit_there

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def checks(ended):
    assert ended.exit_status == (0 if ended.document["is_healthy"] else 1)
    return {check["name"]: check for check in ended.document["checks"]}


def states(ended):
    return {name: check["state"] for name, check in checks(ended).items()}


def test_where_all_is_well_every_check_is_ok(program):
    assert states(program("doctor", "--json")) == {
        "settings": "ok",
        "database": "ok",
        "database clock": "ok",
        "schema": "ok",
        "rights": "ok",
        "tables": "ok",
        "tables adapted": "ok",
        "QContact": "ok",
        "QContact clock": "ok",
        "Airflow": "skipped",
    }


def test_people_get_a_table(program):
    ended = program("doctor")
    assert ended.exit_status == 0
    assert "up to date" in ended.stdout


def test_nothing_is_written(program, fibreflow_db, qcontact):
    program("doctor")
    assert query(fibreflow_db, "SELECT count(*) FROM sync_job_history") == [(0,)]
    assert not qcontact.world.journal


@pytest.mark.parametrize(
    ("environment", "failed", "said"),
    [
        pytest.param({"DATABASE_URL": ""}, "database", "DATABASE_URL", id="no-database"),
        pytest.param({"QCONTACT_API_KEY": "x"}, "QContact", "QCONTACT_API_KEY", id="wrong-key"),
        pytest.param(
            {"QCONTACT_API_URL": "http://127.0.0.1:9"},
            "QContact",
            "QCONTACT_API_URL",
            id="no-qcontact",
        ),
        pytest.param(
            {"QCONTACT_SYNC_OVERLAP_S": "-1"},
            "settings",
            "QCONTACT_SYNC_OVERLAP_S",
            id="bad-setting",
        ),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_is_still_checked(program, environment, failed, said):
    found = checks(program.having(**environment)("doctor", "--json"))
    assert [name for name, check in found.items() if check["state"] == "failed"] == [failed]
    assert said in found[failed]["found"] + (found[failed]["advice"] or "")
    assert {"settings", "database", "QContact", "Airflow"} <= found.keys()


def test_a_mistyped_setting_is_a_warning(program):
    ended = program.having(QCONTACT_SYNC_OVERLAP="60")("doctor", "--json")
    assert ended.exit_status == 0
    settings = checks(ended)["settings"]
    assert (settings["state"], "QCONTACT_SYNC_OVERLAP" in settings["found"]) == ("warning", True)


def test_a_schema_that_is_behind_is_told_to_migrate(unmigrated):
    schema = checks(unmigrated("doctor", "--json"))["schema"]
    assert schema["state"] == "failed"
    assert "run `qcontact-sync migrate`" in schema["found"]


@pytest.mark.parametrize(("offset_s", "state"), [(0, "ok"), (3600, "warning"), (-3600, "warning")])
def test_a_remote_clock_that_is_off_is_shown_and_does_not_fail(program, qcontact, offset_s, state):
    qcontact.world.switch(clock_offset_s=offset_s)
    ended = program("doctor", "--json")
    assert ended.exit_status == 0
    assert states(ended)["QContact clock"] == state


def test_a_database_elsewhere_that_does_not_prove_itself_is_a_warning(program, roles, fibreflow_db):
    """Elsewhere by its name; its address is this machine's."""
    elsewhere = {"host": "db.example.test", "hostaddr": "127.0.0.1", "sslmode": "prefer"}
    dsn = make_conninfo(**{**conninfo_to_dict(roles.as_runtime(fibreflow_db)), **elsewhere})
    ended = program.having(DATABASE_URL=dsn)("doctor", "--json")
    assert ended.exit_status == 0
    assert states(ended)["database TLS"] == "warning"


def test_a_database_elsewhere_must_prove_itself_where_nothing_else_is_said(
    program, roles, fibreflow_db
):
    elsewhere = {"host": "db.example.test", "hostaddr": "127.0.0.1"}
    dsn = make_conninfo(**{**conninfo_to_dict(roles.as_runtime(fibreflow_db)), **elsewhere})
    database = checks(program.having(DATABASE_URL=dsn)("doctor", "--json"))["database"]
    assert database["state"] == "failed"
    assert "offers no TLS: switch it on there, or set sslmode" in database["found"]


def test_an_api_key_that_goes_elsewhere_in_the_clear_is_a_warning(program):
    url = "http://qcontact.invalid"
    found = states(program.having(QCONTACT_API_URL=url)("doctor", "--json"))
    assert (found["QContact"], found["QContact TLS"]) == ("failed", "warning")


@pytest.mark.parametrize("url", ["http://[::1", "https://qcontact..invalid", f"https://{'a' * 64}"])
def test_a_malformed_address_is_named_and_ends_no_check(program, url):
    qcontact = checks(program.having(QCONTACT_API_URL=url)("doctor", "--json"))["QContact"]
    assert qcontact["state"] == "failed"
    assert "QCONTACT_API_URL" in qcontact["found"]


@pytest.mark.parametrize(
    ("secret", "state"),
    [("x" * 32, "ok"), ("x" * 16, "warning"), ("x" * 15, "failed"), ("x,y,z", "failed")],
)
def test_the_endpoints_secret_is_checked_where_it_is_set(program, secret, state):
    ended = program.having(CRON_SECRET=secret)("doctor", "--json")
    assert states(ended)["CRON_SECRET"] == state
    assert "xxx" not in ended.stdout


# --- rights -------------------------------------------------------------------------------------


@pytest.fixture
def stranger(program, fibreflow_db):
    """A user of the database who may do nothing yet: the program as that user, and the name."""
    name = f"stranger_{fibreflow_db.rpartition('_')[2][:12]}"
    query(fibreflow_db, f"CREATE ROLE {name} LOGIN PASSWORD 'stranger'")
    dsn = make_conninfo(**{**conninfo_to_dict(fibreflow_db), "user": name, "password": "stranger"})
    yield program.having(DATABASE_URL=dsn), name
    query(fibreflow_db, f"DROP OWNED BY {name}")
    query(fibreflow_db, f"DROP ROLE {name}")


def granted(program, fibreflow_db, name):
    """Grant what `doctor` asks for, as its reader would; the tables it named."""
    found = checks(program("doctor", "--json"))["rights"]["found"]
    lacks = found.removeprefix("lacking: ").split("; ")
    for lack in lacks:
        privileges, _, table = lack.partition(" on ")
        kind = "SEQUENCE" if table.endswith("_seq") else "TABLE"
        query(fibreflow_db, f"GRANT {privileges} ON {kind} {table} TO {name}")
    return {lack.partition(" on ")[2] for lack in lacks}


def test_a_run_without_rights_points_at_doctor(stranger, fibreflow_db):
    program, name = stranger
    query(fibreflow_db, f"GRANT SELECT ON qcontact_migration, qcontact_cursor TO {name}")
    ended = program("run", "--json")
    assert (ended.exit_status, ended.document["error"]["code"]) == (1, "DATABASE_ERROR")
    assert "doctor" in ended.document["error"]["message"]


def test_missing_rights_are_named(stranger, fibreflow_db):
    program, name = stranger
    query(fibreflow_db, f"GRANT SELECT ON qcontact_migration, tickets TO {name}")
    rights = checks(program("doctor", "--json"))["rights"]
    assert rights["state"] == "failed"
    assert "INSERT, UPDATE on tickets" in rights["found"]
    assert "qcontact_migration" not in rights["found"]


def test_the_rights_it_asks_for_are_all_that_a_run_needs(stranger, fibreflow_db, qcontact):
    """Inbound create and update, adoption, failures, outbound fields and notes, as that user."""
    program, name = stranger
    query(fibreflow_db, f"GRANT SELECT ON qcontact_migration TO {name}")
    assert "tickets" in granted(program, fibreflow_db, name)
    assert states(program("doctor", "--json"))["rights"] == "ok"

    first, second, poisoned, adopted = sorted(qcontact.world.tickets)[:4]
    query(
        fibreflow_db,
        "INSERT INTO tickets (ticket_uid, source, external_id, title, ticket_type) "
        f"VALUES ('FT900001', 'qcontact', '{adopted}', 'Old row', 'maintenance')",
    )
    assert program("run").exit_status == 0
    edit_there(qcontact, first, title="Changed there")
    edit_there(qcontact, poisoned, title=None)
    query(fibreflow_db, f"UPDATE tickets SET status = 'pending_qa' WHERE external_id = '{second}'")
    query(
        fibreflow_db,
        "INSERT INTO ticket_notes (ticket_id, note_type, content, created_at) "
        f"SELECT id, 'client', 'On site', now() FROM tickets WHERE external_id = '{second}'",
    )
    ended = program("run", "--json")
    assert (ended.exit_status, ended.document["error_code"]) == (3, None)
    assert ended.document["summary"]["outbound"]["successful"] == 1
    assert [note["content"] for note in qcontact.world.notes(second)][-1] == "On site"
    assert program("last").exit_status == 0


# --- Airflow ------------------------------------------------------------------------------------


def _printed(*lines: str) -> str:
    return shlex.join(["printf", r"%s\n", *lines])


@pytest.fixture
def airflow(tmp_path):
    """A stand-in for the program ``airflow``, which knows the connections it is told."""

    def know(release: str = "3.3.2", *, database: int = 0, **types: str) -> dict[str, str]:
        program = tmp_path / "airflow"
        known = {
            f"connections get {conn_id} -o json": _printed(
                json.dumps([{"conn_type": conn_type, "password": "hunter2"}])
            )
            for conn_id, conn_type in types.items()
        }
        answers = {
            "version": _printed("a plugin says 1.0", release),
            "db check": f"exit {database}",
            **known,
        }
        cases = "".join(f"{shlex.quote(call)}) {does} ;;\n" for call, does in answers.items())
        # A shell starts in a tenth of Python's time.
        program.write_text(f'#!/bin/sh\ncase "$*" in\n{cases}*) exit 1 ;;\nesac\n')
        program.chmod(0o755)
        path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
        return {"AIRFLOW_HOME": str(tmp_path), "PATH": path}

    return know


def test_airflows_connections_are_checked_where_there_is_an_airflow(program, airflow):
    environment = airflow(qcontact_default="qcontact", fibreflow_default="postgres")
    ended = program.having(**environment)("doctor", "--json")
    assert states(ended)["connection qcontact_default"] == "ok"
    assert states(ended)["connection fibreflow_default"] == "ok"
    assert "hunter2" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("release", "state", "said"),
    [
        ("3.3.2", "ok", "3.3.2"),
        ("3.2.2", "ok", "3.2.2"),
        ("3.1.8", "ok", "3.1.8"),
        ("3.4.0", "warning", "newer than what was tested (3.1 to 3.3)"),
        ("3.0.6", "failed", "is not supported"),
        ("no release", "failed", "airflow version fails"),
    ],
)
def test_a_release_of_airflow_that_was_not_tested_is_named(program, airflow, release, state, said):
    connections = {"qcontact_default": "qcontact", "fibreflow_default": "postgres"}
    found = checks(program.having(**airflow(release, **connections))("doctor", "--json"))["Airflow"]
    assert (found["state"], said in found["found"]) == (state, True)


@pytest.mark.parametrize("release", LACKS)
def test_what_an_airflow_lacks_is_a_warning(program, airflow, release):
    found = checks(program.having(**airflow(f"{named(release)}.0"))("doctor", "--json"))
    lacks = found.get(f"Airflow {named(release)}", {"state": "warning", "found": ""})
    assert (lacks["state"], lacks["found"]) == ("warning", "; ".join(LACKS[release]))


def test_a_connection_that_is_missing_or_of_another_type_fails(program, airflow):
    found = checks(program.having(**airflow(fibreflow_default="sqlite"))("doctor", "--json"))
    assert found["connection qcontact_default"]["state"] == "failed"
    assert "type qcontact" in found["connection qcontact_default"]["advice"]
    assert "sqlite" in found["connection fibreflow_default"]["found"]


def test_an_airflow_without_its_database_is_blamed_and_not_its_connections(program, airflow):
    ended = program.having(**airflow(database=1))("doctor", "--json")
    assert checks(ended)["Airflow's database"]["found"] == "Airflow cannot use its own database"
    assert "connection qcontact_default" not in checks(ended)


def test_a_connection_by_variable_needs_no_airflow(program, airflow):
    variables = {
        "AIRFLOW_CONN_QCONTACT_DEFAULT": "{}",
        "AIRFLOW_CONN_FIBREFLOW_DEFAULT": "{}",
        "AIRFLOW_CONN_SMTP_DEFAULT": "{}",
        "QCONTACT_SYNC_ALERT_TO": "noc@example.test",
    }
    found = states(program.having(**airflow(), **variables)("doctor", "--json"))
    assert {found[f"connection {name}_default"] for name in ("qcontact", "fibreflow", "smtp")} == {
        "ok"
    }


@pytest.mark.parametrize(
    ("host", "extra", "is_warned"),
    [
        ("mail.example.test", {"disable_ssl": True, "disable_tls": "True"}, True),
        ("mail.example.test", {"disable_ssl": True, "ssl_context": "none"}, True),
        ("mail.example.test", {"disable_ssl": True}, False),
        ("localhost", {"disable_ssl": True, "disable_tls": True}, False),
    ],
)
def test_mails_that_go_elsewhere_in_the_clear_are_a_warning(
    program, airflow, host, extra, is_warned
):
    variables = {
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(
            {"conn_type": "smtp", "host": host, "extra": extra}
        ),
        "QCONTACT_SYNC_ALERT_TO": "noc@example.test",
    }
    found = states(program.having(**airflow(), **variables)("doctor", "--json"))
    assert ("mail TLS" in found) is is_warned


@pytest.mark.parametrize(
    ("variable", "value", "is_warned"),
    [
        ("FIBREFLOW", "postgres://u:hunter2@db.example.test/app?sslmode=require", True),
        ("FIBREFLOW", "postgres://u:hunter2@db.example.test/app?sslmode=disable", True),
        (
            "FIBREFLOW",
            "postgres://db.example.test/a?__extra__=%7B%22sslmode%22%3A%22require%22%7D",
            True,
        ),
        ("FIBREFLOW", '{"host": "db.example.test", "extra": {"sslmode": "prefer"}}', True),
        ("FIBREFLOW", '{"host": "db.example.test"}', False),
        ("FIBREFLOW", "postgres://u:hunter2@db.example.test/app", False),
        ("FIBREFLOW", "postgres://u:hunter2@localhost/app?sslmode=disable", False),
        ("QCONTACT", "qcontact://:hunter2@http%3A%2F%2Fapi.example.test%3A8443", True),
        ("QCONTACT", "qcontact://:hunter2@http://api.example.test", True),
        ("QCONTACT", "qcontact://:hunter2@api.example.test/http", True),
        ("QCONTACT", '{"host": "http://api.example.test/base", "password": "hunter2"}', True),
        ("QCONTACT", '{"host": "https://api.example.test", "password": "hunter2"}', False),
        ("QCONTACT", "qcontact://:hunter2@api.example.test", False),
        ("QCONTACT", "qcontact://:hunter2@http%3A%2F%2Flocalhost%3A8000", False),
        ("QCONTACT", "qcontact://:hunter2@http%3A%2F%2Fsandbox.localhost", False),
    ],
)
def test_a_connection_that_leads_elsewhere_unverified_is_a_warning(
    program, airflow, variable, value, is_warned
):
    variables = {
        "AIRFLOW_CONN_QCONTACT_DEFAULT": "{}",
        "AIRFLOW_CONN_FIBREFLOW_DEFAULT": "{}",
        f"AIRFLOW_CONN_{variable}_DEFAULT": value,
    }
    ended = program.having(**airflow(), **variables)("doctor", "--json")
    assert (f"connection {variable.lower()}_default TLS" in states(ended)) is is_warned
    assert "hunter2" not in ended.stdout + ended.stderr
