"""``qcontact-sync`` between a database and a QContact of a test."""

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.running import Sandbox
from tests.called_program import call_program
from tests.forked_program import Ended, ForkedProgram

_NOT_INHERITED = ("AIRFLOW", "QCONTACT_", "DATABASE_URL", "COLUMNS")


def clean_environment() -> dict[str, str]:
    return {n: v for n, v in os.environ.items() if not n.startswith(_NOT_INHERITED)}


class CommandLine:
    """Runs ``qcontact-sync`` with an environment of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**clean_environment(), **environment}

    @property
    def environment(self) -> Mapping[str, str]:
        return self._environment

    def having(self, **environment: str) -> "CommandLine":
        return CommandLine({**self._environment, **environment})

    def __call__(self, *arguments: str) -> Ended:
        """In this process, unlike the others."""
        return call_program(arguments, self._environment)

    def interrupted(self, when: Callable[[], bool], *arguments: str) -> Ended:
        """Press Ctrl-C as soon as `when` says so."""
        process = self._start(arguments)
        while process.poll() is None and not when():
            pass
        process.send_signal(signal.SIGINT)
        return _ended(process)

    def _start(self, arguments: Sequence[str]) -> ForkedProgram:
        return ForkedProgram(arguments, self._environment)

    def on_a_terminal(self, *arguments: str) -> tuple[int, str, str]:
        """With stderr on a terminal: exit status, stdout, and what the terminal got."""
        terminal, stderr = os.openpty()
        with os.fdopen(terminal, "rb", buffering=0) as screen:
            process = self._start_on(stderr, arguments)
            os.close(stderr)
            shown = _read_all(screen)
            stdout, _ = process.communicate()
        return process.wait(), stdout, shown

    def on_a_screen(self, columns: int, *arguments: str) -> str:
        """With all of it on a terminal of this width, without colours: what the terminal got."""
        terminal, screen = os.openpty()
        with os.fdopen(terminal, "rb", buffering=0) as shown:
            plain = {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)}
            environment = {**self._environment, **plain}
            process = ForkedProgram(arguments, environment, stdout=screen, stderr=screen)
            os.close(screen)
            seen = _read_all(shown)
            process.wait()
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen).replace("\r\n", "\n")

    def hung_up(self, when: Callable[[], bool], *arguments: str) -> int:
        """With stderr on a terminal that goes away; the exit status."""
        terminal, stderr = os.openpty()
        process = self._start_on(stderr, arguments)
        os.close(stderr)
        while process.poll() is None and not when():
            pass
        os.close(terminal)
        return process.wait()

    def _start_on(self, stderr: int, arguments: Sequence[str]) -> ForkedProgram:
        environment = {**self._environment, "TERM": "xterm", "COLUMNS": "120"}
        return ForkedProgram(arguments, environment, stderr=stderr)


def _ended(process: ForkedProgram) -> Ended:
    stdout, stderr = process.communicate()
    return Ended(process.wait(), stdout, stderr)


def _read_all(screen: Any) -> str:
    shown = b""
    try:
        while part := screen.read(4096):
            shown += part
    except OSError:
        pass  # how Linux says that the other end is closed
    return shown.decode()


def edit_there(qcontact: Sandbox, remote_id: str, **fields: Any) -> None:
    """An agent edits a ticket in QContact, and a run that starts now sees it.

    A run reads no further than QContact's clock, which its answers tell in whole seconds.
    """
    qcontact.world.switch(clock_offset_s=0)
    qcontact.world.edit(remote_id, **fields)
    qcontact.world.switch(clock_offset_s=2)
