"""The state directory of a local run, and its lock."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.errors import CannotRun

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The parts of `.run/`."""

    root: Path = PROJECT / ".run"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def airflow_home(self) -> Path:
        return self.root / "airflow"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def task_logs(self) -> Path:
        return self.logs / "tasks"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials.json"

    @property
    def processes(self) -> Path:
        return self.root / "processes.json"

    @property
    def portfile(self) -> Path:
        return self.root / "sandbox.port"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Lock the directory for this process; the lock ends with the process.

        Raises:
            CannotRun: Another run holds it.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotRun(
                    "`make run` is already up in this directory: stop it first"
                ) from None
            yield
