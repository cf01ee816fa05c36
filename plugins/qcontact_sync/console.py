"""What everything that is shown to a person shares: width, tables, colours, times."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A table in a file or a pipe is as wide as it has to be.
_UNBOUNDED_WIDTH = 250
_STYLES = {
    "success": "green",
    "ok": "green",
    "healthy": "green",
    "partial": "yellow",
    "warning": "yellow",
    "failed": "red",
    "not healthy": "red",
    "needs you": "red",
    "running": "cyan",
    "skipped": "dim",
}


def open_console() -> Console:
    """stdout, as wide as the terminal where it is one."""
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


def seconds(duration_s: float | None) -> str:
    """``1.5 s``, or a dash where it is not known."""
    return "-" if duration_s is None else f"{duration_s:.1f} s"


def share(rate: float | None) -> str:
    """0 to 1 as ``98.5%``, or a dash where nothing was tried."""
    return "-" if rate is None else f"{rate:.1%}"


def shown_at(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant in the zone of ``TIMEZONE``, with UTC beside it."""
    if instant is None:
        return "the beginning"
    here, there = instant.astimezone(zone), instant.astimezone(UTC)
    return f"{here:%Y-%m-%d %H:%M:%S %Z} ({there:%Y-%m-%dT%H:%M:%SZ})"


def shown_briefly(instant: datetime, zone: ZoneInfo) -> str:
    """The same to the minute, the day once: ``2026-11-24 08:00 SAST (06:00 UTC)``."""
    here, there = instant.astimezone(zone), instant.astimezone(UTC)
    day = "" if here.date() == there.date() else f"{there:%m-%d} "
    return f"{here:%Y-%m-%d %H:%M %Z} ({day}{there:%H:%M} UTC)"
