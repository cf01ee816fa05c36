"""The window that a run reads, and whether it may move the cursor (docs/airflow.md)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qcontact_sync.core.model import Direction, Window
from qcontact_sync.core.request import ParamError, RunRequest


class Trigger(StrEnum):
    """How the run was started."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class RunWindow:
    """A run's window, resolved once at its start and kept across retries.

    Attributes:
        moves_cursor: Whether a complete inbound read of the window moves the cursor.
        is_dated: Whether outbound is limited to tickets that changed inside the window, and the
            quarantine is not retried.
        ends_now: No end was given: the window ends at the remote's present. With a slow clock of
            our own, the newest changes would be left out.
    """

    window: Window
    moves_cursor: bool
    is_dated: bool
    ends_now: bool = False


def resolve_window(
    trigger: Trigger,
    request: RunRequest,
    interval: Window | None,
    cursor: datetime | None,
    now: datetime,
) -> RunWindow:
    """Resolve a run's window.

    Args:
        interval: The DAG run's data interval, if the scheduler or a backfill gave one.
        cursor: Everything inbound before it is settled; None before the first run.
        now: The worker's present.

    Raises:
        ParamError: Dates in a backfill's conf, or an empty window.
    """
    if trigger is Trigger.BACKFILL and request.is_dated:
        raise ParamError(
            "start_date and end_date have no place in a backfill: each of its runs has its own "
            "window; give the backfill's own from and to dates"
        )
    window, is_dated = _window(trigger, request, interval, cursor, now)
    moves = (
        not is_dated
        and trigger is not Trigger.BACKFILL
        and not request.ticket_ids
        and not request.dry_run
        and Direction.INBOUND in request.directions
    )
    ends_now = not is_dated and (trigger is Trigger.MANUAL or interval is None)
    return RunWindow(window, moves_cursor=moves, is_dated=is_dated, ends_now=ends_now)


def _window(
    trigger: Trigger,
    request: RunRequest,
    interval: Window | None,
    cursor: datetime | None,
    now: datetime,
) -> tuple[Window, bool]:
    if request.is_dated:
        return _cut("start_date", request.start_date, request.end_date or now, now), True
    if trigger is Trigger.BACKFILL and interval is not None:
        return _cut("the backfill's interval from", interval.start, interval.end, now), True
    if trigger is Trigger.SCHEDULED and interval is not None:
        # From the cursor, not from the interval's start: this closes a gap after an outage.
        if cursor is not None and cursor >= interval.end:
            return interval, False
        return Window(cursor, interval.end), False
    return Window(cursor, now if cursor is None else max(cursor, now)), False


def _cut(name: str, start: datetime | None, end: datetime, now: datetime) -> Window:
    if start is not None and start >= min(end, now):
        raise ParamError(f"{name} {start.isoformat()} lies in the future")
    return Window(start, min(end, now))


def read_window(
    window: Window,
    overlap: timedelta,
    remote_now: datetime | None,
    since_cursor: timedelta | None = None,
) -> Window:
    """The window to request: it starts earlier by the overlap and ends at the remote's present.

    A worker with a fast clock must not move the cursor past changes that are still to come. If the
    remote's clock was set back, new changes have stamps before the cursor.

    Args:
        since_cursor: The time since the run that moved the cursor began, if the window starts at
            the cursor: at that time a steady remote clock showed at least the cursor.
    """
    start = window.start
    if start is not None and remote_now is not None and since_cursor is not None:
        start = min(start, remote_now - since_cursor)
    start = start - overlap if start is not None else None
    end = window.end if remote_now is None else min(window.end, remote_now)
    return Window(start, end if start is None else max(start, end))
