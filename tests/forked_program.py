"""The program as a process of its own that need not import its modules first.

One process per worker imports them; each start of the program is a fork of it, with arguments,
environment, streams and signals of its own (`forking_script` for those of a shell). The installed
script itself is what `tests/unit/cli` and `test_cli_output.py` start.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

PROGRAM = str(Path(sys.executable).with_name("qcontact-sync"))
_ROOT = Path(__file__).parents[1]
_ROOMS = ("cli", "config", "core", "fibreflow", "qcontact", "reporting", "services", "sync")
_FDS = 4  # stdin, stdout, stderr, and the line on which pid and end are reported
_LONGEST = 100_000  # bytes of one order; the socket carries twice that


@dataclass(frozen=True)
class Ended:
    """A program that is over."""

    exit_status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The one JSON document that stdout must be."""
        return json.loads(self.stdout)


class ForkedProgram:
    """``qcontact-sync`` with these arguments; what tests use of `subprocess.Popen`.

    Args:
        environment: All of it.
        stdout, stderr: Where they go instead of into what `communicate` returns.
    """

    def __init__(
        self,
        arguments: Sequence[str | bytes],
        environment: Mapping[str, str],
        *,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> None:
        self.returncode: int | None = None
        self._said = ("", "")
        # Closed when it has ended.
        self._stdout = tempfile.TemporaryFile()  # noqa: SIM115
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        self._line, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with line, open(os.devnull) as stdin:
            output = self._stdout.fileno() if stdout is None else stdout
            errors = self._stderr.fileno() if stderr is None else stderr
            fds = [stdin.fileno(), output, errors, line.fileno()]
            order = json.dumps(
                {
                    "arguments": list(map(os.fsdecode, arguments)),
                    "environment": dict(environment),
                    "folder": os.getcwd(),
                }
            )
            socket.send_fds(starter(), [b"start"], fds)
            self._line.sendall(order.encode())
        self.pid = int(self._line.recv(100))

    def poll(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            with suppress(BlockingIOError):
                self._settle(socket.MSG_DONTWAIT)
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self._settle(0)
        assert self.returncode is not None
        return self.returncode

    def communicate(self) -> tuple[str, str]:
        """What it wrote to stdout and stderr, once it has ended."""
        self.wait()
        return self._said

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _settle(self, flags: int) -> None:
        status = self._line.recv(100, flags)
        assert status, "the process that starts the program has ended"
        self.returncode = int(status)
        self._said = text_of(self._stdout), text_of(self._stderr)
        self._line.close()


def text_of(file: IO[bytes]) -> str:
    """All that was written to a file, which is closed then."""
    with file:
        file.seek(0)
        return file.read().decode()


@functools.cache
def starter() -> socket.socket:
    """Where the process that starts the program takes its orders."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=_ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
    # It ends when nobody can ask it any more.
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


# --- the process that starts the program


def _import_all() -> None:
    for room in _ROOMS:
        package = importlib.import_module(f"qcontact_sync.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("qcontact_sync.jobs")
    gc.freeze()


def _serve(orders: socket.socket) -> None:
    """Fork for each order; returns in the program's own process alone."""
    # Ctrl-C is for the tests, which end this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that report
    while True:
        _, fds, _, _ = socket.recv_fds(orders, 100, _FDS)
        if not fds:
            sys.exit()
        if os.fork() == 0:
            orders.close()
            _become_program(fds)
            return
        for fd in fds:
            os.close(fd)


def _become_program(fds: Sequence[int]) -> None:
    *streams, line_fd = fds
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=line_fd) as line:
        order = json.loads(line.recv(_LONGEST))
        if pid := os.fork():
            _report_end(pid, line)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = [PROGRAM, *order["arguments"]]


def _report_end(pid: int, line: socket.socket) -> NoReturn:
    line.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):
        line.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _leave(ended: SystemExit) -> NoReturn:
    """End without the interpreter's own end, which would take most of a short program's time: it
    touches every object of the process that this one was forked from.
    """
    assert isinstance(ended.code, int)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended.code)


if __name__ == "__main__":
    _import_all()
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        _serve(asked)
    from qcontact_sync.cli.commands import main

    try:
        main()
    except SystemExit as ended:
        _leave(ended)
