"""Tables for the terminal: the counts of a run, and the tickets it changed."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dev.demo.counting import Tally
from dev.demo.edits import Edit
from dev.demo.fibreflow import Row

SHOWN = 12
COUNTS = ("total_processed", "created", "updated", "skipped", "failed")
HEADINGS = ("processed", "created", "updated", "unchanged", "failed", "seconds")
COLOURS = {"success": "green", "partial": "yellow", "failed": "red", "running": "cyan"}
WAYS = {"inbound": "FibreFlow", "outbound": "QContact"}
"""Where each direction writes."""
WARNED = "*"


def run_table(title: str, run: Row) -> RenderableType:
    """Return a run's counts per direction; ``run`` is a row of ``sync_job_history``."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("written to")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    result = run["sync_result"] or {}
    for direction, way in WAYS.items():
        table.add_row(way, *_counts(result.get(f"{direction}_stats")))
    return Group(table, _verdict(run))


def moves_table(moves: Sequence[Row]) -> RenderableType:
    """Return the first changed tickets, and the number of the others."""
    if not moves:
        return Text("  No ticket changed.")
    table = Table(box=None, pad_edge=True, header_style="dim")
    for heading in ("written to", "QContact", "FibreFlow", "what", "now", "assigned to"):
        table.add_column(heading)
    for move in moves[:SHOWN]:
        table.add_row(*_move(move))
    more = len(moves) - SHOWN
    below = [Text(f"  and {more} more")] if more > 0 else []
    if any(move["outcome"] == "partial" for move in moves[:SHOWN]):
        below.append(Text(f"  {WARNED} with a warning; the page of the ticket gives it"))
    return Group(table, *below)


def edits_table(edits: Iterable[Edit]) -> RenderableType:
    """Return the edits of the demo."""
    table = Table(title="Edits", title_justify="left", title_style="bold", box=None)
    for heading in ("side", "ticket", "change"):
        table.add_column(heading)
    for edit in edits:
        table.add_row(Text(edit.side), Text(edit.ticket), Text(edit.what))
    return table


def show_run(console: Console, title: str, run: Row, moves: Sequence[Row]) -> None:
    """Print a run with its tickets."""
    console.print()
    console.print(run_table(title, run))
    console.print(moves_table(moves))
    console.print()


def show_tally(console: Console, edits: int, tally: Tally) -> None:
    """Print the result of the count: green, or red with each finding."""
    style = "bold green" if tally.is_clean else "bold red"
    console.print(Text(f"\n{tally}", style=style).append(f"  of {edits} edits", style="default"))
    console.print(Text("\n".join(f"  {finding}" for finding in tally.findings()), style="red"))


def _counts(stats: dict[str, Any] | None) -> list[str]:
    if stats is None:
        return ["-"] * len(HEADINGS)
    seconds = stats.get("duration_seconds")
    took = "-" if seconds is None else f"{float(seconds):.1f}"
    return [*(str(stats.get(name, "-")) for name in COUNTS), took]


def _verdict(run: Row) -> Text:
    verdict = Text("status: ").append(run["status"], style=COLOURS.get(run["status"], ""))
    reason = ": ".join(part for part in (run["error_code"], run["error_message"]) if part)
    return verdict.append(f"  {reason}" if reason else "")


def _what(move: Row) -> str:
    """What was done; of an update, which fields: a changed title is no change of the status."""
    fields = move["fields"]
    if move["sync_type"] == "status_update" and isinstance(fields, list | dict) and fields:
        return f"update: {', '.join(map(str, fields))}"
    return str(move["sync_type"]).replace("_", " ")


def _move(move: Row) -> list[Text]:
    what = _what(move)
    if move["outcome"] == "partial":
        what = f"{what} {WARNED}"
    elif move["outcome"] != "success":
        what = f"{what} ({move['outcome']})"
    cells = (
        WAYS.get(move["sync_direction"], move["sync_direction"]),
        move["qcontact_ticket_id"],
        move["ticket_uid"],
        what,
        move["ticket_status"],
        move["assignee"],
    )
    return [Text(str(cell)) if cell else Text("-", style="dim") for cell in cells]
