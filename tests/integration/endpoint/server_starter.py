"""The endpoint's server as a process that need not import Airflow first.

One process imports it, with an installation's environment; each server is a fork of it, with an
environment of its own on top.
"""

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import psutil

from dev.state import PROJECT

APP = "tests.integration.endpoint.server_app"
END_S = 10
"""How long a server may take to end; its open requests have five seconds."""


class StartedServer:
    """A running server.

    Args:
        pid: Of its process, which leads a session of its own.
        log: What it writes.
    """

    def __init__(self, pid: int, log: Path) -> None:
        self._process = psutil.Process(pid)
        self._log = log

    def check(self) -> None:
        assert self._process.is_running(), self._log.read_text(errors="replace")

    def stop(self) -> None:
        try:
            self._process.terminate()
            self._process.wait(END_S)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            self._process.kill()


class Starter:
    """Starts servers of one installation.

    Args:
        environment: That of the installation. Airflow takes the address of its database from it
            when it is imported.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=dict(environment),
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        # It ends when nobody can ask it any more.
        atexit.register(self._process.communicate)

    def start(self, port: int, log: Path, environment: Mapping[str, str]) -> StartedServer:
        """Start a server; it answers a moment later."""
        assert self._process.stdin
        assert self._process.stdout
        order = {"port": port, "log": str(log), "environment": dict(environment)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return StartedServer(int(self._process.stdout.readline()), log)


@functools.cache
def starter(environment: frozenset[tuple[str, str]]) -> Starter:
    """The one of this environment."""
    return Starter(dict(environment))


# --- the process that starts the servers


def _serve_all() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Airflow prints when it is imported is no answer
    # Airflow first: it silences the loggers that are there before it.
    __import__(APP)
    __import__("qcontact_sync.jobs")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        order = json.loads(line)
        if (pid := os.fork()) == 0:
            _become_server(order)
        answers.write(f"{pid}\n")
        answers.flush()


def _become_server(order: dict[str, Any]) -> NoReturn:
    import uvicorn

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in ((0, nothing), (1, log), (2, log)):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(order["environment"])
    uvicorn.run(f"{APP}:create_app", factory=True, port=order["port"], timeout_graceful_shutdown=5)
    os._exit(0)


if __name__ == "__main__":
    _serve_all()
