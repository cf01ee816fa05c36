"""Width, tables and colours of everything that the command line shows."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A table in a file or a pipe is as wide as its content.
_UNBOUNDED_WIDTH = 250
_STYLES = {
    "success": "green",
    "ok": "green",
    "healthy": "green",
    "partial": "yellow",
    "warning": "yellow",
    "failed": "red",
    "not healthy": "red",
    "open conflict": "red",
    "running": "cyan",
    "skipped": "dim",
}


def open_console() -> Console:
    """stdout, as wide as the terminal if it is one."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_UNBOUNDED_WIDTH)
    return console


def table(*headings: str, right: Iterable[str] = ()) -> Table:
    """An empty table; the columns named in ``right`` hold numbers."""
    made = Table(box=box.SIMPLE, pad_edge=False)
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return made


def state(word: str) -> Text:
    """A word in its colour, if it has one."""
    return Text(word, style=_STYLES.get(word, ""))
