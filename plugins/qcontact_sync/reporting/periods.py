"""Periods of the dashboard and their resolution; pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LAST = {
    "24h": ("last 24 hours", timedelta(hours=24)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
    "90d": ("last 90 days", timedelta(days=90)),
    "365d": ("last year", timedelta(days=366)),
}
"""By name: title and length."""

DEFAULT_PERIOD = "7d"
_FINEST, _MIDDLE = timedelta(days=8), timedelta(days=120)
_LONGEST = timedelta(days=3 * 366)
_FIRST_YEAR = 1970


class Bucket(StrEnum):
    """The unit of a chart; a slot is six hours of the schedule, in UTC."""

    SLOT = "slot"
    DAY = "day"
    WEEK = "week"


class PeriodError(ValueError):
    """An invalid period; the message gives the reason for users."""


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open interval ``[start, end)`` in which runs started, aware.

    Attributes:
        name: One of `LAST`, or None if the period was given by its days.
        first, last: Its days as the user gave them, the last included.
    """

    start: datetime
    end: datetime
    name: str | None
    first: date
    last: date

    @property
    def unit(self) -> Bucket:
        """The resolution: chosen so that a chart has at most about a hundred parts."""
        length = self.end - self.start
        if length <= _FINEST:
            return Bucket.SLOT
        return Bucket.DAY if length <= _MIDDLE else Bucket.WEEK

    def parts(self, zone: ZoneInfo) -> list[datetime]:
        """The start of each slot, day or week, oldest first; the first may be before ``start``."""
        if self.unit is Bucket.SLOT:
            begin = self.start.astimezone(UTC)
            begin = begin.replace(hour=begin.hour // 6 * 6, minute=0, second=0, microsecond=0)
            return _steps(begin, self.end, timedelta(hours=6))
        midnight = self.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.unit is Bucket.DAY:
            return _steps(midnight, self.end, timedelta(days=1))
        return _steps(midnight - timedelta(days=midnight.weekday()), self.end, timedelta(weeks=1))


def period_named(name: str, now: datetime, zone: ZoneInfo) -> Period:
    """One of `LAST`, up to now.

    Raises:
        PeriodError: Unknown name.
    """
    if name not in LAST:
        raise PeriodError(f"a period is one of {', '.join(LAST)}, or two dates")
    start = now - LAST[name][1]
    # A run that begins at this very moment is part of it.
    end = now + timedelta(seconds=1)
    return Period(start, end, name, start.astimezone(zone).date(), now.astimezone(zone).date())


def period_between(first: str, last: str, zone: ZoneInfo) -> Period:
    """From one day to another in a zone, both included; one day alone means that day only.

    Raises:
        PeriodError: A date is invalid, they are in the wrong order, or too far apart.
    """
    try:
        begin, finish = (date.fromisoformat(day) for day in (first or last, last or first))
        start = datetime.combine(begin, time(), zone)
        end = datetime.combine(finish + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise PeriodError("a date has the form 2026-11-24") from None
    if begin.year < _FIRST_YEAR:
        raise PeriodError(f"the first day must be in {_FIRST_YEAR} or later")
    if end <= start:
        raise PeriodError("the last day is before the first")
    if end - start > _LONGEST:
        raise PeriodError("a period is at most three years long")
    return Period(start, end, None, begin, finish)


def _steps(begin: datetime, end: datetime, step: timedelta) -> list[datetime]:
    # By the wall clock of its zone, so that days begin at midnight where clocks are changed.
    found = []
    while begin < end:
        found.append(begin)
        begin += step
    return found
