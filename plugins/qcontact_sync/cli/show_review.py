"""The output of `status`, `ticket`, `failures` and `conflicts`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from qcontact_sync.cli.console import is_narrow, open_console, state, table, write
from qcontact_sync.core.canon import printable
from qcontact_sync.core.model import ASSIGNED_TO
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.formats import seconds, share, shown_briefly, shown_to_second
from qcontact_sync.reporting.health import Health
from qcontact_sync.reporting.surroundings import next_run
from qcontact_sync.reporting.timeline import shown_changes
from qcontact_sync.reporting.wording import (
    agreed_value,
    conflict_outcome,
    is_automatic,
    last_decision,
    next_try,
)
from qcontact_sync.services.forgetting import Forgotten
from qcontact_sync.services.ticket_story import TicketStory

MAX_LISTED = 100
MAX_VALUE_SHOWN = 60

Row = Mapping[str, Any]


def show_status(health: Health, zone: ZoneInfo, now: datetime) -> None:
    """An overview of the sync, beginning with its problems."""
    console = open_console()
    console.print(state(health.level))
    for found in health.reasons:
        write(console, f"  ! {found.what}")
        if found.remedy:
            write(console, f"    {found.meaning}; what to do: {found.remedy}")
    for name, value in (
        ("last run", _last_run(health, zone)),
        ("next run", next_run(health, partial(shown_briefly, zone=zone), now)),
        ("in step up to", _in_step(health, zone)),
        ("pending outbound", health.pending_outbound),
        ("in quarantine", _with_call(health.quarantined, "failures")),
        ("open conflicts", _with_call(health.conflicts_open, "conflicts")),
        ("tickets failed, 24 h", health.failed_last_24h),
        ("runs broke, 24 h", health.broken_runs_last_24h),
        ("success, last 7 d", share(health.success_rate_last_7d)),
    ):
        write(console, f"{name:<22}{value}")


def _in_step(health: Health, zone: ZoneInfo) -> str:
    return shown_briefly(health.in_step_until, zone) if health.in_step_until else "-"


def _last_run(health: Health, zone: ZoneInfo) -> str:
    if health.last_sync_at is None:
        return "none yet"
    started = shown_to_second(health.last_sync_at, zone)
    took = seconds(health.last_sync_duration_seconds)
    return f"{health.last_sync_status}, {started}, took {took}"


def _with_call(count: int, command: str) -> str:
    return f"{count}, see qcontact-sync {command}" if count else "0"


def show_story(story: TicketStory, zone: ZoneInfo, links: Mapping[str, str] | None = None) -> None:
    """One ticket: its fields, pending notes, failures, open conflicts and timeline."""
    console = open_console()
    uid = story.ticket_uid or "not in FibreFlow"
    write(console, f"{uid} (QContact {story.qcontact_ticket_id})", style="bold")
    for side, address in (links or {}).items():
        write(console, f"{side}: {address}")
    if story.problem:
        write(console, story.problem, style="red")
    if story.fields:
        _show_fields(console, story)
    if story.notes_to_send:
        write(console, f"notes not sent yet: {story.notes_to_send}")
    if story.failures:
        write(console, "in quarantine:")
    for entry in story.failures:
        _show_entry(console, entry, zone)
    for conflict in story.conflicts:
        if conflict["is_open"]:
            _show_conflict(console, conflict, zone)
    _show_timeline(console, story, zone)


def show_found(found: Sequence[Row]) -> None:
    """Tickets that a search found."""
    console = open_console()
    write(console, f"{len(found)} tickets match; give more of the number, or one of these:")
    for row in found:
        known_by = (row["status"], row["title"], row["dr_number"], row["ont_serial"])
        write(console, f"  {_ids(row)}: {', '.join(_value(part) for part in known_by if part)}")


def _show_fields(console: Console, story: TicketStory) -> None:
    if is_narrow(console):
        _show_fields_in_lines(console, story)
        return
    shown = table("field", "last agreed", "FibreFlow", "QContact", "the next run, and why")
    for field in story.fields:
        there = "unknown" if field.action == "unknown" else _value(field.remote)
        cells = (
            field.field,
            _last_agreed(field, story.assignees),
            _named(field.field, field.local, story.assignees),
            there,
            _step(field),
        )
        shown.add_row(*map(Text, cells))
    console.print(shown)


def _show_fields_in_lines(console: Console, story: TicketStory) -> None:
    for field in story.fields:
        here = _named(field.field, field.local, story.assignees)
        there = "unknown" if field.action == "unknown" else _value(field.remote)
        agreed = _last_agreed(field, story.assignees)
        write(console, field.field, "bold")
        write(console, f"  FibreFlow {here}, QContact {there}; last agreed {agreed}")
        write(console, f"  the next run: {_step(field)}")


def _step(field: FieldStory) -> str:
    return f"{field.next} ({field.reason})" if field.reason else field.next


def _last_agreed(field: FieldStory, assignees: Mapping[str, str | None]) -> str:
    return agreed_value(field, assignees, _named)


def _named(field: str, value: str | None, assignees: Mapping[str, str | None] | None) -> str:
    """A value on one line; of FibreFlow's assignee the name."""
    name = (assignees or {}).get(value or "") if field == ASSIGNED_TO else None
    return _value(name or value)


def _show_timeline(console: Console, story: TicketStory, zone: ZoneInfo) -> None:
    write(console, "timeline, newest first:" if story.timeline else "no history")
    for event in story.timeline:
        by = f" by {event.by}" if event.by else ""
        write(console, f"  {shown_to_second(event.at, zone)}  {event.what}{by}")
        for line in (*shown_changes(event, story.assignees), event.details):
            if line:
                write(console, f"      {line}")


def show_failures(entries: Sequence[Row], zone: ZoneInfo) -> None:
    """Quarantine entries, the first hundred of them."""
    console = open_console()
    if not entries:
        write(console, "the quarantine is empty")
    for entry in entries[:MAX_LISTED]:
        _show_entry(console, entry, zone)
    _say_rest(console, len(entries), "failures")


def _show_entry(console: Console, entry: Row, zone: ZoneInfo) -> None:
    error = f"{entry['error_code']}: {entry['error_message']}"
    write(console, f"{_ids(entry)}, {entry['direction']}: {error}")
    tries = "once" if entry["attempts"] == 1 else f"{entry['attempts']} times"
    since = shown_briefly(entry["first_failed_at"], zone)
    write(console, f"    failed {tries} since {since}; {next_try(entry, zone)}")
    if decided := last_decision(entry, zone):
        write(console, f"    last decision: {decided}")
    write(console, f"    id {entry['id']}", style="dim")


def show_conflicts(conflicts: Sequence[Row], zone: ZoneInfo) -> None:
    """Open conflicts, each with the command to decide it; then those resolved automatically."""
    console = open_console()
    waiting = sum(conflict["is_open"] for conflict in conflicts)
    lost = len(conflicts) - waiting
    need = "conflict needs" if waiting == 1 else "conflicts need"
    write(console, f"{waiting} open {need} a decision, {lost} resolved")
    of_ticket = Counter(row["qcontact_ticket_id"] for row in conflicts if row["is_open"])
    for conflict in conflicts[: max(MAX_LISTED, waiting)]:
        is_only = of_ticket[conflict["qcontact_ticket_id"]] == 1
        _show_conflict(console, conflict, zone, is_only=is_only)
    _say_rest(console, len(conflicts), "conflicts", max(MAX_LISTED, waiting))


def _show_conflict(
    console: Console, conflict: Row, zone: ZoneInfo, *, is_only: bool = False
) -> None:
    here, there = _sides(conflict)
    named = f"{conflict['field']} of {_ids(conflict)}"
    write(console, f"{_kind(conflict)}: {named}: FibreFlow {here}, QContact {there}")
    opened = shown_briefly(conflict["opened_at"], zone)
    write(console, f"    {conflict['reason']}; {opened}{_end(conflict)}")
    if conflict["is_open"]:
        ticket = conflict["ticket_uid"] or conflict["qcontact_ticket_id"]
        which = ticket if is_only else f"{ticket} --field {conflict['field']}"
        call = f"qcontact-sync conflicts resolve {which} --keep local|remote"
        write(console, f"    {call}", "bold", is_command=True)


def show_resolved(conflict: Row) -> None:
    """The result of a decision, and its effect."""
    console = open_console()
    come_next = {
        "kept local": "; the next run sends FibreFlow's value",
        "kept remote": "; QContact's value was written to FibreFlow",
    }
    ended = f"{conflict['field']} of {_ids(conflict)}: {conflict['resolution']}"
    write(console, ended + come_next.get(conflict["resolution"], ""))


def show_forgotten(forgotten: Forgotten) -> None:
    """What was removed of a ticket."""
    console = open_console()
    write(
        console,
        f"forgotten: QContact ticket {printable(forgotten.remote_id)} "
        f"({forgotten.links} links, {forgotten.conflicts} conflicts, {forgotten.quarantined} "
        f"quarantine entries, {forgotten.notes} records of notes removed; "
        f"{forgotten.payloads} audit rows emptied)",
    )


def _kind(conflict: Row) -> str:
    if is_automatic(conflict):
        return "resolved automatically"
    return "open conflict" if conflict["is_open"] else "resolved"


def _sides(conflict: Row) -> tuple[str, str]:
    return (
        _value(conflict["local_name"] or conflict["local_value"]),
        _value(conflict["remote_value"]),
    )


def _end(conflict: Row) -> str:
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
        write(console, f"and {total - listed} more; qcontact-sync {command} --json lists them all")
