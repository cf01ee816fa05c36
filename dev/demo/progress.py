"""Progress on the terminal while the system starts."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table


class Progress:
    """One line a step, with the seconds since the start; a spinner where there is a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line; what does not fit goes on below the text."""
        elapsed = time.monotonic() - self._started
        line = Table.grid(padding=(0, 2))
        line.add_row(f"[dim]{elapsed:6.1f} s[/dim]", text)
        self.console.print(line, highlight=False)

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Show a step while it runs."""
        self.say(f"{doing} ...")
        with self.console.status(doing):
            yield
