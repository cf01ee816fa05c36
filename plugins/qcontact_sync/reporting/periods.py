"""Stretches of the past that a person looks at, and how finely; pure."""

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
"""By name: how it is called, and how long it is."""

DEFAULT = "7d"
_FINEST, _MIDDLE = timedelta(days=8), timedelta(days=120)
_LONGEST = timedelta(days=3 * 366)
_FIRST_YEAR = 1970


class Bucket(StrEnum):
    """What is drawn as one; a slot is one of the schedule's six hours, in UTC."""

    SLOT = "slot"
    DAY = "day"
    WEEK = "week"


class PeriodError(ValueError):
    """A period that cannot be meant; says why, for a person."""


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open stretch ``[start, end)`` of runs' starts, aware.

    Attributes:
        name: One of `LAST`, or None where it was given by its days.
        first, last: Its days, the last included, as a person gives them.
    """

    start: datetime
    end: datetime
    name: str | None
    first: date
    last: date

    @property
    def unit(self) -> Bucket:
        """How finely it is drawn, so that there are never more than a hundred or so parts."""
        length = self.end - self.start
        if length <= _FINEST:
            return Bucket.SLOT
        return Bucket.DAY if length <= _MIDDLE else Bucket.WEEK

    def parts(self, zone: ZoneInfo) -> list[datetime]:
        """When each slot, day or week of it begins, oldest first; the first may begin before it."""
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
        PeriodError: There is none of that name.
    """
    if name not in LAST:
        raise PeriodError(f"a period is one of {', '.join(LAST)}, or two days")
    start = now - LAST[name][1]
    # A run that begins at this very moment is part of it.
    end = now + timedelta(seconds=1)
    return Period(start, end, name, start.astimezone(zone).date(), now.astimezone(zone).date())


def period_between(first: str, last: str, zone: ZoneInfo) -> Period:
    """From one day to another in a zone, both included; either alone means that one day.

    Raises:
        PeriodError: They are no days, in the wrong order, or years apart.
    """
    try:
        begin, finish = (date.fromisoformat(day) for day in (first or last, last or first))
        start = datetime.combine(begin, time(), zone)
        end = datetime.combine(finish + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        raise PeriodError("a day is written as 2026-11-24") from None
    if begin.year < _FIRST_YEAR:
        raise PeriodError(f"a day lies in {_FIRST_YEAR} or later")
    if end <= start:
        raise PeriodError("the last day lies before the first")
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
