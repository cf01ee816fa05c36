from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from qcontact_sync.core.periods import (
    LAST,
    PeriodError,
    Unit,
    period_between,
    period_named,
)

HERE = ZoneInfo("Africa/Johannesburg")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("24h", Unit.SLOT),
        ("7d", Unit.SLOT),
        ("30d", Unit.DAY),
        ("90d", Unit.DAY),
        ("365d", Unit.WEEK),
    ],
)
def test_longer_periods_are_drawn_more_coarsely(name, unit):
    assert period_named(name, NOW, HERE).unit is unit


@pytest.mark.parametrize("name", LAST)
def test_a_period_has_never_more_parts_than_can_be_told_apart(name):
    assert len(period_named(name, NOW, HERE).parts(HERE)) <= 130


def test_a_run_that_begins_now_is_part_of_the_last_hours():
    period = period_named("24h", NOW, HERE)

    assert period.start <= NOW - timedelta(hours=23)
    assert period.end > NOW


def test_one_day_alone_is_that_day_in_the_zone():
    period = period_between("2026-11-24", "", HERE)

    assert period.start == datetime(2026, 11, 23, 22, tzinfo=UTC)
    assert period.end - period.start == timedelta(days=1)
    assert period.first == period.last == date(2026, 11, 24)


def test_days_begin_at_midnight_also_where_clocks_are_changed():
    period = period_between("2026-03-20", "2026-04-10", BERLIN)

    assert {part.hour for part in period.parts(BERLIN)} == {0}
    assert len(period.parts(BERLIN)) == 22


def test_weeks_begin_on_mondays():
    parts = period_named("365d", NOW, HERE).parts(HERE)

    assert {part.weekday() for part in parts} == {0}


def test_slots_are_those_of_the_schedule():
    parts = period_between("2026-11-24", "2026-11-24", HERE).parts(HERE)

    assert [part.astimezone(UTC).hour for part in parts] == [18, 0, 6, 12, 18]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-24", "2026-11-23"),
        ("yesterday", ""),
        ("2020-01-01", "2026-01-01"),
        ("9999-12-31", ""),
        ("0001-01-01", "0001-01-02"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(first, last):
    with pytest.raises(PeriodError):
        period_between(first, last, BERLIN).parts(BERLIN)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(PeriodError, match="24h, 7d"):
        period_named("century", NOW, HERE)
