"""Formats of numbers and times in texts for users."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def seconds(duration_s: float | None) -> str:
    """``1.5 s``, or a dash if it is unknown."""
    return "-" if duration_s is None else f"{duration_s:.1f} s"


def share(rate: float | None) -> str:
    """0 to 1 as ``98.5%``, or a dash if no ticket was tried."""
    return "-" if rate is None else f"{rate:.1%}"


def shown_at(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant in the zone of ``TIMEZONE``, followed by UTC."""
    if instant is None:
        return "the beginning"
    here, there = instant.astimezone(zone), instant.astimezone(UTC)
    return f"{here:%Y-%m-%d %H:%M:%S %Z} ({there:%Y-%m-%dT%H:%M:%SZ})"


def shown_window(run: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The window of a run that was opened (plain values, as for XCom)."""
    start, end = (
        datetime.fromisoformat(text) if text else None
        for text in (run["window_start"], run["window_end"])
    )
    return f"from {shown_at(start, zone)} to {shown_at(end, zone)}"


def shown_briefly(instant: datetime, zone: ZoneInfo, time: str = "%H:%M") -> str:
    """The same to the minute, the day once: ``2026-11-24 08:00 SAST (06:00 UTC)``."""
    here, there = instant.astimezone(zone), instant.astimezone(UTC)
    day = "" if here.date() == there.date() else f"{there:%m-%d} "
    return f"{here:%Y-%m-%d {time} %Z} ({day}{there:{time}} UTC)"


def shown_to_second(instant: datetime, zone: ZoneInfo) -> str:
    """The same to the second, where several may fall into one minute."""
    return shown_briefly(instant, zone, "%H:%M:%S")


def shown_in_mail(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as "24 Nov 08:00 SAST (06:00 UTC)"."""
    local, utc = moment.astimezone(zone), moment.astimezone(UTC)
    return f"{local:%d %b %H:%M %Z} ({utc:%H:%M} UTC)"
