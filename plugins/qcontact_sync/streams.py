"""The two streams of the command line: one JSON document on stdout, sentences on stderr."""

import json
import sys

from qcontact_sync.core.canon import printable


def print_json(document: object) -> None:
    """Write the one JSON document of a call to stdout."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """Tell a person something beside the result, on stderr."""
    sys.stderr.write(f"{printable(sentence)}\n")
