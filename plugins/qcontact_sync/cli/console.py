"""Width, tables and colours of everything that the command line shows."""

import textwrap
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from qcontact_sync.core.canon import printable

_NARROW = 100
"""Below this width, what would be a table is a block of lines for each row."""
_HANGING = 2
# A table in a file or a pipe is as wide as its content.
_UNBOUNDED_WIDTH = 250
_STYLES = {
    "success": "green",
    "ok": "green",
    "healthy": "green",
    "partial": "yellow",
    "warning": "yellow",
    "failed": "red",
    "needs attention": "yellow",
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


def is_narrow(console: Console) -> bool:
    """Whether a table of many columns would be cut up."""
    return console.width < _NARROW


def write(console: Console, line: str, style: str = "", *, is_command: bool = False) -> None:
    """One line; on a terminal it is wrapped between words and keeps its indentation.

    Args:
        is_command: Never broken here, so that users can copy it whole.
    """
    text = printable(line)
    if console.is_terminal and not is_command:
        indent = " " * (len(text) - len(text.lstrip()) + _HANGING)
        text = textwrap.fill(
            text,
            max(console.width, len(indent) + 20),
            subsequent_indent=indent,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        )
    console.print(Text(text, style=style), soft_wrap=True)


def table(*headings: str, right: Iterable[str] = ()) -> Table:
    """An empty table; the columns named in ``right`` hold numbers."""
    made = Table(box=box.SIMPLE, pad_edge=False)
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return made


def show_rows(
    console: Console,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Iterable[str] = (),
) -> None:
    """A table where the console is wide enough for its cells, otherwise lines for each row."""
    cells = [[printable(cell) for cell in row] for row in rows]
    shown = table(*headings, right=right)
    for row in cells:
        shown.add_row(*map(Text, row))
    unbounded = console.options.update(max_width=_UNBOUNDED_WIDTH)
    if Measurement.get(console, unbounded, shown).maximum <= console.width:
        console.print(shown)
        return
    for first, *rest in cells:
        write(console, first, "bold")
        named = zip(headings[1:], rest, strict=True)
        named_cells = (f"{name}: {cell}" if name else cell for name, cell in named if cell)
        write(console, f"  {'; '.join(named_cells)}")
    console.print()


def state(word: str) -> Text:
    """A word in its colour, if it has one."""
    return Text(word, style=_STYLES.get(word, ""))
