"""``qcontact-sync run``: exit statuses, the JSON document, the plan, Ctrl-C."""

import pytest

from tests.database import tuples as query
from tests.integration.cli.command_line import edit_there

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 25
DATA_KEYS = {
    "job_id",
    "status",
    "started_at",
    "completed_at",
    "duration_seconds",
    "window",
    "summary",
    "error_message",
    "error_code",
}


def a_remote_id(qcontact, index=0):
    return sorted(qcontact.world.tickets)[index]


def counts(dsn):
    tables = ("tickets", "sync_job_history", "qcontact_ticket_link", "qcontact_sync_log")
    return [query(dsn, f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def test_a_run_brings_the_tickets_in_and_prints_one_document(program, fibreflow_db):
    ended = program("run", "--json")
    assert ended.exit_status == 0
    assert ended.document.keys() == DATA_KEYS
    assert ended.document["status"] == "success"
    assert ended.document["summary"]["inbound"] == {
        "processed": TICKETS,
        "successful": TICKETS,
        "failed": 0,
        "skipped": 0,
        "created": TICKETS,
        "updated": 0,
    }
    assert query(fibreflow_db, "SELECT id::text, status FROM sync_job_history") == [
        (ended.document["job_id"], "success")
    ]


def test_a_run_shows_what_each_direction_did(program):
    ended = program("run")
    assert ended.stdout.startswith("success run ")
    assert next(
        line.split()[:7] for line in ended.stdout.splitlines() if line.strip().startswith("inbound")
    ) == ["inbound", "25", "25", "25", "0", "0", "0"]
    assert "Traceback" not in ended.stderr


def test_a_poisoned_ticket_makes_the_run_partial(program, qcontact):
    edit_there(qcontact, a_remote_id(qcontact), title=None)
    ended = program("run", "--json")
    assert (ended.exit_status, ended.document["status"]) == (3, "partial")
    assert ended.document["summary"]["inbound"]["failed"] == 1


def test_the_failed_tickets_are_named(program, qcontact):
    remote_id = a_remote_id(qcontact)
    edit_there(qcontact, remote_id, title=None)
    ended = program("run")
    assert f"failed: {remote_id} " in ended.stdout


def test_a_broken_run_fails_with_its_code(program, fibreflow_db):
    ended = program.having(QCONTACT_API_KEY="wrong-key")("run", "--json")
    assert (ended.exit_status, ended.document["status"]) == (1, "failed")
    assert ended.document["error_code"] == "AUTHENTICATION_ERROR"
    assert query(fibreflow_db, "SELECT status FROM sync_job_history") == [("failed",)]
    assert "wrong-key" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        pytest.param(["--start-date", "soon"], "VALIDATION_ERROR", "start_date", id="nonsense"),
        pytest.param(
            ["--start-date", "2026-02-02", "--end-date", "2026-02-01"],
            "VALIDATION_ERROR",
            "end_date",
            id="end-before-start",
        ),
        pytest.param(["--start-date", "2999-01-01"], "VALIDATION_ERROR", "start_date", id="future"),
        pytest.param(["--ticket-id", " "], "VALIDATION_ERROR", "ticket_ids", id="empty-id"),
        pytest.param(["--direction", "up"], "USAGE_ERROR", "--direction", id="direction"),
        pytest.param(["--sideways"], "USAGE_ERROR", "--sideways", id="unknown-option"),
    ],
)
def test_bad_arguments_touch_nothing(program, fibreflow_db, qcontact, arguments, code, named):
    ended = program("run", "--json", *arguments)
    assert ended.exit_status == 2
    assert ended.document["success"] is False
    assert ended.document["error"]["code"] == code
    assert named in ended.document["error"]["message"]
    assert counts(fibreflow_db) == [0, 0, 0, 0]
    assert not qcontact.world.requests


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("QCONTACT_API_URL", "", id="no-url"),
        pytest.param("QCONTACT_API_URL", "ftp://somewhere", id="bad-url"),
        pytest.param("QCONTACT_API_KEY", "", id="no-key"),
        pytest.param("DATABASE_URL", "", id="no-database"),
        pytest.param("DATABASE_URL", "mysql://u:hunter2@host/db", id="not-postgresql"),
        pytest.param("QCONTACT_SYNC_PAGE_SIZE", "hunter2", id="bad-setting"),
    ],
)
def test_bad_settings_are_refused_by_name(program, fibreflow_db, variable, value):
    ended = program.having(**{variable: value})("run", "--json")
    assert ended.exit_status == 2
    assert ended.document["error"]["code"] == "CONFIG_ERROR"
    assert variable in ended.document["error"]["message"]
    assert "hunter2" not in ended.stdout + ended.stderr
    assert counts(fibreflow_db) == [0, 0, 0, 0]


def test_the_resolved_window_is_echoed_and_a_bare_date_is_utc(program):
    ended = program(
        *("run", "--json", "--start-date", "2026-01-01", "--end-date", "2026-02-01T02:00:00+02:00")
    )
    assert ended.document["window"] == {
        "start": "2026-01-01T00:00:00+00:00",
        "end": "2026-02-01T00:00:00+00:00",
    }
    assert (
        "window: from 2026-01-01 02:00:00 SAST (2026-01-01T00:00:00Z) "
        "to 2026-02-01 02:00:00 SAST (2026-02-01T00:00:00Z)"
    ) in ended.stderr


def test_only_the_tickets_that_were_named_are_touched(program, fibreflow_db, qcontact):
    wanted = {a_remote_id(qcontact, 3), a_remote_id(qcontact, 7)}
    ended = program("run", *(part for i in wanted for part in ("--ticket-id", i)))
    assert ended.exit_status == 0
    assert {row[0] for row in query(fibreflow_db, "SELECT external_id FROM tickets")} == wanted


def test_one_direction_alone(program, fibreflow_db):
    ended = program("run", "--direction", "outbound", "--json")
    assert (ended.exit_status, ended.document["summary"]["total_processed"]) == (0, 0)
    assert query(fibreflow_db, "SELECT count(*) FROM tickets") == [(0,)]


# --- the plan -----------------------------------------------------------------------------------


def test_a_dry_run_plans_and_writes_nothing(program, fibreflow_db, qcontact):
    ended = program("run", "--dry-run", "--json")
    assert ended.exit_status == 0
    assert ended.document["plan"]["inbound"]["create"] == TICKETS
    assert counts(fibreflow_db) == [0, 0, 0, 0]
    assert not qcontact.world.journal


def test_the_plan_has_a_sign_and_the_fields_for_each_ticket(program, fibreflow_db, qcontact):
    updated, sent, torn, created = (a_remote_id(qcontact, index) for index in range(4))
    program("run", "--ticket-id", updated, "--ticket-id", sent, "--ticket-id", torn)
    local_status = "UPDATE tickets SET status = '{}' WHERE external_id = '{}'"
    query(fibreflow_db, local_status.format("closed", torn))
    program("run", "--direction", "outbound")
    edit_there(qcontact, updated, title="Fibre cut at the corner")
    states = dict(query(fibreflow_db, "SELECT external_id, status FROM tickets"))
    query(fibreflow_db, local_status.format("pending_qa", sent))
    edit_there(qcontact, torn, status="Open")

    lines = program("run", "--dry-run").stdout.splitlines()
    uids = dict(query(fibreflow_db, "SELECT external_id, ticket_uid FROM tickets"))
    assert f"  ~ {updated}  {uids[updated]}  title" in lines
    was = states[sent]
    assert f"  > {sent}  {uids[sent]}  status: {was} -> pending_qa" in lines
    assert f"  > status: {was} -> pending_qa: 1 ticket" in lines
    assert f"  ! {torn}  {uids[torn]}  status" in lines
    assert f"  + {created}" in lines


# --- beside the result --------------------------------------------------------------------------


def test_progress_is_shown_on_a_terminal_and_stdout_stays_pure(program):
    exit_status, stdout, shown = program.on_a_terminal("run", "--json")
    assert exit_status == 0
    assert stdout.startswith("{")
    assert "inbound" in shown
    assert f"{TICKETS}/{TICKETS}" in shown


def test_the_log_goes_to_stderr_where_it_is_asked_for(program):
    quiet, verbose = program("run", "--json"), program("run", "--json", "--verbose")
    assert "run.opened" not in quiet.stderr
    assert "run.opened" in verbose.stderr
    assert verbose.document["status"] == "success"


@pytest.mark.parametrize("switches", [[], ["--json"]], ids=["for-people", "json"])
def test_ctrl_c_ends_with_a_sentence_and_a_true_record(program, fibreflow_db, qcontact, switches):
    qcontact.world.faults.add(do="delay_answer", path="/tickets", times="forever", delay_s=60)
    ended = program.interrupted(lambda: bool(qcontact.world.requests), "run", *switches)
    assert ended.exit_status == 130
    assert "stopped by Ctrl-C" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert query(fibreflow_db, "SELECT status FROM sync_job_history") == [("partial",)]
    assert query(fibreflow_db, "SELECT count(holder) FROM qcontact_lease") == [(0,)]
    if switches:
        assert ended.document["error"]["code"] == "INTERRUPTED"


@pytest.fixture
def without_settings(program):
    return program.having(QCONTACT_API_URL="", QCONTACT_API_KEY="", DATABASE_URL="")


def test_what_is_not_set_is_named_and_the_doctor_helps(without_settings):
    ended = without_settings("run")
    assert ended.exit_status == 2
    assert "not set: QCONTACT_API_URL, QCONTACT_API_KEY, DATABASE_URL" in ended.stderr
    assert "(see qcontact-sync doctor)" in ended.stderr


def test_who_relies_on_a_file_of_variables_learns_that_nobody_reads_it(
    without_settings, tmp_path, monkeypatch
):
    (tmp_path / ".env").touch()
    monkeypatch.chdir(tmp_path)
    assert (
        "(.env is not read by itself: set -a; . ./.env; set +a)" in without_settings("run").stderr
    )


def test_where_to_look_is_said_once(program, fibreflow_db):
    query(fibreflow_db, "ALTER TABLE tickets RENAME COLUMN pon_number TO pon")
    ended = program("run")
    assert ended.exit_status == 1
    assert (ended.stdout + ended.stderr).count("doctor") == 1
