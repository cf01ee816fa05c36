"""The demo's last act on real systems, without Airflow: the run after the kill is one of ours."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import ApiKey, FibreFlowAccess, QContactAccess
from qcontact_sync.jobs import get_sync_job_history, migrate, run_sync_job
from rich.console import Console

from dev.airflow.credentials import Credentials
from dev.airflow.environment import Sides
from dev.demo.fibreflow import AuditReader
from dev.demo.last_act import count_both_sides, kill_half_way
from dev.demo.progress import Progress
from dev.demo.sandbox_qcontact import SandboxQContact
from dev.demo.system import LocalSystem
from dev.errors import CannotRun
from dev.processes.services import Services
from dev.settings import RemoteAccess, RunSettings
from dev.state import RunDirectory
from sandbox.running import run_sandbox

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


class Stage(LocalSystem):
    """What `make run` brings up, but for Airflow."""

    @property
    def fibreflow(self) -> FibreFlowAccess:
        return FibreFlowAccess(SecretStr(self.sides.fibreflow_dsn))

    def sync(self) -> None:
        there = self.sides.qcontact
        qcontact = QContactAccess(there.url, ApiKey(SecretStr(there.key)))
        run_sync_job({}, fibreflow=self.fibreflow, qcontact=qcontact)

    def said(self) -> str:
        paper = self.progress.console.file
        assert isinstance(paper, io.StringIO)
        return paper.getvalue()


@pytest.fixture
def stage(empty_db: str, tmp_path: Path) -> Iterator[Stage]:
    """Both sides in agreement."""
    migrate(empty_db)
    with run_sandbox() as sandbox:
        stage = Stage(
            RunSettings(once=True, qcontact=None, database_url=None),
            dict(os.environ),
            RunDirectory(tmp_path),
            Progress(Console(file=io.StringIO(), width=130)),
            Services(tmp_path, tmp_path / "processes.json"),
            Credentials(),
        )
        stage.sides = Sides(RemoteAccess(sandbox.url, sandbox.api_key), empty_db)
        stage.sandbox = SandboxQContact(stage.sides.qcontact)
        stage.audit = AuditReader(empty_db)
        stage.sync()
        yield stage
        stage.sandbox.close()


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


def test_a_note_that_is_there_twice_fails_the_act(stage: Stage) -> None:
    killed = kill_half_way(stage)
    stage.sync()
    note = next(change for change in killed.changes if change.field == "note")
    httpx.post(
        f"{stage.sides.qcontact.url}/tickets/{note.ticket}/notes",
        json={"content": note.there, "is_internal": False},
        headers={"Authorization": f"Bearer {stage.sides.qcontact.key}"},
    ).raise_for_status()

    with pytest.raises(CannotRun, match="0 lost, 0 doubled, 1 sent twice"):
        count_both_sides(stage, killed)
