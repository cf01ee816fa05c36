"""Slices of a window: how they are asked for, what belongs to them, how they are divided."""

from datetime import UTC, datetime, timedelta

from qcontact_sync.core.model import Window

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MARGIN = timedelta(seconds=1)
REACH = 2 * MARGIN
MAX_PARTS = 16


def is_before(window: Window, moment: datetime) -> bool:
    """Whether a stamp lies just before the window, within what is listed by `widened` bounds."""
    return window.start is not None and window.start - REACH <= moment < window.start


def is_after(window: Window, moment: datetime) -> bool:
    """Whether a stamp lies just after the window, within what is listed by `widened` bounds."""
    return window.end <= moment < window.end + REACH


def is_behind(window: Window, moment: datetime) -> bool:
    """Whether a stamp is too old for a list of this window."""
    return window.start is not None and moment < window.start - REACH


def widened(window: Window) -> Window:
    """The bounds to ask for: QContact may exclude them, and may compare whole seconds."""
    start = None if window.start is None else window.start - MARGIN
    return Window(start, window.end + MARGIN)


def is_divisible(window: Window) -> bool:
    """Whether a window is long enough to be read in two parts."""
    return window.end - (window.start or EARLIEST) >= 2 * MARGIN


def divide(window: Window, parts: int) -> list[Window]:
    """Equal parts, oldest first, with bounds on whole seconds; the first keeps an open start."""
    begin = window.start or EARLIEST
    seconds = int((window.end - begin) / MARGIN)
    count = min(parts, MAX_PARTS, seconds)
    bounds = [begin + MARGIN * (seconds * i // count) for i in range(1, count)]
    starts: list[datetime | None] = [window.start, *bounds]
    return [Window(s, e) for s, e in zip(starts, [*bounds, window.end], strict=True)]
