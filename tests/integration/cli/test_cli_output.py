"""Output that cannot be written stops no run: a full disk, a closed stream, a reader that left."""

import json
import subprocess

import pytest

from tests.database import tuples
from tests.forked_program import PROGRAM
from tests.integration.cli.command_line import CommandLine

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

LAST = "SELECT status FROM sync_job_history"


def in_shell(program: CommandLine, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line.replace("qcontact-sync", PROGRAM)],
        env=program.environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "output",
    [
        "--verbose --json 2>/dev/full",
        "--verbose --json 2>&-",
        "--verbose --json 2> >(exec true)",
        "--verbose --json >/dev/full 2>&1",
        "--verbose --json >&- 2>&-",
        "--verbose <&- >&- 2>&-",
        "--verbose > >(exec true) 2>&1",
        ">/dev/full",
    ],
)
def test_output_that_cannot_be_written_stops_no_run(
    program: CommandLine, fibreflow_db: str, output: str
) -> None:
    ended = in_shell(program, f"qcontact-sync run --direction outbound {output}")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stdout + ended.stderr
    assert tuples(fibreflow_db, LAST) == [("success",)]


def test_the_document_is_whole_where_only_stderr_is_lost(
    program: CommandLine, fibreflow_db: str
) -> None:
    ended = in_shell(program, "qcontact-sync run --json --verbose 2>/dev/full")
    assert json.loads(ended.stdout)["status"] == "success"
    assert (ended.returncode, ended.stderr) == (0, "")


def test_progress_whose_terminal_goes_away_stops_no_run(
    program: CommandLine, fibreflow_db: str, qcontact
) -> None:
    qcontact.world.faults.add(do="delay_answer", delay_s=0.2, times="forever")
    assert program.hung_up(lambda: tuples(fibreflow_db, LAST) != [], "run", "--json") == 0
    assert tuples(fibreflow_db, LAST) == [("success",)]


def test_a_lost_answer_fails_and_a_reader_that_had_enough_does_not(
    program: CommandLine, fibreflow_db: str
) -> None:
    program("run")
    full = in_shell(program, "qcontact-sync history >/dev/full")
    assert full.returncode == 1
    assert "could not be written" in full.stderr
    assert "Traceback" not in full.stderr
    left = in_shell(program, "qcontact-sync history > >(exec true)")
    assert (left.returncode, left.stderr) == (0, "")


@pytest.mark.parametrize("files", [7, 8, 9, 10])
def test_a_machine_that_gives_no_more_files_gets_a_document_and_a_true_record(
    program: CommandLine, fibreflow_db: str, files: int
) -> None:
    ended = in_shell(program, f"ulimit -n {files}; exec qcontact-sync run --json")
    document = json.loads(ended.stdout)
    if ended.returncode != 0:
        assert ended.returncode in (1, 2)
        assert document.get("error_code") or document["error"]["code"]
    assert ("running",) not in tuples(fibreflow_db, LAST)


def test_an_id_forges_no_line_of_the_log_and_commands_no_terminal(
    program: CommandLine, qcontact
) -> None:
    forged = "2026-01-01 INFO all is well"
    ids = [f"7\n{forged}\x1b[2J", f"8\r{forged}\u2028{forged}\x9b2J"]
    for remote_id in ids:
        qcontact.world.add(ticket_id=remote_id, title="No light", status="New")
        qcontact.world.edit(remote_id, title=None)
    ended = program("run", "--verbose")
    assert ended.exit_status == 3
    assert forged in ended.stderr
    for text in (ended.stdout, ended.stderr):
        assert not any(line.startswith(forged) for line in text.splitlines())
        assert not any(char in text for char in "\x1b\x9b\u2028")
