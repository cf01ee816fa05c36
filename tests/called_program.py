"""The program called in this process, with arguments, environment and streams of its own.

It is for tests that look at what a command prints, changes and returns: a process for each, even a
forked one, costs more CPU than most commands. Signals, terminals and starts need a process
(`ForkedProgram`).
"""

import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from qcontact_sync.cli.commands import run_command_line

from tests.forked_program import PROGRAM, Ended, text_of


def call_program(arguments: Sequence[str | bytes], environment: Mapping[str, str]) -> Ended:
    """Run ``qcontact-sync`` with these arguments.

    Args:
        environment: All of it.
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        with (
            _streams(stdout, stderr),
            _log_without_handlers(),
            _arguments_and_environment(arguments, environment),
        ):
            status = _exit_status()
        return Ended(status, text_of(stdout), text_of(stderr))


def _exit_status() -> int:
    try:
        return run_command_line()
    except SystemExit as ended:  # how the shell's completion ends
        return int(ended.code or 0)


@contextmanager
def _streams(*files: IO[bytes]) -> Iterator[None]:
    """Files in the place of stdout and stderr."""
    before = sys.stdout, sys.stderr
    for stream in before:
        stream.flush()
    ours = [os.dup(number) for number in (1, 2)]
    try:
        for number, file in enumerate(files, 1):
            os.dup2(file.fileno(), number)
        yield
    finally:
        _let_go(before)
        sys.stdout, sys.stderr = before
        for number, descriptor in enumerate(ours, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _let_go(before: Sequence[object]) -> None:
    """Write what the program's streams still hold; it opens the same files again."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream not in before:
            stream.detach().detach()


@contextmanager
def _log_without_handlers() -> Iterator[None]:
    """As at the start of a process; pytest's own handlers come back."""
    root, leases = logging.root, logging.getLogger("qcontact_sync.sync.leases")
    handlers, levels = root.handlers[:], (root.level, leases.level)
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for logger, level in zip((root, leases), levels, strict=True):
            logger.setLevel(level)


@contextmanager
def _arguments_and_environment(
    arguments: Sequence[str | bytes], environment: Mapping[str, str]
) -> Iterator[None]:
    inherited, argv = dict(os.environ), sys.argv
    sys.argv = [PROGRAM, *map(os.fsdecode, arguments)]
    try:
        _set_environment(environment)
        yield
    finally:
        sys.argv = argv
        _set_environment(inherited)


def _set_environment(environment: Mapping[str, str]) -> None:
    """Change what differs: another thread must find the rest at any time."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(
        {name: value for name, value in environment.items() if os.environ.get(name) != value}
    )
