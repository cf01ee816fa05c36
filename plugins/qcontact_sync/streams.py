"""The two streams of the command line: one JSON document on stdout, sentences on stderr."""

import json
import sys


def print_json(document: object) -> None:
    """Write the one JSON document of a call to stdout."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def say(sentence: str) -> None:
    """Tell a person something beside the result, on stderr."""
    sys.stderr.write(f"{printable(sentence)}\n")


def printable(text: str) -> str:
    """The text without what would command the terminal: ids are whatever the remote sent."""
    return "".join(c if c.isprintable() else "?" for c in text)
