"""The output of `status`, `ticket`, `failures` and `conflicts`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from qcontact_sync.cli.console import open_console, state, table
from qcontact_sync.core.canon import printable
from qcontact_sync.core.model import ASSIGNED_TO, TWO_WAY_FIELDS
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.formats import seconds, share, shown_briefly
from qcontact_sync.reporting.health import Health
from qcontact_sync.reporting.wording import conflict_outcome, last_decision, next_try
from qcontact_sync.services.forgetting import Forgotten
from qcontact_sync.services.ticket_story import TicketStory

MAX_LISTED = 100
MAX_VALUE_SHOWN = 60

Row = Mapping[str, Any]


def show_status(health: Health, zone: ZoneInfo) -> None:
    """An overview of the sync, beginning with its problems."""
    console = open_console()
    console.print(state("healthy" if health.is_healthy else "not healthy"))
    for issue in health.health_issues:
        _say(console, f"  ! {issue}")
    for name, value in (
        ("last run", _last_run(health, zone)),
        ("pending outbound", health.pending_outbound),
        ("in quarantine", _with_call(health.quarantined, "failures")),
        ("open conflicts", _with_call(health.conflicts_open, "conflicts")),
        ("failed, last 24 h", health.failed_last_24h),
        ("success, last 7 d", share(health.success_rate_last_7d)),
    ):
        _say(console, f"{name:<20}{value}")


def _last_run(health: Health, zone: ZoneInfo) -> str:
    if health.last_sync_at is None:
        return "none yet"
    started = shown_briefly(health.last_sync_at, zone)
    took = seconds(health.last_sync_duration_seconds)
    return f"{health.last_sync_status}, {started}, took {took}"


def _with_call(count: int, command: str) -> str:
    return f"{count}, see qcontact-sync {command}" if count else "0"


def show_story(story: TicketStory, zone: ZoneInfo, now: datetime) -> None:
    """One ticket: its fields, pending notes, failures and history."""
    console = open_console()
    uid = story.ticket_uid or "not in FibreFlow"
    _say(console, f"{uid} (QContact {story.qcontact_ticket_id})", style="bold")
    if story.problem:
        _say(console, story.problem, style="red")
    if story.fields:
        _show_fields(console, story)
    if story.notes_to_send:
        _say(console, f"notes not sent yet: {story.notes_to_send}")
    if story.failures:
        _say(console, "in quarantine:")
    for entry in story.failures:
        _show_entry(console, entry, zone, now)
    _show_history(console, story.history, zone)


def _show_fields(console: Console, story: TicketStory) -> None:
    shown = table("field", "last agreed", "FibreFlow", "QContact", "the next run, and why")
    for told in story.fields:
        there = "unknown" if told.action == "unknown" else _value(told.remote)
        cells = (
            told.field,
            _last_agreed(told, story.assignees),
            _value(_named(told, told.local, story.assignees)),
            there,
            f"{told.next} ({told.reason})" if told.reason else told.next,
        )
        shown.add_row(*map(Text, cells))
    console.print(shown)


def _last_agreed(told: FieldStory, assignees: Mapping[str, str | None]) -> str:
    """Both halves, FibreFlow's first; QContact's own fields only have QContact's half."""
    there = _value(told.base_remote)
    if told.field not in TWO_WAY_FIELDS:
        return there
    return f"{_value(_named(told, told.base_local, assignees))} / {there}"


def _named(told: FieldStory, value: str | None, assignees: Mapping[str, str | None]) -> str | None:
    is_user = told.field == ASSIGNED_TO and value is not None
    return assignees.get(value or "") or value if is_user else value


def _show_history(console: Console, history: Sequence[Row], zone: ZoneInfo) -> None:
    if not history:
        _say(console, "no history")
        return
    shown = table("history", "direction", "what", "", "")
    for row in history:
        shown.add_row(
            shown_briefly(row["synced_at"], zone),
            row["sync_direction"],
            row["sync_type"],
            state(row["status"]),
            Text(printable(row["error_message"] or _done(row["what"]))),
        )
    console.print(shown)


def _done(what: Any) -> str:
    """Names of the fields written inbound, or names and values of those sent outbound."""
    if isinstance(what, Mapping):
        return ", ".join(f"{name}: {value}" for name, value in what.items())
    return ", ".join(map(str, what)) if isinstance(what, list) else ""


def show_failures(entries: Sequence[Row], zone: ZoneInfo, now: datetime) -> None:
    """Quarantine entries, the first hundred of them."""
    console = open_console()
    if not entries:
        _say(console, "the quarantine is empty")
    for entry in entries[:MAX_LISTED]:
        _show_entry(console, entry, zone, now)
    _say_rest(console, len(entries), "failures")


def _show_entry(console: Console, entry: Row, zone: ZoneInfo, now: datetime) -> None:
    error = f"{entry['error_code']}: {entry['error_message']}"
    _say(console, f"{_ids(entry)}, {entry['direction']}: {error}")
    tries = "once" if entry["attempts"] == 1 else f"{entry['attempts']} times"
    since = shown_briefly(entry["first_failed_at"], zone)
    _say(console, f"    failed {tries} since {since}; {next_try(entry, zone, now)}")
    if decided := last_decision(entry, zone):
        _say(console, f"    last decision: {decided}")
    _say(console, f"    id {entry['id']}", style="dim")


def show_conflicts(conflicts: Sequence[Row], zone: ZoneInfo) -> None:
    """Open conflicts, each with the command to decide it; then those resolved automatically."""
    console = open_console()
    waiting = sum(conflict["is_open"] for conflict in conflicts)
    lost = len(conflicts) - waiting
    need = "conflict needs" if waiting == 1 else "conflicts need"
    _say(console, f"{waiting} open {need} a decision, {lost} resolved")
    for conflict in conflicts[: max(MAX_LISTED, waiting)]:
        _show_conflict(console, conflict, zone)
    _say_rest(console, len(conflicts), "conflicts", max(MAX_LISTED, waiting))


def _show_conflict(console: Console, conflict: Row, zone: ZoneInfo) -> None:
    here, there = _sides(conflict)
    named = f"{conflict['field']} of {_ids(conflict)}"
    _say(console, f"{_kind(conflict)}: {named}: FibreFlow {here}, QContact {there}")
    opened = shown_briefly(conflict["opened_at"], zone)
    _say(console, f"    {conflict['reason']}; {opened}{_end(conflict)}")
    if conflict["is_open"]:
        call = f"qcontact-sync conflicts resolve {conflict['id']} --keep local|remote"
        _say(console, f"    {call}", style="bold")


def show_resolved(conflict: Row) -> None:
    """The result of a decision, and its effect."""
    console = open_console()
    come_next = {
        "kept local": "; the next run sends FibreFlow's value",
        "kept remote": "; QContact's value was written to FibreFlow",
    }
    ended = f"{conflict['field']} of {_ids(conflict)}: {conflict['resolution']}"
    _say(console, ended + come_next.get(conflict["resolution"], ""))


def show_forgotten(forgotten: Forgotten) -> None:
    """What was removed of a ticket."""
    console = open_console()
    _say(
        console,
        f"forgotten: QContact ticket {printable(forgotten.remote_id)} "
        f"({forgotten.links} links, {forgotten.conflicts} conflicts, {forgotten.quarantined} "
        f"quarantine entries, {forgotten.notes} records of notes removed; "
        f"{forgotten.payloads} audit rows emptied)",
    )


def _kind(conflict: Row) -> str:
    if conflict["kind"] == "settled" and not conflict["decided_by"]:
        return "resolved automatically"
    return "open conflict" if conflict["is_open"] else "resolved"


def _sides(conflict: Row) -> tuple[str, str]:
    return (
        _value(conflict["local_name"] or conflict["local_value"]),
        _value(conflict["remote_value"]),
    )


def _end(conflict: Row) -> str:
    if conflict["kind"] == "settled" and not conflict["decided_by"]:
        side = {
            "local": "; FibreFlow's value was not kept",
            "remote": "; QContact's value was not kept",
        }
        return side.get(conflict["loser"], "; both values were kept")
    return "" if conflict["is_open"] else f"; {conflict_outcome(conflict)}"


def _ids(row: Row) -> str:
    uid = f"{row['ticket_uid']} " if row["ticket_uid"] else ""
    return f"{uid}(QContact {row['qcontact_ticket_id']})"


def _value(value: str | None) -> str:
    """A value on one line, or a dash."""
    shown = printable(value or "-")
    return shown if len(shown) <= MAX_VALUE_SHOWN else f"{shown[: MAX_VALUE_SHOWN - 1]}…"


def _say_rest(console: Console, total: int, command: str, listed: int = MAX_LISTED) -> None:
    if total > listed:
        _say(console, f"and {total - listed} more; qcontact-sync {command} --json lists them all")


def _say(console: Console, line: str, style: str | None = None) -> None:
    """One line; the terminal wraps it, so that users can copy whole ids."""
    console.print(Text(printable(line), style=style or ""), soft_wrap=True)
