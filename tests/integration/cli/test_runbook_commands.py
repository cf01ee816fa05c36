"""Each command and query of docs/runbook.md, carried out as it stands there."""

import re

import pytest

from dev.state import PROJECT
from tests.database import tuples as query
from tests.integration.cli.command_line import edit_there

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

PAGE = (PROJECT / "docs" / "runbook.md").read_text()
COMMANDS = sorted(set(re.findall(r"`qcontact-sync ([^`]+)`", PAGE)))
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ANSWERS = {"status": 1, "compare": 3}
"""Exit statuses that tell what was found: not healthy, and something is not the same."""


@pytest.fixture
def ids(program, qcontact, fibreflow_db):
    """A ticket that QContact refuses and a conflict that waits for a person, by command."""
    refused, reopened = sorted(qcontact.world.tickets)[:2]
    for ticket in (refused, reopened):
        edit_there(qcontact, ticket, status="Open", assigned_to=None)
    program("run")
    query(fibreflow_db, f"UPDATE tickets SET status = 'assigned' WHERE external_id = '{refused}'")
    query(fibreflow_db, f"UPDATE tickets SET status = 'closed' WHERE external_id = '{reopened}'")
    qcontact.world.faults.add(
        do="answer", method="PATCH", ticket_id=refused, status=422, times="forever"
    )
    program("run", "--direction", "outbound")
    edit_there(qcontact, reopened, status="In Progress")
    program("run", "--ticket-id", reopened)
    qcontact.world.faults.clear()
    (conflict,) = program("conflicts", "--json").document
    return {"ticket": refused, "failures": refused, "run": refused, "conflicts": conflict["id"]}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_runbook_works_as_it_stands(program, ids, command):
    words = command.split()

    ended = program(*(str(ids[words[0]]) if word == "ID" else word for word in words))

    assert ended.exit_status == ANSWERS.get(command, 0), ended.stderr


def test_the_queries_of_the_runbook_work_as_they_stand(fibreflow_db, ids):
    found = {statement: query(fibreflow_db, statement) for statement in QUERIES}

    # Nothing waits for a lease while nothing runs, and nobody is to be mailed.
    empty = [statement for statement, rows in found.items() if not rows]
    assert all("qcontact_lease" in one or "qcontact_mail" in one for one in empty), empty
    assert len(found) > len(empty)
