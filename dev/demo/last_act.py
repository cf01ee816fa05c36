"""The demo's last act: kill a run halfway, let the next run continue, and count both sides.

Half-way is certain, however fast the machine is: from some write on, the sandbox does what it is
asked and does not answer, which is also the worst moment to die.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.demo.counting import BothSides, Change, count
from dev.demo.fibreflow import Row, query
from dev.demo.report import show_tally
from dev.demo.sandbox_qcontact import SandboxQContact
from dev.demo.system import LocalSystem
from dev.errors import CannotRun
from dev.settings import DATABASE, without_systems

NEW_TICKETS, EDITS_A_SIDE, NOTES = 4, 24, 12
CONNECTIONS = 4  # as many writes are under way when the run is killed
ANSWERED = 6
PROGRAM = Path(sys.executable).with_name("qcontact-sync")
PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Killed:
    """Attributes:
    pid: The process that was killed.
    changes: Every edit that it had to carry to the other side.
    """

    pid: int
    changes: Sequence[Change]


def kill_half_way(system: LocalSystem) -> Killed:
    """Edit many tickets on both sides, start a run, and kill it while it sends.

    Raises:
        CannotRun: The run ended by itself, or did not come half-way.
    """
    say, sandbox = system.progress.say, system.sandbox
    changes = list(_edit_qcontact(sandbox))
    changes += _edit_fibreflow(system, [change.ticket for change in changes])
    say(f"{len(changes)} more edits, on both sides")
    with sandbox.withholding_answers(after=ANSWERED), _run(system) as process:
        with system.progress.step("qcontact-sync run, to be killed halfway"):
            _await_half_way(system, sandbox, process)
        process.kill()
        process.wait()
        unanswered = sandbox.unanswered()
    system.audit.new_rows()
    _show_where_it_stood(system, Killed(process.pid, changes), unanswered)
    return Killed(process.pid, changes)


def count_both_sides(system: LocalSystem, killed: Killed) -> None:
    """Print the effects of the edits, and the record of the killed run.

    Raises:
        CannotRun: Something was lost, or is there twice.
    """
    records = query(system.sides.fibreflow_dsn, "run_of_process", {"pid": killed.pid})
    if [record["error_code"] for record in records] != ["ABANDONED"]:
        raise CannotRun("the killed run is not recorded as ABANDONED")
    system.progress.say("the killed run is recorded as failed, ABANDONED")
    tally = count(killed.changes, read_both_sides(system, killed.changes))
    show_tally(system.progress.console, len(killed.changes), tally)
    if not tally.is_clean:
        raise CannotRun(f"after a kill: {tally}")


def read_both_sides(system: LocalSystem, changes: Sequence[Change]) -> BothSides:
    """Return the present state of the edited tickets on both sides."""
    tickets = sorted({change.ticket for change in changes})
    here: dict[str, list[Row]] = {}
    rows = query(system.sides.fibreflow_dsn, "tickets_with_links", {"external_ids": tickets})
    for row in rows:
        here.setdefault(row["external_id"], []).append(row)
    sandbox = system.sandbox
    return BothSides(
        here,
        {str(ticket["id"]): ticket for ticket in sandbox.tickets()},
        {ticket: sandbox.notes(ticket) for ticket in tickets},
        sandbox.journal(),
    )


def _edit_qcontact(sandbox: SandboxQContact) -> Iterator[Change]:
    """Edit titles, each to a unique value, and create a few tickets."""
    for ticket in sandbox.synced_tickets()[-EDITS_A_SIDE:]:
        number = str(ticket["id"])
        title = f"Called once more about {number}"
        sandbox.edit(number, title=title)
        yield Change(number, "title", title, title)
    for call in range(1, NEW_TICKETS + 1):
        title = f"No light at the school, call {call}"
        yield Change(sandbox.add(title=title, status="New"), "title", title, title)


def _edit_fibreflow(system: LocalSystem, taken: Sequence[str]) -> Iterator[Change]:
    """Set the status of many tickets, and add a note for the customer to some."""
    dsn = system.sides.fibreflow_dsn
    candidates = query(dsn, "tickets_to_edit", {"taken": list(taken), "at_most": EDITS_A_SIDE})
    for number, ticket in enumerate(candidates):
        remote_id = ticket["external_id"]
        query(dsn, "set_status", {"id": ticket["id"], "status": "in_progress"})
        yield Change(remote_id, "status", "in_progress", "In Progress")
        if number < NOTES:
            text = f"We have begun to work on {ticket['ticket_uid']}."
            query(dsn, "add_note", {"ticket_id": ticket["id"], "content": text})
            yield Change(remote_id, "note", text, text)


@contextmanager
def _run(system: LocalSystem) -> Iterator[subprocess.Popen[bytes]]:
    """A run of the command line against the same systems; it ends with the block."""
    sides = system.sides
    with system.services.log_of("killed-run").open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "run", "--verbose"],
            env={
                **without_systems(system.given),
                **sides.qcontact.variables,
                DATABASE: sides.fibreflow_dsn,
                "QCONTACT_SYNC_CONNECTIONS": str(CONNECTIONS),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _await_half_way(
    system: LocalSystem, sandbox: SandboxQContact, process: subprocess.Popen[bytes]
) -> None:
    def is_half_way() -> bool:
        if process.poll() is not None:
            log = system.services.log_of("killed-run")
            raise CannotRun("the run ended before it could be killed", log)
        return sandbox.unanswered() >= CONNECTIONS

    system.services.wait_until(is_half_way, "the run's half-way", timeout_s=PATIENCE_S)


def _show_where_it_stood(system: LocalSystem, killed: Killed, unanswered: int) -> None:
    sides = read_both_sides(system, killed.changes)
    there = sum(sides.shows_there(change) for change in killed.changes if _goes_out(change))
    out = sum(map(_goes_out, killed.changes))
    here = sum(sides.shows_here(change) for change in killed.changes if not _goes_out(change))
    system.progress.say(
        f"[bold]killed (SIGKILL)[/bold] process {killed.pid}: FibreFlow had {here} of "
        f"{len(killed.changes) - out} changes, QContact {there} of {out}, {unanswered} unanswered"
    )


def _goes_out(change: Change) -> bool:
    return change.field != "title"
