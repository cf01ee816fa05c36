"""Both sides of the demo, in agreement: what `make run` brings up, but for Airflow.

Each state is made once for a dialect; a test gets a copy of it.
"""

import functools
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
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
from dev.demo.last_act import Killed, kill_half_way
from dev.demo.progress import Progress
from dev.demo.sandbox_qcontact import SandboxQContact
from dev.demo.system import LocalSystem
from dev.processes.services import Services
from dev.settings import RemoteAccess, RunSettings
from dev.state import RunDirectory
from sandbox.directory import MAIN_QUEUE
from sandbox.running import Sandbox, run_sandbox
from sandbox.switches import DialectName
from sandbox.world import World
from tests.copies import Copies


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


@dataclass(frozen=True)
class Kept:
    """A state to copy.

    Attributes:
        database: Name of FibreFlow's; nobody is connected to it.
        said: What the demo said until then.
    """

    database: str
    qcontact: World
    staff: Sequence[str]
    said: str


@contextmanager
def stage_on(
    dsn: str, qcontact: Sandbox, folder: Path, staff: Sequence[str] | None = None, said: str = ""
) -> Iterator[Stage]:
    """A stage between these two; without staff they are FibreFlow's new users."""
    paper = io.StringIO()
    paper.write(said)
    stage = Stage(
        RunSettings(once=True, qcontact=None, database_url=None, demo_dialect=qcontact.dialect),
        dict(os.environ),
        RunDirectory(folder),
        Progress(Console(file=paper, width=130)),
        Services(folder, folder / "processes.json"),
        Credentials(),
    )
    stage.sides = Sides(_access(qcontact), dsn)
    stage.sandbox = SandboxQContact(qcontact.url, qcontact.api_key, qcontact.dialect)
    stage.audit = AuditReader(dsn)
    stage.staff = add_staff(dsn, stage.sandbox) if staff is None else list(staff)
    yield stage
    stage.sandbox.close()


class Stages:
    """Makes each state when it is first asked for.

    Args:
        template: Name of FibreFlow's database, empty.
        folder: For the logs of services.
        made: Keeps the states; they go when it closes.
    """

    def __init__(self, copies: Copies, template: str, folder: Path, made: ExitStack) -> None:
        self._copies = copies
        self._template = template
        self._folder = folder
        self._made = made
        self.in_agreement = functools.cache(self._in_agreement)
        self.killed = functools.cache(self._killed)

    def _in_agreement(self, dialect: DialectName) -> Kept:
        """Both sides are the same."""
        dsn = self._made.enter_context(self._copies.copy(self._template))
        with run_sandbox(dialect=dialect) as qcontact, stage_on(dsn, qcontact, self._folder) as one:
            one.sync()
            return _kept(one, qcontact)

    def _killed(self, dialect: DialectName) -> tuple[Kept, Killed]:
        """A run was killed half-way."""
        kept = self.in_agreement(dialect)
        dsn = self._made.enter_context(self._copies.copy(kept.database))
        with (
            run_sandbox(world=kept.qcontact.copy()) as qcontact,
            stage_on(dsn, qcontact, self._folder, kept.staff) as one,
        ):
            killed = kill_half_way(one)
            return _kept(one, qcontact), killed


def _kept(stage: Stage, qcontact: Sandbox) -> Kept:
    database = str(conninfo_to_dict(stage.sides.fibreflow_dsn)["dbname"])
    return Kept(database, qcontact.world.copy(), stage.staff, stage.said())


def _access(qcontact: Sandbox) -> RemoteAccess:
    if qcontact.dialect == "tickets":
        return RemoteAccess(qcontact.url, qcontact.api_key)
    queue = str(MAIN_QUEUE)
    return RemoteAccess(
        qcontact.url, qcontact.password, qcontact.dialect, qcontact.email, queues=queue
    )
