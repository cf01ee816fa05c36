"""The two streams of the command line: one JSON document on stdout, sentences on stderr."""

import errno
import io
import json
import logging
import os
import sys
from typing import Any, TextIO

from qcontact_sync.core.canon import printable


class _LastingFile(io.RawIOBase):
    """A file that drops what cannot be written: the disk is full, the reader gone, it is closed.

    A run goes on, and its exit status shows how it ended.

    Attributes:
        lost: The first error; None while all was written.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.lost: OSError | None = None

    def writable(self) -> bool:
        """Always: see above."""
        return True

    def fileno(self) -> int:
        """As the terminal's width is asked for by it."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether a person looks on."""
        try:
            return os.isatty(self._descriptor)
        except OSError:
            return False

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Write what can be written; the rest counts as written."""
        if self.lost is not None:
            return len(data)
        try:
            return os.write(self._descriptor, data)
        except OSError as error:
            self.lost = error
            return len(data)


_stdout = _LastingFile(1)


def open_streams() -> None:
    """Keep stdout and stderr usable for the whole call, even if their readers end."""
    _occupy_closed()
    files: dict[str, io.RawIOBase] = {"stdout": _stdout, "stderr": _LastingFile(2)}
    for name, file in files.items():
        # A name from QContact may hold characters that this terminal cannot show. Where the
        # stream was closed before the start, there is none.
        encoding = getattr(getattr(sys, name), "encoding", "utf-8")
        buffer = io.BufferedWriter(file)
        stream = io.TextIOWrapper(buffer, encoding, errors="replace", line_buffering=True)
        setattr(sys, name, stream)


def _occupy_closed() -> None:
    """Else the next socket would get the number of a closed stream, and what is printed with it."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def is_result_lost() -> bool:
    """Whether the result could not be written; not where its reader had enough."""
    sys.stdout.flush()
    return _stdout.lost is not None and _stdout.lost.errno != errno.EPIPE


def print_json(document: object) -> None:
    """Write the one JSON document of a call to stdout."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """Write a message to stderr, beside the result."""
    sys.stderr.write(f"{printable(sentence)}\n")


def log_to_stderr(level: int) -> None:
    """Show the log from this level on."""
    log_format = "%(asctime)s %(levelname)s %(name)s %(message)s"
    handler = _StderrHandler()
    handler.setFormatter(_LineFormatter(log_format))
    logging.basicConfig(level=level, handlers=[handler])
    # Without a message, waiting for another run looks like hanging.
    logging.getLogger("qcontact_sync.sync.leases").setLevel(logging.INFO)


class _LineFormatter(logging.Formatter):
    """One line a record, and those of its trace behind a mark.

    An id or an error's text may hold line ends and terminal sequences: nothing in it may look like
    a line of the log, or be carried out by the terminal.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's own line."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The lines of a trace."""
        return "\n".join(
            f"| {printable(line)}" for line in super().formatException(ei).splitlines()
        )


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to the present ``sys.stderr``: a progress bar replaces it for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stderr
        super().emit(record)
