"""The two streams of the command line: one JSON document on stdout, sentences on stderr."""

import json
import logging
import sys
from typing import TextIO

from qcontact_sync.core.canon import printable


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
    logging.basicConfig(level=level, format=log_format, handlers=[_StderrHandler()])
    # Without this line, waiting for another run would look like a hang.
    logging.getLogger("qcontact_sync.sync.leases").setLevel(logging.INFO)


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to the present ``sys.stderr``: a progress bar replaces it for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        self.stream = sys.stderr
        super().emit(record)
