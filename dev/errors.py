"""Why a local run cannot go on, in words for the person at the terminal."""

from pathlib import Path


class CannotRun(Exception):
    """Stop and tell the person; ``log`` is the file whose tail says more, where there is one."""

    def __init__(self, reason: str, log: Path | None = None) -> None:
        super().__init__(reason)
        self.log = log
