"""The output of `run`, `history`, `last` and `doctor`: tables on stdout."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from qcontact_sync.cli.console import is_narrow, open_console, state, table, write
from qcontact_sync.core.canon import printable
from qcontact_sync.core.model import Direction
from qcontact_sync.core.plan import plan_lines
from qcontact_sync.core.stats import stats_in
from qcontact_sync.reporting.advice import advice_for
from qcontact_sync.reporting.formats import seconds, share, shown_at, shown_to_second
from qcontact_sync.services.checks import Check
from qcontact_sync.services.results import HistoryRow, JobResult

MAX_ERRORS_SHOWN = 20
_DIRECTION_COUNTS = {
    "total_processed": "processed",
    "successful": "written",
    "created": "created",
    "updated": "updated",
    "skipped": "unchanged",
    "failed": "failed",
}
_DIRECTION_NUMBERS = (*_DIRECTION_COUNTS.values(), "seconds")
_COUNTED = ("processed", "success", "failed")
_COUNTS_BY_DIRECTION = (
    *("inbound processed", "inbound written", "inbound failed"),
    *("outbound processed", "outbound written", "outbound failed"),
)


def show_result(result: JobResult, zone: ZoneInfo) -> None:
    """A run that just ended: the plan of a dry run, otherwise counts and failures."""
    console = open_console()
    if "plan" in result.sync_result:
        _show_plan(console, result.sync_result["plan"])  # type: ignore[arg-type]
        return
    _show_run(console, str(result.job_id), result, zone)


def show_last(row: HistoryRow | None, zone: ZoneInfo) -> None:
    """Print the newest recorded run, or that there is none."""
    console = open_console()
    if row is None:
        console.print("no run recorded yet")
        return
    _show_run(console, str(row.id), row, zone)


def show_history(rows: Sequence[HistoryRow], zone: ZoneInfo) -> None:
    """Print recorded runs as a table, newest first."""
    console = open_console()
    if not rows:
        console.print("no such run recorded")
    elif is_narrow(console):
        for row in rows:
            _show_in_lines(console, row, zone)
    else:
        console.print(_history_table(rows, zone))


def _show_in_lines(console: Console, row: HistoryRow, zone: ZoneInfo) -> None:
    started = shown_to_second(row.started_at, zone)
    console.print(Text(f"{started}  "), state(row.status), sep="")
    write(console, f"    {'took':<10}{seconds(row.duration_seconds)}")
    for direction in Direction:
        done = [getattr(row, f"{direction.value}_{what}") for what in _COUNTED]
        counts = "{} processed, {} written, {} failed".format(*done)
        write(console, f"    {direction.value:<10}{counts}")
    if row.error_code:
        write(console, f"    {row.error_code}", "red")


def _history_table(rows: Sequence[HistoryRow], zone: ZoneInfo) -> Table:
    headings = (f"started ({zone.key})", "UTC", "status", "took", *_COUNTS_BY_DIRECTION, "rate")
    shown = table(*headings, "error", right=("took", *_COUNTS_BY_DIRECTION, "rate"))
    for row in rows:
        shown.add_row(
            f"{row.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            f"{row.started_at.astimezone(UTC):%m-%d %H:%M:%S}",
            state(row.status),
            seconds(row.duration_seconds),
            *(str(getattr(row, f"{d.value}_{what}")) for d in Direction for what in _COUNTED),
            share(row.success_rate),
            printable(row.error_code or ""),
        )
    return shown


def show_checks(checks: Sequence[Check]) -> None:
    """Print the checks of `doctor` with what to do, as a table or, if it is narrow, as lines."""
    console = open_console()
    if is_narrow(console):
        for check in checks:
            console.print(state(check.state), Text(f" {check.name}"), sep="")
            write(console, f"    {check.found}")
            if check.advice:
                write(console, f"    {check.advice}", "bold")
        return
    shown = table("check", "state", "what was found, what to do")
    for check in checks:
        found = printable(check.found)
        shown.add_row(
            check.name,
            state(check.state),
            f"{escape(found)}\n[bold]{escape(check.advice)}[/bold]"
            if check.advice
            else escape(found),
        )
    console.print(shown)


def _show_run(console: Console, job_id: str, run: JobResult | HistoryRow, zone: ZoneInfo) -> None:
    console.print(state(run.status), f"run {job_id}")
    started, took = shown_at(run.started_at, zone), seconds(run.duration_seconds)
    console.print(f"started {started}, took {took}")
    if run.error_message:
        write(console, f"{run.error_code}: {run.error_message}", "red")
        meaning, remedy = advice_for(run.error_code)
        if remedy:
            write(console, f"{meaning}: {remedy}", "bold")
    result: Mapping[str, Any] = run.sync_result or {}
    _show_directions(console, result)
    _show_errors(console, result.get("errors") or [])


def _show_directions(console: Console, result: Mapping[str, Any]) -> None:
    directions = stats_in(result)
    if is_narrow(console):
        for direction, stats in directions.items():
            for line in _direction_lines(direction, stats):
                write(console, line)
        return
    shown = table("", *_DIRECTION_COUNTS.values(), "seconds", "", right=_DIRECTION_NUMBERS)
    for direction, stats in directions.items():
        shown.add_row(
            direction.value,
            *(str(stats.get(name, 0)) for name in _DIRECTION_COUNTS),
            f"{stats.get('duration_seconds') or 0:.1f}",
            _how_it_ended(stats),
        )
    if shown.row_count:
        console.print(shown)


def _direction_lines(direction: Direction, stats: Mapping[str, Any]) -> Iterator[str]:
    ended = _how_it_ended(stats)
    took = seconds(stats.get("duration_seconds") or 0)
    yield f"{direction.value}: took {took}{f', {ended}' if ended else ''}"
    counts = (f"{stats.get(name, 0)} {word}" for name, word in _DIRECTION_COUNTS.items())
    yield f"    {', '.join(counts)}"


def _how_it_ended(stats: Mapping[str, Any]) -> str:
    if stats.get("error_code"):
        return printable(str(stats["error_code"]))
    return "" if stats.get("is_complete", True) else "stopped before its end"


def _show_errors(console: Console, errors: Sequence[Mapping[str, Any]]) -> None:
    for error in errors[:MAX_ERRORS_SHOWN]:
        line = (
            f"failed: {error.get('qcontact_ticket_id')} ({error.get('sync_type')}) "
            f"{error.get('error_code')}: {error.get('error_message')}"
        )
        write(console, line)
    if len(errors) > MAX_ERRORS_SHOWN:
        console.print(f"and {len(errors) - MAX_ERRORS_SHOWN} more; `last --json` lists them")


def _show_plan(console: Console, plan: Mapping[str, Mapping[str, Any]]) -> None:
    write(console, "dry run: a run would do the following now; nothing was written on either side")
    for direction, part in plan.items():
        summary, *lines = plan_lines(part)
        write(console, f"{direction}: {summary}")
        for line in lines:
            write(console, f"  {line}")
