"""``status``, ``ticket``, ``failures`` and ``conflicts``: what a person asks and decides."""

import os
import pwd
from datetime import datetime

import pytest

from tests.database import tuples as query
from tests.integration.cli.command_line import edit_there

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NOWHERE = "5b2f3a60-0000-4000-8000-000000000000"
STATUS_KEYS = {
    "last_sync_at",
    "last_sync_status",
    "last_sync_duration_seconds",
    "pending_outbound",
    "quarantined",
    "conflicts_open",
    "failed_last_24h",
    "success_rate_last_7d",
    "is_healthy",
    "health_issues",
    # since then
    "level",
    "broken_runs_last_24h",
    "in_step_until",
    "next_run_at",
    "paused_since",
    "is_paused",
}


@pytest.fixture
def ticket(program, qcontact):
    """A ticket that both sides have and no run has touched since."""
    remote_id = sorted(qcontact.world.tickets)[0]
    edit_there(qcontact, remote_id, status="Open", assigned_to=None)
    program("run", "--ticket-id", remote_id)
    return remote_id


def set_here(dsn, remote_id, status):
    query(dsn, f"UPDATE tickets SET status = '{status}' WHERE external_id = '{remote_id}'")


def here(dsn, remote_id, column):
    ((value,),) = query(dsn, f"SELECT {column} FROM tickets WHERE external_id = '{remote_id}'")
    return value


@pytest.fixture
def refused(program, qcontact, fibreflow_db, ticket):
    """The same with a change that QContact refuses."""
    set_here(fibreflow_db, ticket, "assigned")
    qcontact.world.faults.add(
        do="answer", method="PATCH", ticket_id=ticket, status=422, times="forever"
    )
    program("run", "--direction", "outbound")
    qcontact.world.faults.clear()
    return ticket


@pytest.fixture
def reopened(program, qcontact, fibreflow_db, ticket):
    """The same, closed here and re-opened there: somebody must decide."""
    set_here(fibreflow_db, ticket, "closed")
    program("run", "--direction", "outbound")
    edit_there(qcontact, ticket, status="In Progress")
    program("run", "--ticket-id", ticket)
    return ticket


# --- status -------------------------------------------------------------------------------------


def test_a_healthy_sync_ends_with_0(program, ticket):
    ended = program("status", "--json")
    assert (ended.exit_status, ended.document["is_healthy"]) == (0, True)
    assert ended.document.keys() == STATUS_KEYS
    assert datetime.fromisoformat(ended.document["last_sync_at"]).utcoffset().total_seconds() == 0
    shown = program("status")
    assert shown.exit_status == 0
    assert shown.stdout.startswith("healthy\n")
    assert " SAST (" in shown.stdout


def test_before_the_first_run_it_is_not_healthy(program):
    ended = program("status", "--json")
    assert (ended.exit_status, ended.document["health_issues"]) == (1, ["no run yet"])
    assert ended.document["last_sync_at"] is None
    shown = program("status")
    assert shown.exit_status == 1
    assert shown.stdout.splitlines()[:2] == ["not healthy", "  ! no run yet"]


AIRFLOWS_ANSWER = {
    "scheduled": '[{"is_paused": "False", "next_dagrun_run_after": "2031-05-06 12:00:00+00:00"}]',
    "paused": '[{"is_paused": "True", "next_dagrun_run_after": "2031-05-06 12:00:00+00:00"}]',
    "no-such-dag": "DAG: qcontact_sync does not exist",
}


@pytest.mark.parametrize(
    ("answer", "exit_status", "said"),
    [
        ("scheduled", 0, "next run              2031-05-06 14:00 SAST (12:00 UTC)"),
        ("paused", 1, "next run              none: the DAG is paused"),
        ("no-such-dag", 0, "next run              not known here: see the dashboard"),
    ],
)
def test_airflow_is_asked_when_the_next_run_begins(
    program, ticket, tmp_path, answer, exit_status, said
):
    """Here a program of that name; the dashboard's tests ask Airflow's own."""
    airflow = tmp_path / "airflow"
    airflow.write_text(f"#!/bin/sh\necho a warning\ncat <<E\n{AIRFLOWS_ANSWER[answer]}\nE\n")
    airflow.chmod(0o755)
    path = f"{tmp_path}:{program.environment['PATH']}"
    ended = program.having(AIRFLOW_HOME=str(tmp_path), PATH=path)("status")
    assert ended.exit_status == exit_status
    assert said in ended.stdout.splitlines()


def test_what_waits_is_counted_and_named(program, reopened):
    ended = program("status")
    assert ended.exit_status == 1
    assert "  ! 1 open conflict needs a decision" in ended.stdout
    assert "1, see qcontact-sync conflicts" in ended.stdout


@pytest.mark.parametrize(
    "call", [["status"], ["failures"], ["conflicts"], ["failures", "retry", "FT1"]]
)
def test_only_the_database_is_needed(program, call):
    ended = program.having(QCONTACT_API_URL="", QCONTACT_API_KEY="")(*call, "--json")
    assert ended.exit_status in (0, 1)
    assert "CONFIG_ERROR" not in ended.stdout


@pytest.mark.parametrize(
    "call",
    [
        ["status"],
        ["ticket", "FT1"],
        ["failures"],
        ["failures", "retry", "FT1"],
        ["conflicts"],
        ["conflicts", "resolve", NOWHERE, "--keep", "local"],
    ],
    ids=" ".join,
)
def test_a_database_without_tables_is_told_to_migrate(unmigrated, call):
    ended = unmigrated(*call, "--json")
    assert (ended.exit_status, ended.document["error"]["code"]) == (1, "DATABASE_ERROR")
    assert "qcontact-sync migrate" in ended.document["error"]["message"]


# --- ids that nothing has -----------------------------------------------------------------------


@pytest.mark.parametrize("given", ["FT999999", "nonsense", NOWHERE])
@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["ticket"], "no ticket that came from QContact has the id {}"),
        (["failures", "retry"], "no entry in quarantine has the id {}"),
        (["failures", "dismiss"], "no entry in quarantine has the id {}"),
        (["conflicts", "resolve", "--keep", "local"], "no open conflict has the id {}"),
    ],
    ids=["ticket", "retry", "dismiss", "resolve"],
)
def test_an_id_that_nothing_has_is_one_sentence(program, call, given, said):
    ended = program(*call, given)
    assert (ended.exit_status, ended.stdout) == (1, "")
    assert ended.stderr == f"qcontact-sync: {said.format(given)}\n"


@pytest.mark.parametrize("given", ["", " ", b"FT\xff"], ids=["empty", "blank", "no-text"])
@pytest.mark.parametrize("call", [["ticket"], ["failures", "retry"]], ids=" ".join)
def test_what_cannot_be_an_id_is_refused(program, call, given):
    ended = program(*call, given)
    assert ended.exit_status == 2
    assert "Traceback" not in ended.stderr


# --- ticket -------------------------------------------------------------------------------------


def test_a_ticket_tells_each_field_and_its_history(program, fibreflow_db, ticket):
    set_here(fibreflow_db, ticket, "assigned")
    uid = here(fibreflow_db, ticket, "ticket_uid")
    for given in (ticket, uid, str(here(fibreflow_db, ticket, "id"))):
        ended = program("ticket", given, "--json")
        assert ended.exit_status == 0
        status = ended.document["fields"][0]
        assert status == {
            "field": "status",
            "base_local": "open",
            "base_remote": "Open",
            "local": "assigned",
            "remote": "Open",
            "action": "send",
            "next": "FibreFlow's value is sent to QContact",
            "reason": "FibreFlow changed it",
        }
        assert [row["sync_type"] for row in ended.document["history"]] == ["create"]

    shown = program("ticket", uid).stdout
    assert shown.startswith(f"{uid} (QContact {ticket})\n")
    row = next(line for line in shown.splitlines() if line.startswith(" status"))
    for part in (
        "open / Open",
        "assigned",
        "FibreFlow's value is sent to QContact (FibreFlow changed it)",
    ):
        assert part in row
    assert " UTC)" in shown


def test_a_ticket_in_quarantine_shows_why(program, refused):
    shown = program("ticket", refused).stdout
    assert "in quarantine: qcontact-sync failures" in shown
    assert "outbound: VALIDATION_ERROR: PATCH /tickets/{id}: 422" in shown
    assert "not tried again until the ticket changes" in shown


def test_a_ticket_is_told_while_qcontact_is_down(program, qcontact, ticket):
    qcontact.world.faults.add(do="answer", status=500, times="forever")
    ended = program.having(QCONTACT_SYNC_RETRY_BUDGET_S="0")("ticket", ticket)
    assert ended.exit_status == 0
    assert "SERVER_ERROR" in ended.stdout.splitlines()[1]
    assert "unknown" in ended.stdout


# --- failures -----------------------------------------------------------------------------------


def test_an_empty_quarantine_says_so(program):
    assert program("failures").stdout == "the quarantine is empty\n"
    assert program("failures", "--json").document == []


def test_failures_are_listed_and_retried(program, fibreflow_db, qcontact, refused):
    (entry,) = program("failures", "--json").document
    assert (entry["qcontact_ticket_id"], entry["error_code"]) == (refused, "VALIDATION_ERROR")
    assert entry["next_try_at"] is None
    assert datetime.fromisoformat(entry["first_failed_at"]).utcoffset().total_seconds() == 0
    assert entry["id"] in program("failures").stdout

    (due,) = program("failures", "retry", entry["id"], "--json").document
    assert due["next_try_at"] is not None
    assert "tried again by the next run" in program("failures").stdout
    assert program("run").exit_status == 0
    assert program("failures", "--json").document == []
    assert qcontact.world.ticket(refused)["status"] == "assigned"


def test_a_dismissed_failure_is_left_alone(program, qcontact, refused):
    ended = program("failures", "dismiss", refused)
    assert "dismissed: not tried again until the ticket changes" in ended.stdout
    program("run")
    assert qcontact.world.ticket(refused)["status"] == "Open"
    assert program("status", "--json").document["quarantined"] == 0


def test_json_may_stand_before_the_subcommand(program, refused):
    ended = program("failures", "--json", "retry", refused)
    assert [entry["qcontact_ticket_id"] for entry in ended.document] == [refused]


# --- conflicts ----------------------------------------------------------------------------------


def test_a_conflict_shows_its_values_and_how_to_end_it(program, fibreflow_db, reopened):
    (conflict,) = program("conflicts", "--json").document
    assert (conflict["local_value"], conflict["remote_value"]) == ("closed", "In Progress")
    assert (conflict["kind"], conflict["is_open"]) == ("needs_you", True)
    shown = program("conflicts").stdout
    uid = here(fibreflow_db, reopened, "ticket_uid")
    assert shown.splitlines()[:2] == [
        "1 open conflict needs a decision, 0 resolved",
        f"open conflict: status of {uid} (QContact {reopened}): "
        "FibreFlow closed, QContact In Progress",
    ]
    assert f"qcontact-sync conflicts resolve {conflict['ticket_uid']} --keep local|remote" in shown


def test_keeping_the_call_centres_side(program, fibreflow_db, reopened):
    (conflict,) = program("conflicts", "--json").document
    ended = program("conflicts", "resolve", conflict["id"], "--keep", "remote")
    assert ended.exit_status == 0
    assert "kept remote; QContact's value was written to FibreFlow" in ended.stdout
    assert here(fibreflow_db, reopened, "status") == "in_progress"
    assert program("status").exit_status == 0


def test_keeping_fibreflows_side(program, qcontact, reopened):
    (conflict,) = program("conflicts", "--json").document
    ended = program("conflicts", "resolve", conflict["id"], "--keep", "local", "--json")
    assert (ended.exit_status, ended.document["resolution"]) == (0, "kept local")
    program("run", "--direction", "outbound")
    assert qcontact.world.ticket(reopened)["status"] == "closed"


@pytest.mark.parametrize("arguments", [[], ["--keep", "both"]], ids=["no-side", "no-such-side"])
def test_a_side_must_be_named(program, arguments):
    ended = program("conflicts", "resolve", NOWHERE, *arguments)
    assert ended.exit_status == 2
    assert "--keep" in ended.stderr


# --- who decided --------------------------------------------------------------------------------


def own_user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("decision", ["retry", "dismiss"])
def test_who_decided_about_a_failure_is_stored_and_shown(program, fibreflow_db, refused, decision):
    """The user that the program runs as, whatever its variables say."""
    (before,) = program("failures", "--json").document
    assert (before["decision"], before["decided_by"], before["decided_at"]) == (None, None, None)
    program.having(USER="someone-else", LOGNAME="someone-else")("failures", decision, refused)
    (entry,) = program("failures", "--json").document
    assert (entry["decision"], entry["decided_by"]) == (decision, own_user())
    assert datetime.fromisoformat(entry["decided_at"]).utcoffset() is not None
    assert f"last decision: {decision} by {own_user()}" in program("failures").stdout


def test_the_quarantine_is_listed_and_retried_in_parts(program, fibreflow_db, refused):
    call = ("failures", "--json", "--direction", "outbound", "--code", "VALIDATION_ERROR")
    (entry,) = program(*call, "--state", "waiting").document
    assert entry["qcontact_ticket_id"] == refused
    assert program(*call, "--state", "due").document == []
    assert program("failures", "retry", "--all", "--code", "TIMEOUT", "--json").document == []
    (due,) = program("failures", "retry", "--all", "--direction", "outbound", "--json").document
    assert (due["id"], due["decision"]) == (entry["id"], "retry")


@pytest.mark.parametrize("call", [(), ("FT1", "--all"), ("FT1", "--code", "TIMEOUT")], ids=str)
def test_a_retry_is_of_one_ticket_or_of_all_that_match(program, call):
    ended = program("failures", "retry", *call)
    assert ended.exit_status == 2
    assert "give one ID, or --all" in ended.stderr


def test_a_conflict_is_decided_by_the_tickets_number(program, fibreflow_db, reopened):
    uid = here(fibreflow_db, reopened, "ticket_uid")
    assert (
        "about assigned_to"
        in program(
            *("conflicts", "resolve", uid, "--keep", "local", "--field", "assigned_to")
        ).stderr
    )
    ended = program("conflicts", "resolve", uid.lower(), "--keep", "remote")
    assert ended.exit_status == 0
    assert here(fibreflow_db, reopened, "status") == "in_progress"


def test_of_several_conflicts_of_a_ticket_one_must_be_named(program, fibreflow_db, reopened):
    uid = here(fibreflow_db, reopened, "ticket_uid")
    query(
        fibreflow_db,
        "INSERT INTO qcontact_conflict (id, remote_id, ticket_id, field, kind, reason)"
        " SELECT gen_random_uuid(), remote_id, ticket_id, 'assigned_to', kind, reason"
        " FROM qcontact_conflict",
    )
    ended = program("conflicts", "resolve", uid, "--keep", "local")
    assert ended.exit_status == 2
    assert "open conflicts about assigned_to, status" in ended.stderr
    assert program(
        *("conflicts", "resolve", uid, "--keep", "local", "--field", "status")
    ).exit_status == 0  # fmt: skip


def test_a_ticket_is_found_by_a_part_and_several_are_listed(program, fibreflow_db, ticket):
    uid = here(fibreflow_db, ticket, "ticket_uid")
    program("run")
    assert program("ticket", uid[2:].lower()).stdout.startswith(uid)
    several = program("ticket", "ft")
    assert several.exit_status == 1
    assert f"{uid} (QContact {ticket})" in several.stdout
    assert program("ticket", "ft", "--json").exit_status == 1


def test_who_resolved_a_conflict_is_stored_and_shown(program, reopened):
    (conflict,) = program("conflicts", "--json").document
    program("conflicts", "resolve", conflict["id"], "--keep", "local")
    (resolved,) = program("conflicts", "--json").document
    assert (resolved["decided_by"], resolved["resolution"]) == (own_user(), "kept local")
    assert f"kept local, by {own_user()}" in program("conflicts").stdout
