from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from qcontact_sync.on_airflow.dashboard.charts import charts_of, days_of, nice_top, parts_of
from qcontact_sync.reporting.periods import period_between, period_named

HERE = ZoneInfo("Africa/Johannesburg")
NOW = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)
DAY = period_between("2026-11-24", "2026-11-24", HERE)


def bucket(starts_at, **more):
    counts = {"success": 1, "partial": 0, "failed": 0, "running": 0}
    numbers = dict.fromkeys(
        ("inbound_success", "inbound_failed", "outbound_success", "outbound_failed"), 0.0
    )
    row = counts | numbers | {"success_rate": 1.0, "median_seconds": 2.0, "longest_seconds": 4.0}
    row |= {"bucket_start": starts_at, "worst_id": uuid4(), **more}
    return row | {"runs": sum(row[status] for status in counts)}


def test_a_slot_without_a_run_is_a_gap():
    rows = [bucket(DAY.parts(HERE)[2])]

    assert [part.worst for part in parts_of(DAY, rows, HERE)] == ["none", "success", "none", "none"]


def test_a_run_in_the_hours_before_the_first_whole_slot_is_shown():
    rows = [bucket(DAY.parts(HERE)[0])]

    assert parts_of(DAY, rows, HERE)[0].worst == "success"


def test_the_worst_run_of_a_part_stands_on_top():
    (part,) = (
        p for p in parts_of(DAY, [bucket(DAY.parts(HERE)[1], success=3, failed=1)], HERE) if p.row
    )

    assert part.worst == "failed"
    assert [(bar.kind, bar.y, bar.height) for bar in part.bars] == [
        ("failed", 0, 25),
        ("success", 25, 75),
    ]
    assert part.description == "Tue 24 Nov 02:00: 1 failed, 3 success"


def test_a_week_leads_to_its_seven_days():
    period = period_named("365d", NOW, HERE)
    part = parts_of(period, [], HERE)[-1]

    assert days_of(part, period.unit, HERE) == ("2026-11-23", "2026-11-29")


def test_a_week_names_its_days_without_a_run():
    """Whole days of the period only: today may still bring one."""
    period = period_named("365d", NOW, HERE)
    monday, tuesday, wednesday = (date(2026, 11, day) for day in (23, 24, 25))
    for days, silent in (([monday], (tuesday,)), ([monday, wednesday], (tuesday,))):
        part = parts_of(period, [bucket(period.parts(HERE)[-1], days=days)], HERE)[-1]
        assert part.silent == silent
        assert part.description == "week of 23 Nov: 1 success, no run on Tue 24 Nov"


@pytest.mark.parametrize(
    ("lowest", "bottom"), [(1.0, "90%"), (0.93, "90%"), (0.85, "80%"), (0.6, "50%"), (0.1, "0%")]
)
def test_the_success_rate_is_shown_where_it_differs(lowest, bottom):
    rows = [bucket(start, success_rate=lowest) for start in DAY.parts(HERE)[1:2]]

    assert charts_of(parts_of(DAY, rows, HERE))[0].bottom == bottom


def test_a_part_in_which_nothing_was_tried_has_no_rate():
    rows = [bucket(DAY.parts(HERE)[1], success_rate=None)]

    assert charts_of(parts_of(DAY, rows, HERE))[0].bars == ()


def test_no_bar_leaves_its_chart():
    rows = [
        bucket(start, inbound_success=n * 7.0, inbound_failed=n * 1.0, longest_seconds=n * 99.0)
        for n, start in enumerate(DAY.parts(HERE)[1:])
    ]
    bars = [bar for chart in charts_of(parts_of(DAY, rows, HERE)) for bar in chart.bars]

    assert bars
    assert all(0 <= bar.y <= 100 and 0 < bar.height <= 100.0001 for bar in bars)


def test_a_chart_tells_its_extreme_to_those_who_cannot_see_it():
    starts = DAY.parts(HERE)
    rows = [bucket(starts[1]), bucket(starts[2], success_rate=0.5)]

    assert charts_of(parts_of(DAY, rows, HERE))[0].description == "lowest 50.0%, Tue 24 Nov 08:00"


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 1), (0.4, 1), (3, 5), (10, 10), (11, 20), (99, 100), (1204, 2000)]
)
def test_an_axis_ends_at_a_round_number(largest, top):
    assert nice_top(largest) == top


def test_an_empty_period_has_parts_and_nothing_to_show():
    parts = parts_of(period_named("7d", NOW, HERE), [], HERE)

    assert len(parts) >= 28
    assert {chart.description for chart in charts_of(parts)} == {"nothing to show"}
    assert parts[0].starts_at >= NOW - timedelta(days=7)
