"""The demo's last act on real systems, without Airflow: the run after the kill is one of ours."""

import pytest
from qcontact_sync.jobs import get_sync_job_history

from dev.demo.last_act import count_both_sides, kill_half_way
from dev.errors import CannotRun
from sandbox.running import Sandbox
from tests.dev.conftest import Stage

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_the_run_after_a_kill_carries_every_edit_and_none_twice(stage: Stage) -> None:
    killed = kill_half_way(stage)
    stage.sync()

    count_both_sides(stage, killed)

    assert f"killed (SIGKILL) process {killed.pid}" in stage.said()
    assert f"0 lost, 0 doubled, 0 sent twice  of {len(killed.changes)} edits" in stage.said()


def test_the_killed_run_was_half_way(stage: Stage) -> None:
    kill_half_way(stage)

    killed, _ = get_sync_job_history(fibreflow=stage.fibreflow)
    assert killed.status == "running"
    assert "4 unanswered" in stage.said()


def test_without_a_run_after_it_the_act_fails(stage: Stage) -> None:
    killed = kill_half_way(stage)

    with pytest.raises(CannotRun, match="not recorded as ABANDONED"):
        count_both_sides(stage, killed)


def test_a_note_that_is_there_twice_fails_the_act(stage: Stage, qcontact: Sandbox) -> None:
    killed = kill_half_way(stage)
    stage.sync()
    note = next(change for change in killed.changes if change.field == "note")
    qcontact.world.write_note(note.ticket, note.there, is_internal=False)

    with pytest.raises(CannotRun, match="0 lost, 0 doubled, 1 sent twice"):
        count_both_sides(stage, killed)
