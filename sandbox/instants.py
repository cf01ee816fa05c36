"""Instants are whole microseconds since 1970 in UTC: they sort, compare and cut exactly."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

Resolution = Literal["seconds", "milliseconds", "microseconds"]
Zone = Literal["Z", "+02:00", "none"]

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: dict[Resolution, int] = {"seconds": SECOND, "milliseconds": 1_000, "microseconds": 1}
_SAST = timezone(timedelta(hours=2))


def parse_instant(text: str) -> int:
    """Read ISO 8601 with ``Z`` or an offset.

    Raises:
        ValueError: not a date, or one without a zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def cut(instant: int, resolution: Resolution) -> int:
    """Round down, as a column of that resolution does."""
    return instant - instant % _UNITS[resolution]


def format_instant(instant: int, resolution: Resolution, zone: Zone) -> str:
    moment = _EPOCH + timedelta(microseconds=instant)
    if zone == "+02:00":
        return moment.astimezone(_SAST).isoformat(timespec=resolution)
    bare = moment.replace(tzinfo=None).isoformat(timespec=resolution)
    return bare + "Z" if zone == "Z" else bare
