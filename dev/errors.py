"""The reason why a local run cannot continue, for the terminal."""

from pathlib import Path


class CannotRun(Exception):
    """Stop with a message; ``log`` is the file whose end gives details, if any."""

    def __init__(self, reason: str, log: Path | None = None) -> None:
        super().__init__(reason)
        self.log = log
