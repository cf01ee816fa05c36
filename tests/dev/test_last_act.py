"""The demo's last act on real systems, without Airflow: the run after the kill is one of ours."""

import pytest
from qcontact_sync.jobs import get_sync_job_history

from dev.demo.last_act import Killed, count_both_sides
from dev.errors import CannotRun
from sandbox.running import Sandbox
from sandbox.switches import DialectName
from tests.dev.stages import Kept, Stage, Stages

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def kept(stages: Stages, dialect: DialectName) -> Kept:
    """A run was killed half-way."""
    state, _ = stages.killed(dialect)
    return state


@pytest.fixture
def killed(stages: Stages, dialect: DialectName) -> Killed:
    _, killed = stages.killed(dialect)
    return killed


def test_the_run_after_a_kill_carries_every_edit_and_none_twice(
    stage: Stage, killed: Killed
) -> None:
    stage.sync()

    count_both_sides(stage, killed)

    assert f"killed (SIGKILL) process {killed.pid}" in stage.said()
    assert f"0 lost, 0 doubled, 0 sent twice  of {len(killed.changes)} edits" in stage.said()


def test_the_killed_run_was_half_way(stage: Stage) -> None:
    killed, _ = get_sync_job_history(fibreflow=stage.fibreflow)
    assert killed.status == "running"
    assert "4 unanswered" in stage.said()


def test_without_a_run_after_it_the_act_fails(stage: Stage, killed: Killed) -> None:
    with pytest.raises(CannotRun, match="not recorded as ABANDONED"):
        count_both_sides(stage, killed)


def test_a_note_that_is_there_twice_fails_the_act(
    stage: Stage, killed: Killed, qcontact: Sandbox
) -> None:
    stage.sync()
    note = next(change for change in killed.changes if change.field == "note")
    qcontact.world.write_note(note.ticket, note.there, is_internal=False)

    with pytest.raises(CannotRun, match="0 lost, 0 doubled, 1 sent twice"):
        count_both_sides(stage, killed)
