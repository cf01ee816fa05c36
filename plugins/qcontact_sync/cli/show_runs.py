"""The output of `run`, `history`, `last` and `doctor`: tables on stdout."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from qcontact_sync.cli.console import open_console, state, table
from qcontact_sync.core.canon import printable
from qcontact_sync.core.model import Direction
from qcontact_sync.core.plan import plan_lines
from qcontact_sync.reporting.formats import seconds, share, shown_at
from qcontact_sync.services.checks import Check
from qcontact_sync.services.results import HistoryRow, JobResult

MAX_ERRORS_SHOWN = 20


def show_result(result: JobResult, zone: ZoneInfo) -> None:
    """A run that just ended: the plan of a dry run, otherwise counts and failures."""
    console = open_console()
    if "plan" in result.sync_result:
        _show_plan(console, result.sync_result["plan"])  # type: ignore[arg-type]
        return
    _show_run(console, str(result.job_id), result, zone)


def show_last(row: HistoryRow | None, zone: ZoneInfo) -> None:
    """The newest recorded run."""
    console = open_console()
    if row is None:
        console.print("no run recorded yet")
        return
    _show_run(console, str(row.id), row, zone)


def show_history(rows: Sequence[HistoryRow], zone: ZoneInfo) -> None:
    """Recorded runs, newest first."""
    headings = (f"started ({zone.key})", "UTC", "status", "took", "inbound", "outbound", "rate")
    shown = table(*headings, "error", right=("took", "inbound", "outbound", "rate"))
    for row in rows:
        shown.add_row(
            f"{row.started_at.astimezone(zone):%Y-%m-%d %H:%M}",
            f"{row.started_at.astimezone(UTC):%m-%d %H:%M}",
            state(row.status),
            seconds(row.duration_seconds),
            f"{row.inbound_processed}/{row.inbound_success}/{row.inbound_failed}",
            f"{row.outbound_processed}/{row.outbound_success}/{row.outbound_failed}",
            share(row.success_rate),
            printable(row.error_code or ""),
        )
    console = open_console()
    console.print(shown if rows else "no such run recorded")
    if rows:
        console.print("inbound, outbound: tickets processed/successful/failed", style="dim")


def show_checks(checks: Sequence[Check]) -> None:
    """What `doctor` found."""
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
    open_console().print(shown)


def _show_run(console: Console, job_id: str, run: JobResult | HistoryRow, zone: ZoneInfo) -> None:
    console.print(state(run.status), f"run {job_id}")
    started, took = shown_at(run.started_at, zone), seconds(run.duration_seconds)
    console.print(f"started {started}, took {took}")
    if run.error_message:
        reason = f"{run.error_code}: {run.error_message}"
        console.print(printable(reason), style="red", markup=False)
    result: Mapping[str, Any] = run.sync_result or {}
    _show_directions(console, result)
    _show_errors(console, result.get("errors") or [])


def _show_directions(console: Console, result: Mapping[str, Any]) -> None:
    numbers = ("processed", "successful", "created", "updated", "skipped", "failed", "seconds")
    shown = table("", *numbers, "", right=numbers)
    for direction in Direction:
        stats = result.get(f"{direction.value}_stats")
        if stats:
            shown.add_row(
                direction.value,
                str(stats.get("total_processed", 0)),
                *(str(stats.get(name, 0)) for name in numbers[1:-1]),
                f"{stats.get('duration_seconds') or 0:.1f}",
                _how_it_ended(stats),
            )
    if shown.row_count:
        console.print(shown)


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
        console.print(printable(line), markup=False)
    if len(errors) > MAX_ERRORS_SHOWN:
        console.print(f"and {len(errors) - MAX_ERRORS_SHOWN} more; `last --json` lists them")


def _show_plan(console: Console, plan: Mapping[str, Mapping[str, Any]]) -> None:
    console.print("dry run: a run would do the following now; nothing was written on either side")
    for direction, part in plan.items():
        summary, *lines = plan_lines(part)
        console.print(f"{direction}: {summary}", markup=False, soft_wrap=True)
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)
