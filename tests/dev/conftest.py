"""Both sides of the demo, in agreement: what `make run` brings up, but for Airflow."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import (
    ApiKey,
    Dialect,
    FibreFlowAccess,
    Password,
    QContactAccess,
)
from qcontact_sync.jobs import run_sync_job
from rich.console import Console

from dev.airflow.credentials import Credentials
from dev.airflow.environment import Sides
from dev.demo.edits import add_staff
from dev.demo.fibreflow import AuditReader
from dev.demo.progress import Progress
from dev.demo.sandbox_qcontact import SandboxQContact
from dev.demo.system import LocalSystem
from dev.processes.services import Services
from dev.settings import RemoteAccess, RunSettings
from dev.state import RunDirectory
from sandbox.directory import MAIN_QUEUE
from sandbox.running import Sandbox, run_sandbox


class Stage(LocalSystem):
    """The local system without its Airflow; a run is one of ours."""

    @property
    def fibreflow(self) -> FibreFlowAccess:
        return FibreFlowAccess(SecretStr(self.sides.fibreflow_dsn))

    @property
    def qcontact(self) -> QContactAccess:
        there = self.sides.qcontact
        secret = SecretStr(there.secret)
        if there.dialect == "tickets":
            return QContactAccess(there.url, ApiKey(secret))
        login = Password(there.email, secret)
        return QContactAccess(there.url, login, Dialect.ENTITIES, (there.queues,))

    def sync(self) -> None:
        run_sync_job({}, fibreflow=self.fibreflow, qcontact=self.qcontact)

    def said(self) -> str:
        paper = self.progress.console.file
        assert isinstance(paper, io.StringIO)
        return paper.getvalue()


@pytest.fixture(params=["tickets", "entities"])
def qcontact(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of either dialect."""
    with run_sandbox(dialect=request.param) as sandbox:
        yield sandbox


@pytest.fixture
def stage(fibreflow_db: str, tmp_path: Path, qcontact: Sandbox) -> Iterator[Stage]:
    """Both sides in agreement."""
    stage = Stage(
        RunSettings(once=True, qcontact=None, database_url=None, demo_dialect=qcontact.dialect),
        dict(os.environ),
        RunDirectory(tmp_path),
        Progress(Console(file=io.StringIO(), width=130)),
        Services(tmp_path, tmp_path / "processes.json"),
        Credentials(),
    )
    stage.sides = Sides(_access(qcontact), fibreflow_db)
    stage.sandbox = SandboxQContact(qcontact.url, qcontact.api_key, qcontact.dialect)
    stage.audit = AuditReader(fibreflow_db)
    stage.staff = add_staff(fibreflow_db, stage.sandbox)
    stage.sync()
    yield stage
    stage.sandbox.close()


def _access(qcontact: Sandbox) -> RemoteAccess:
    if qcontact.dialect == "tickets":
        return RemoteAccess(qcontact.url, qcontact.api_key)
    queue = str(MAIN_QUEUE)
    return RemoteAccess(
        qcontact.url, qcontact.password, qcontact.dialect, qcontact.email, queues=queue
    )
