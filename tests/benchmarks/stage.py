"""Where measurements play: a private PostgreSQL, a simulated QContact, fresh databases."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen
from uuid import uuid4

import psycopg
from qcontact_sync.jobs import migrate

from dev.database.postgres import drop_database, ensure_database, server
from tests.benchmarks.measuring import Measurement

_ROOM = "tests.benchmarks"


@dataclass(frozen=True, slots=True)
class QContact:
    """A running simulator."""

    url: str

    def configure(self, **how: float) -> None:
        """Answer so from now on."""
        query = "&".join(f"{name}={value}" for name, value in how.items())
        with urlopen(f"{self.url}/_configure?{query}"):
            pass

    def counters(self) -> dict[str, float]:
        """Requests so far: ``reads``, ``writes`` and ``refused`` ones."""
        with urlopen(f"{self.url}/_counters") as answer:
            counters: dict[str, float] = json.load(answer)
        return counters

    def touch(self, count: int, title: str) -> None:
        """Change so many tickets now."""
        with urlopen(f"{self.url}/_touch?count={count}&title={title}"):
            pass


@contextmanager
def simulated(tickets: int) -> Iterator[QContact]:
    """A QContact with so many tickets."""
    command = [sys.executable, "-m", f"{_ROOM}.simulator", str(tickets)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield QContact(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait()


class Stage:
    """A PostgreSQL with its usual settings: what it costs to be durable is part of the price."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @contextmanager
    def database(self) -> Iterator[str]:
        """DSN of a migrated, empty database; nothing of the one before is still being written."""
        name = f"bench_{uuid4().hex}"
        dsn = ensure_database(self._dsn, name)
        migrate(dsn)
        self.checkpoint()
        try:
            yield dsn
        finally:
            drop_database(self._dsn, name)

    def checkpoint(self) -> None:
        """Let the server write out what is left from before."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def version(self) -> str:
        """PostgreSQL's own words for its version."""
        with psycopg.connect(self._dsn) as connection:
            return f"PostgreSQL {connection.info.parameter_status('server_version')}"


@contextmanager
def stage() -> Iterator[Stage]:
    """A server for the time of the block."""
    with TemporaryDirectory(prefix="qcontact-sync-bench-") as parent:
        Path(parent).chmod(0o755)  # for root the server runs as another account
        with server(Path(parent) / "data") as dsn:
            yield Stage(dsn)


def measure(
    job: str,
    *arguments: object,
    database: str = "",
    qcontact: QContact | None = None,
    settings: Mapping[str, str] | None = None,
    python: Path | str = sys.executable,
) -> Measurement:
    """Do a job of this room in a process of its own.

    Raises:
        RuntimeError: It failed; with the end of what it said.
    """
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("QCONTACT_")},
        "DATABASE_URL": database,
        "QCONTACT_API_URL": qcontact.url if qcontact else "",
        "QCONTACT_API_KEY": "bench",
        **(settings or {}),
    }
    command = [str(python), "-m", f"{_ROOM}.{job}", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{job}: {done.stderr[-2000:]}")
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    measurement = Measurement(**said[0])
    for more in said[1:]:
        measurement.facts.update(more)
    return measurement
