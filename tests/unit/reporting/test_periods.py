import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from qcontact_sync.reporting.periods import (
    LAST,
    Bucket,
    Period,
    PeriodError,
    period_between,
    period_named,
)

HERE = ZoneInfo("Africa/Johannesburg")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("24h", Bucket.SLOT),
        ("7d", Bucket.SLOT),
        ("30d", Bucket.DAY),
        ("90d", Bucket.DAY),
        ("365d", Bucket.WEEK),
    ],
)
def test_longer_periods_are_drawn_more_coarsely(name, unit):
    assert period_named(name, NOW, HERE).unit is unit


@pytest.mark.parametrize("name", LAST)
def test_a_period_has_never_more_parts_than_can_be_told_apart(name):
    assert len(period_named(name, NOW, HERE).parts(HERE)) <= 130


def test_a_run_that_begins_now_is_part_of_the_last_hours():
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)

    assert period_named("24h", late, HERE) == Period(
        late - timedelta(hours=24),
        late + timedelta(seconds=1),
        "24h",
        date(2026, 11, 25),
        date(2026, 11, 26),
    )


def test_one_day_alone_is_that_day_in_the_zone():
    period = period_between("2026-11-24", "", HERE)

    assert period.start == datetime(2026, 11, 23, 22, tzinfo=UTC)
    assert period.end - period.start == timedelta(days=1)
    assert period.first == period.last == date(2026, 11, 24)


@pytest.mark.parametrize("hour", [0, 11, 23])
def test_days_begin_at_midnight_also_where_clocks_are_changed(hour):
    now = datetime(2026, 4, 10, hour, 59, 58, 7, tzinfo=BERLIN)
    parts = period_named("30d", now, BERLIN).parts(BERLIN)

    days = [datetime(2026, 3, 11, tzinfo=BERLIN) + timedelta(days=n) for n in range(31)]
    assert parts == days


@pytest.mark.parametrize("days", range(7))
def test_weeks_begin_on_mondays(days):
    parts = period_named("365d", NOW + timedelta(days=days), HERE).parts(HERE)

    mondays = [datetime(2025, 11, 24, tzinfo=HERE) + timedelta(weeks=n) for n in range(53)]
    assert parts[:53] == mondays
    assert parts[53:] in ([], [mondays[-1] + timedelta(weeks=1)])


@pytest.mark.parametrize("minutes", [0, 7, 359])
def test_slots_are_those_of_the_schedule(minutes):
    now = datetime(2026, 11, 25, 12, tzinfo=UTC) + timedelta(
        minutes=minutes, seconds=5, microseconds=9
    )
    parts = period_named("24h", now.astimezone(HERE), HERE).parts(HERE)

    assert parts == [
        datetime(2026, 11, 24, 12, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(5)
    ]


@pytest.mark.parametrize("host", ["UTC", "Asia/Kolkata"])
def test_slots_are_in_utc_wherever_the_web_server_stands(host, monkeypatch):
    monkeypatch.setenv("TZ", host)
    time.tzset()
    try:
        parts = period_between("2026-11-24", "", HERE).parts(HERE)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert parts == [
        datetime(2026, 11, 23, 18, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(5)
    ]


def test_what_begins_at_the_end_is_no_part():
    parts = period_between("2026-11-24", "", ZoneInfo("UTC")).parts(ZoneInfo("UTC"))
    assert [moment.hour for moment in parts] == [0, 6, 12, 18]


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2026-11-24", "2026-11-23", "the last day is before the first"),
        ("yesterday", "", "a date has the form 2026-11-24"),
        ("2020-01-01", "2026-01-01", "a period is at most three years long"),
        ("9999-12-31", "", "a date has the form 2026-11-24"),
        ("0001-01-01", "0001-01-02", "the first day must be in 1970 or later"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(first, last, why):
    with pytest.raises(PeriodError) as refused:
        period_between(first, last, BERLIN)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("first", "last"), [("1970-01-01", ""), ("2024-01-01", "2027-01-02")], ids=["oldest", "longest"]
)
def test_the_oldest_day_and_the_longest_period_are_taken(first, last):
    period = period_between(first, last, HERE)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last or first)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(PeriodError, match="24h, 7d"):
        period_named("century", NOW, HERE)
