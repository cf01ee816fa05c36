"""The processes of a local run: each has its own session, and all end with the run.

A session, not a process group, is what is ended: Airflow's tasks leave their parent's group. What
runs is also written to a file, so that the next start can end what a killed run left behind.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from dev.errors import CannotRun

POLL_S = 0.1
LAST_CALL_S = 5


@dataclass(frozen=True, slots=True)
class Service:
    """A started process; its pid is also its session's id."""

    name: str
    log: Path
    patience_s: float
    process: subprocess.Popen[bytes]


class Services:
    """Starts processes, watches them, and stops them last in, first out.

    Args:
        logs: Where each service's output goes, as ``<name>.log``.
        record: The file that remembers what runs.
    """

    def __init__(self, logs: Path, record: Path) -> None:
        self._logs, self._record = logs, record
        self._running: list[Service] = []

    def start(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        patience_s: float = 5,
    ) -> None:
        """Start ``argv`` with exactly ``environment``.

        Args:
            name: For messages and the log.
            argv: Program and arguments.
            environment: All of it.
            patience_s: How long it may take to end when it is asked to.
        """
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(Service(name, log, patience_s, process))
        self._remember()

    def check(self) -> None:
        """Raises: CannotRun: A service ended by itself."""
        for service in self._running:
            status = service.process.poll()
            if status is not None:
                raise CannotRun(f"{service.name} ended with exit status {status}", service.log)

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def wait_until(self, ready: Callable[[], bool], what: str, *, timeout_s: float) -> None:
        """Call ``ready`` until it returns True, while all services run.

        Raises:
            CannotRun: A service ended, or ``what`` did not come in time.
        """
        deadline = time.monotonic() + timeout_s
        while not _answers(ready):
            self.check()
            if time.monotonic() > deadline:
                raise CannotRun(f"{what} did not come within {timeout_s:g} s")
            time.sleep(POLL_S)

    def session_of(self, name: str) -> int:
        """The session that a service and all its processes belong to."""
        return next(s.process.pid for s in self._running if s.name == name)

    def kill(self, name: str) -> None:
        """Kill a service and all its processes at once, like a machine that fails."""
        service = next(s for s in self._running if s.name == name)
        _kill_session(service.process.pid)
        service.process.wait()
        self._running.remove(service)
        self._remember()

    def stop_all(self, hurry: Callable[[], bool]) -> None:
        """Stop the newest first, each with its whole session; ``hurry`` cuts the waiting short."""
        while self._running:
            _end(self._running[-1], hurry)
            self._running.pop()
            self._remember()

    def _remember(self) -> None:
        self._record.write_text(
            json.dumps([[s.process.pid, _started_at(s.process.pid)] for s in self._running])
        )


def end_leftovers(record: Path) -> int:
    """End the services of a killed run; return their number.

    A pid alone proves nothing, as numbers are used again: the start time has to match, too.
    """
    try:
        noted = json.loads(record.read_text())
    except (FileNotFoundError, ValueError):
        return 0
    alive = [pid for pid, started_at in noted if started_at and _started_at(pid) == started_at]
    for pid in alive:
        _kill_session(pid)
    record.unlink()
    return len(alive)


def _answers(ready: Callable[[], bool]) -> bool:
    """Call ``ready``; a stopping service refuses connections before it has ended."""
    try:
        return ready()
    except httpx.TransportError:
        return False


def _end(service: Service, hurry: Callable[[], bool]) -> None:
    """SIGTERM to the leader, which stops its children; then to the rest; then SIGKILL."""
    process, session = service.process, service.process.pid
    process.terminate()
    _wait(lambda: process.poll() is not None, service.patience_s, hurry)
    for pid in _members(session):
        _send(pid, signal.SIGTERM)
    _wait(lambda: not _members(session), LAST_CALL_S, hurry)
    _kill_session(session)
    process.wait()


def _wait(over: Callable[[], bool], at_most_s: float, hurry: Callable[[], bool]) -> None:
    deadline = time.monotonic() + at_most_s
    while not over() and not hurry() and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _kill_session(session: int) -> None:
    """Kill every process of a session, also those that it forks meanwhile."""
    while members := _members(session):
        for pid in members:
            _send(pid, signal.SIGKILL)
        time.sleep(POLL_S / 10)


def _members(session: int) -> list[int]:
    return [process.pid for process in psutil.process_iter() if _belongs(process, session)]


def _belongs(process: psutil.Process, session: int) -> bool:
    try:
        return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):
        return False


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _started_at(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
