"""The demo's edits between its first two runs: each arrives on the other side, in both dialects."""

import pytest

from dev.demo.edits import NOTE, TITLE_HEAD, Edit, edit_both_sides
from sandbox.directory import QUEUES
from sandbox.running import Sandbox
from tests.database import rows
from tests.dev.stages import Stage

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def edits(stage: Stage, qcontact: Sandbox) -> list[Edit]:
    """The edits, after the run that carried them."""
    made = edit_both_sides(stage.sides.fibreflow_dsn, stage.sandbox, stage.staff)
    # A run reads no further than QContact's clock, which it tells in whole seconds.
    qcontact.world.switch(clock_offset_s=2)
    stage.sync()
    return made


def test_what_agents_edit_arrives_in_fibreflow(stage: Stage, edits: list[Edit]) -> None:
    status, title, assigned = (edit.ticket for edit in edits if edit.side == "QContact")
    here = {
        row["external_id"]: row
        for row in rows(
            stage.sides.fibreflow_dsn,
            "SELECT t.external_id, t.title, t.status, u.full_name FROM tickets t"
            " LEFT JOIN users u ON u.id = t.assigned_to",
            {},
        )
    }

    assert here[status]["status"] == "in_progress"
    assert here[title]["title"].startswith(TITLE_HEAD.strip())
    assert here[assigned]["full_name"] == stage.staff[0]


def test_what_staff_edit_arrives_in_qcontact_once(
    stage: Stage, edits: list[Edit], qcontact: Sandbox
) -> None:
    stage.sync()

    sent = [entry for entry in qcontact.world.journal if entry.by == "api"]
    assert len(sent) == len([edit for edit in edits if edit.side == "FibreFlow"])
    assert {entry.outcome for entry in sent} == {"applied"}
    notes = [
        note["content"] for id_ in qcontact.world.tickets for note in qcontact.world.notes(id_)
    ]
    assert notes.count(NOTE) == 1


@pytest.mark.parametrize("dialect", ["entities"], indirect=True)
def test_a_tenant_gets_its_exact_words_and_no_assignment(
    edits: list[Edit], qcontact: Sandbox
) -> None:
    written = [entry.body["fields"] for entry in qcontact.world.journal if entry.method == "PATCH"]

    assert sorted(fields.pop("status") for fields in written) == [
        "InProgress",
        "InReview",
        "Solved",
    ]
    assert not any(written)


def test_staff_are_people(stage: Stage) -> None:
    assert stage.staff
    assert not set(stage.staff) & set(QUEUES.values())
