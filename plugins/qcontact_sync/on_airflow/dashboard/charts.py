"""The charts of a period: from rows to shapes; the templates write shapes as SVG.

A chart's width is one unit per part and its height 100; the page stretches it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qcontact_sync.reporting.alerts import LOW_RATE
from qcontact_sync.reporting.formats import seconds, share
from qcontact_sync.reporting.periods import Bucket, Period

Row = Mapping[str, Any]
STATUSES = ("failed", "partial", "running", "success")
"""Worst first."""
_STEPS = (1, 2, 5)
_FLOORS = (0.0, 0.5, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: ``y`` from the top, ``height``, in percent; ``kind`` is a class of the style."""

    x: int
    y: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Part:
    """A slot, day or week.

    Attributes:
        row: Its row of ``chart_runs``; None if no run began.
        worst: The worst status in it.
        bars: The shares of its runs by status, worst on top.
        silent: Only of a week: its whole days on which no run began.
    """

    starts_at: datetime
    label: str
    row: Row | None
    worst: str
    bars: tuple[Bar, ...]
    silent: tuple[date, ...] = ()

    @property
    def description(self) -> str:
        """Its runs, as text for users."""
        if self.row is None:
            return f"{self.label}: no run"
        said = [f"{self.row[status]} {status}" for status in STATUSES if self.row[status]]
        said += [f"no run on {day:%a} {day.day} {day:%b}" for day in self.silent]
        return f"{self.label}: {', '.join(said)}"


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure.

    Attributes:
        top, bottom: Labels of the ends of the vertical axis.
        description: The content as text, for screen readers.
    """

    title: str
    bars: tuple[Bar, ...]
    width: int
    top: str
    description: str
    bottom: str = "0"


def parts_of(period: Period, rows: Sequence[Row], zone: ZoneInfo) -> list[Part]:
    """Each part of a period, also parts without runs."""
    by_start = {row["bucket_start"]: row for row in rows}
    return [
        _part(starts_at, row, period, zone)
        for starts_at in period.parts(zone)
        # The first part may begin before the period; without runs, it is omitted.
        if (row := by_start.get(starts_at)) or starts_at >= period.start
    ]


def _part(starts_at: datetime, row: Row | None, period: Period, zone: ZoneInfo) -> Part:
    label = part_label(starts_at, period.unit, zone)
    if row is None:
        return Part(starts_at, label, None, "none", ())
    bars, y = [], 0.0
    for status in STATUSES:
        if height := 100 * row[status] / row["runs"]:
            bars.append(Bar(0, y, height, status))
            y += height
    worst = next(status for status in STATUSES if row[status])
    return Part(
        starts_at, label, row, worst, tuple(bars), _silent_days(starts_at, row, period, zone)
    )


def _silent_days(starts_at: datetime, row: Row, period: Period, zone: ZoneInfo) -> tuple[date, ...]:
    """A week's whole days inside the period on which no run began: a bar alone would hide them."""
    if period.unit is not Bucket.WEEK:
        return ()
    monday = starts_at.astimezone(zone).date()
    begun, ends = period.start.astimezone(zone), period.end.astimezone(zone).date()
    days = (monday + timedelta(days=n) for n in range(7))
    whole = (day for day in days if datetime.combine(day, time(), zone) >= begun and day < ends)
    return tuple(day for day in whole if day not in row["days"])


def part_label(starts_at: datetime, unit: Bucket, zone: ZoneInfo) -> str:
    """``Tue 24 Nov 08:00``, ``Tue 24 Nov`` or ``week of 23 Nov 2026``."""
    here = starts_at.astimezone(zone)
    if unit is Bucket.SLOT:
        return f"{here:%a} {here.day} {here:%b} {here:%H:%M}"
    return (
        f"{here:%a} {here.day} {here:%b}" if unit is Bucket.DAY else f"week of {here.day} {here:%b}"
    )


def days_of(part: Part, unit: Bucket, zone: ZoneInfo) -> tuple[str, str]:
    """The first and last day of a part, for the link to its details."""
    first = part.starts_at.astimezone(zone).date()
    last = first + timedelta(days=6 if unit is Bucket.WEEK else 0)
    return first.isoformat(), last.isoformat()


def charts_of(parts: Sequence[Part]) -> list[Chart]:
    """Success rate, tickets per run in either direction, duration."""
    return [
        _success_rate(parts),
        _tickets("Tickets per run (mean), QContact to FibreFlow", "inbound", parts),
        _tickets("Tickets per run (mean), FibreFlow to QContact", "outbound", parts),
        _duration(parts),
    ]


def _success_rate(parts: Sequence[Part]) -> Chart:
    rates = [(x, p.row["success_rate"]) for x, p in enumerate(parts) if p.row]
    known = [(x, rate) for x, rate in rates if rate is not None]
    # The axis begins close to the values: from 0 on, 97 and 100 % look the same.
    bottom = max(floor for floor in _FLOORS if all(rate >= floor for _, rate in known))
    bars = [
        # The lowest rate is still visible.
        _standing(x, max(100 * (rate - bottom) / (1 - bottom), 2), _rate_kind(rate))
        for x, rate in known
    ]
    description = _extreme("lowest", parts, "success_rate", share, is_low=True)
    return Chart("Success rate", tuple(bars), len(parts), "100%", description, f"{bottom:.0%}")


def _rate_kind(rate: float) -> str:
    return "rate" if rate >= LOW_RATE else "low"


def _tickets(title: str, direction: str, parts: Sequence[Part]) -> Chart:
    done, failed = f"{direction}_success", f"{direction}_failed"
    top = nice_top(max((p.row[done] + p.row[failed] for p in parts if p.row), default=0))
    bars = []
    for x, part in enumerate(parts):
        if part.row:
            low = 100 * part.row[done] / top
            high = 100 * part.row[failed] / top
            bars += [_standing(x, low, "done")] if low else []
            bars += [Bar(x, 100 - low - high, high, "lost")] if high else []
    return Chart(
        title,
        tuple(bars),
        len(parts),
        f"{top:g}",
        _extreme("most", parts, done, lambda count: f"{count:.0f}"),
    )


def _duration(parts: Sequence[Part]) -> Chart:
    top = nice_top(max((p.row["longest_seconds"] or 0 for p in parts if p.row), default=0))
    bars = []
    for x, part in enumerate(parts):
        if part.row and part.row["longest_seconds"]:
            bars.append(_standing(x, 100 * part.row["longest_seconds"] / top, "longest"))
            bars.append(_standing(x, 100 * part.row["median_seconds"] / top, "median"))
    return Chart(
        "Duration, median and longest",
        tuple(bars),
        len(parts),
        f"{top:g} s",
        _extreme("longest", parts, "longest_seconds", seconds),
    )


def _standing(x: int, height: float, kind: str) -> Bar:
    return Bar(x, 100 - height, height, kind)


def _extreme(
    word: str, parts: Sequence[Part], column: str, shown: Any, is_low: bool = False
) -> str:
    known = [part for part in parts if part.row and part.row[column] is not None]
    if not known:
        return "nothing to show"
    pick = min if is_low else max
    found = pick(known, key=lambda part: part.row[column] if part.row else 0)
    value = found.row[column] if found.row else None
    return f"{word} {shown(value)}, {found.label}"


def nice_top(largest: float) -> float:
    """The next 1, 2 or 5 times a power of ten, at least 1."""
    scale = 1.0
    while largest > 10 * scale:
        scale *= 10
    return next((step * scale for step in _STEPS if step * scale >= largest), 10 * scale)
