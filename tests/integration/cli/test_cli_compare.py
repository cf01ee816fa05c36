"""``compare`` and ``compare resolve``: what a person sees, and what a program reads."""

import csv
import os
import pwd

import pytest

from tests.database import tuples as query
from tests.integration.cli.command_line import edit_there

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def done_here(program, qcontact, fibreflow_db):
    """A ticket that was done in FibreFlow and open in QContact when it was linked."""
    remote_id = sorted(qcontact.world.tickets)[0]
    edit_there(qcontact, remote_id, status="Open", assigned_to=None, title="=1+1")
    query(
        fibreflow_db,
        "INSERT INTO tickets (ticket_uid, source, external_id, title, ticket_type, status)"
        f" VALUES ('FT000042', 'qcontact', '{remote_id}', 'x', 'maintenance', 'resolved')",
    )
    assert program("run").exit_status == 0
    return remote_id


def test_compare_lists_what_is_not_the_same(program, done_here):
    ended = program("compare")
    assert ended.exit_status == 3
    assert "25 tickets compared" in ended.stdout
    assert "done in FibreFlow, open in QContact" in ended.stdout
    assert "FT000042" in ended.stdout


def test_compare_as_json(program, done_here):
    ended = program("compare", "--json", "--ticket-id", "FT000042")
    assert ended.exit_status == 3
    (ticket,) = ended.document["tickets"]
    assert (ticket["qcontact_ticket_id"], ticket["standing"], ticket["gap"]) == (
        done_here,
        "differs",
        "done_here",
    )
    assert ended.document["counts"]["tickets"] == 1


def test_compare_writes_every_ticket_to_a_csv_file(program, done_here, tmp_path):
    file = tmp_path / "comparison.csv"
    ended = program("compare", "--csv", str(file))
    assert ended.exit_status == 3
    with file.open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    assert len({row["qcontact_ticket_id"] for row in table}) == 25
    (row,) = [row for row in table if row["ticket_uid"] == "FT000042"]
    assert (row["standing"], row["field"], row["fibreflow"], row["qcontact"]) == (
        "differs",
        "status",
        "resolved",
        "Open",
    )
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


def test_a_csv_file_never_holds_a_formula(program, done_here, fibreflow_db, tmp_path):
    query(fibreflow_db, "UPDATE tickets SET title = 'here' WHERE ticket_uid = 'FT000042'")
    file = tmp_path / "comparison.csv"
    program("compare", "--csv", str(file), "--ticket-id", "FT000042")
    assert "'=1+1" in file.read_text(encoding="utf-8")


def test_a_csv_file_that_cannot_be_written_is_refused_first(program, tmp_path):
    ended = program("compare", "--csv", str(tmp_path / "missing" / "file.csv"))
    assert ended.exit_status == 2
    assert "cannot write" in ended.stderr


def test_compare_shows_progress_on_a_terminal_only(program, done_here):
    status, stdout, shown = program.on_a_terminal("compare", "--json")
    assert status == 3
    assert stdout.startswith('{"counts"')
    assert "compared" in shown


def test_where_all_is_the_same_the_exit_status_is_0(program, qcontact):
    ids = sorted(qcontact.world.tickets)[:3]
    edit_there(qcontact, ids[0], status="Open")
    program("run")
    ended = program("compare", "--ticket-id", ids[0])
    assert (ended.exit_status, "1 tickets compared" in ended.stdout) == (0, True)


def test_an_unknown_ticket_is_one_sentence(program):
    ended = program("compare", "--ticket-id", "T-unknown")
    assert (ended.exit_status, ended.stdout) == (1, "")


def test_resolve_shows_values_and_decides_with_a_name(program, done_here, fibreflow_db, qcontact):
    dry = program("compare", "resolve", "FT000042", "--keep", "local", "--dry-run")
    assert (dry.exit_status, "Open -> resolved, in QContact" in dry.stdout) == (0, True)
    assert query(fibreflow_db, "SELECT count(*) FROM qcontact_conflict WHERE decided_by <> ''") == [
        (0,)
    ]
    done = program("compare", "resolve", "--all", "done_here", "--keep", "local", "--json")
    assert done.exit_status == 0
    assert [t["decided"] for t in done.document] == [
        [{"field": "status", "fibreflow": "resolved", "qcontact": "Open"}]
    ]
    me = pwd.getpwuid(os.getuid()).pw_name
    assert query(
        fibreflow_db, "SELECT decided_by, resolution FROM qcontact_conflict WHERE decided_by <> ''"
    ) == [(me, "kept local")]
    program("run")
    assert qcontact.world.tickets[done_here]["status"] == "solved"
    shown = program("conflicts").stdout
    assert f"kept local, by {me}" in shown


def test_what_cannot_be_decided_ends_with_3(program, done_here, fibreflow_db):
    query(fibreflow_db, "UPDATE tickets SET title = 'here' WHERE ticket_uid = 'FT000042'")
    ended = program("compare", "resolve", "FT000042", "--keep", "local", "--field", "title")
    assert (ended.exit_status, "QContact owns this field" in ended.stdout) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--keep", "local"),
        ("FT000042", "--all", "differs", "--keep", "local"),
        ("FT000042", "--keep", "local", "--field", "colour"),
        ("FT000042", "--keep", "both"),
        ("FT000042",),
    ],
)
def test_bad_arguments_are_refused(program, arguments):
    assert program("compare", "resolve", *arguments).exit_status == 2


def test_compare_of_a_tenant(tenant_program):
    tenant_program("run")
    ended = tenant_program("compare", "--json")
    assert ended.exit_status in (0, 3)
    assert ended.document["counts"]["tickets"] >= 1
    assert ended.document["counts"]["pending"] == 0
