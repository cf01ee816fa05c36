"""Which stretch a run reads and whether it may move the cursor: each row of the table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.model import Window
from qcontact_sync.core.request import ParamError, RunRequest
from qcontact_sync.core.windows import RunWindow, Trigger, read_window, resolve_window


def at(hour, minute=0):
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)


INTERVAL = Window(at(6), at(12))
NOW = at(12, 1)
SCHEDULED, MANUAL, BACKFILL = Trigger


def resolved(trigger, cursor=None, *, interval=None, now=NOW, **params):
    return resolve_window(trigger, RunRequest(**params), interval, cursor, now)


def moving(start, end):
    return RunWindow(Window(start, end), moves_cursor=True, is_dated=False)


def until_now(start, end):
    return RunWindow(Window(start, end), moves_cursor=True, is_dated=False, ends_now=True)


def dated(start, end):
    return RunWindow(Window(start, end), moves_cursor=False, is_dated=True)


class TestScheduled:
    @pytest.mark.parametrize(
        ("cursor", "start"),
        [
            pytest.param(None, None, id="first-run-takes-everything"),
            pytest.param(at(6), at(6), id="on-time"),
            pytest.param(at(-30), at(-30), id="gap-of-an-outage"),
            pytest.param(at(11, 59), at(11, 59), id="a-manual-run-went-before"),
        ],
    )
    def test_reads_from_the_cursor_to_the_intervals_end(self, cursor, start):
        assert resolved(SCHEDULED, cursor, interval=INTERVAL) == moving(start, at(12))

    @pytest.mark.parametrize("cursor", [at(12), at(12, 1), at(40)])
    def test_reads_exactly_the_interval_where_the_cursor_is_past_its_end(self, cursor):
        found = resolved(SCHEDULED, cursor, interval=INTERVAL)
        assert found.window == INTERVAL
        assert not found.is_dated

    def test_without_an_interval_it_reads_to_now(self):
        assert resolved(SCHEDULED, at(6)) == until_now(at(6), NOW)

    def test_dates_in_its_conf_count(self):
        assert resolved(SCHEDULED, at(6), interval=INTERVAL, start_date=at(1)) == dated(at(1), NOW)


class TestManual:
    @pytest.mark.parametrize("cursor", [None, at(6), at(-30)])
    def test_without_dates_it_reads_from_the_cursor_to_now(self, cursor):
        assert resolved(MANUAL, cursor) == until_now(cursor, NOW)

    def test_its_interval_is_not_asked(self):
        assert resolved(MANUAL, at(11), interval=INTERVAL) == until_now(at(11), NOW)

    def test_cursor_ahead_of_the_clock_leaves_it_to_the_remotes_clock(self):
        """A worker whose clock is slow: the cursor stays where it is."""
        assert resolved(MANUAL, at(13)) == until_now(at(13), at(13))

    @pytest.mark.parametrize(
        ("params", "start", "end"),
        [
            pytest.param({"start_date": at(1), "end_date": at(2)}, at(1), at(2), id="both"),
            pytest.param({"start_date": at(1)}, at(1), NOW, id="no-end-is-now"),
            pytest.param({"end_date": at(2)}, None, at(2), id="no-start-is-the-beginning"),
            pytest.param(
                {"start_date": at(1), "end_date": at(99)}, at(1), NOW, id="future-end-is-cut"
            ),
            pytest.param({"end_date": at(99)}, None, NOW, id="future-end-alone-is-cut"),
        ],
    )
    @pytest.mark.parametrize("cursor", [None, at(6)])
    def test_with_dates_it_reads_exactly_these_and_leaves_the_cursor(
        self, cursor, params, start, end
    ):
        assert resolved(MANUAL, cursor, **params) == dated(start, end)

    @pytest.mark.parametrize("start", [NOW, at(13), at(99)])
    @pytest.mark.parametrize("end", [None, at(200)])
    def test_start_in_the_future_is_refused(self, start, end):
        with pytest.raises(ParamError) as refused:
            resolved(MANUAL, start_date=start, end_date=end)
        assert str(refused.value) == f"start_date {start.isoformat()} lies in the future"


class TestBackfill:
    @pytest.mark.parametrize("cursor", [None, at(0), at(8), at(99)])
    def test_reads_exactly_its_interval_and_leaves_the_cursor(self, cursor):
        assert resolved(BACKFILL, cursor, interval=INTERVAL) == dated(at(6), at(12))

    def test_future_end_is_cut_to_now(self):
        found = resolved(BACKFILL, interval=INTERVAL, now=at(7))
        assert found == dated(at(6), at(7))

    @pytest.mark.parametrize("now", [at(6), at(5), at(-99)])
    def test_interval_that_has_not_begun_is_refused(self, now):
        """An empty read would look like a backfill that was done."""
        with pytest.raises(ParamError) as refused:
            resolved(BACKFILL, interval=INTERVAL, now=now)
        begin = INTERVAL.start.isoformat()
        assert str(refused.value) == f"the backfill's interval from {begin} lies in the future"

    @pytest.mark.parametrize(
        "params",
        [{"start_date": at(1)}, {"end_date": at(2)}, {"start_date": at(1), "dry_run": True}],
    )
    def test_dates_in_its_conf_are_refused_by_name(self, params):
        with pytest.raises(ParamError) as refused:
            resolved(BACKFILL, interval=INTERVAL, **params)
        assert str(refused.value) == (
            "start_date and end_date have no place in a backfill: each of its runs has its own "
            "window; give the backfill's own from and to dates"
        )

    def test_without_an_interval_it_still_leaves_the_cursor(self):
        assert not resolved(BACKFILL, at(6)).moves_cursor


@pytest.mark.parametrize("trigger", [SCHEDULED, MANUAL])
@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"ticket_ids": ("T-1",)}, id="ticket-ids"),
        pytest.param({"sync_direction": "outbound"}, id="outbound-only"),
        pytest.param({"dry_run": True}, id="dry"),
    ],
)
def test_runs_that_are_no_complete_inbound_read_leave_the_cursor(trigger, params):
    found = resolved(trigger, at(6), interval=INTERVAL, **params)
    assert not found.moves_cursor
    assert not found.is_dated


@pytest.mark.parametrize("trigger", [SCHEDULED, MANUAL])
@pytest.mark.parametrize(
    "params",
    [{"sync_direction": "inbound"}, {"force_resync": True}, {"confirm_outbound": True}],
    ids=["inbound-only", "forced", "confirmed"],
)
def test_other_params_do_not_keep_the_cursor(trigger, params):
    assert resolved(trigger, at(6), interval=INTERVAL, **params).moves_cursor


moments = st.integers(-3_000, 3_000).map(lambda m: at(0, m))
requests = st.builds(
    RunRequest,
    start_date=st.none() | moments,
    end_date=st.none() | moments,
    sync_direction=st.sampled_from(["both", "inbound", "outbound"]),
    ticket_ids=st.sampled_from([(), ("T-1",)]),
    dry_run=st.booleans(),
).filter(lambda r: not (r.start_date and r.end_date) or r.start_date < r.end_date)
intervals = st.none() | st.tuples(moments, st.integers(1, 400)).map(
    lambda t: Window(t[0], t[0] + timedelta(minutes=t[1]))
)


@given(st.sampled_from(Trigger), requests, intervals, st.none() | moments, moments)
def test_a_resolved_window_is_in_order_and_moves_only_from_the_cursor_on(
    trigger, request, interval, cursor, now
):
    try:
        found = resolve_window(trigger, request, interval, cursor, now)
    except ParamError:
        return
    start, end = found.window.start, found.window.end
    assert start is None or start <= end
    if found.is_dated:
        assert end <= now
    if found.moves_cursor:
        assert not found.is_dated
        assert trigger is not BACKFILL
        # Reading from later than the cursor and then moving it would leave a hole.
        assert start is None or cursor is not None
        assert start is None or start <= cursor or end <= cursor


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (None, "[beginning, 2026-11-23T12:00:00+00:00)"),
        (
            at(6) + timedelta(milliseconds=7),
            "[2026-11-23T06:00:00+00:00, 2026-11-23T12:00:00+00:00)",
        ),
    ],
)
def test_a_log_shows_a_window_to_the_second(start, shown):
    assert str(Window(start, at(12) + timedelta(milliseconds=7))) == shown


OVERLAP = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("window", "remote_now", "expected"),
    [
        pytest.param(
            Window(at(6), at(12)), at(12, 1), Window(at(5, 55), at(12)), id="reaches-back"
        ),
        pytest.param(
            Window(at(6), at(12)), None, Window(at(5, 55), at(12)), id="remote-shows-no-clock"
        ),
        pytest.param(Window(at(6), at(12)), at(10), Window(at(5, 55), at(10)), id="worker-is-fast"),
        pytest.param(Window(at(6), at(12)), at(14), Window(at(5, 55), at(12)), id="remote-is-fast"),
        pytest.param(Window(None, at(12)), at(12), Window(None, at(12)), id="from-the-beginning"),
        pytest.param(
            Window(None, at(12)), at(10), Window(None, at(10)), id="beginning-and-worker-is-fast"
        ),
        pytest.param(
            Window(at(6), at(12)), at(3), Window(at(5, 55), at(5, 55)), id="remote-is-far-behind"
        ),
    ],
)
def test_what_is_asked_for_reaches_back_and_never_past_the_remotes_clock(
    window, remote_now, expected
):
    assert read_window(window, OVERLAP, remote_now) == expected


@pytest.mark.parametrize(
    ("remote_now", "since_cursor", "start"),
    [
        pytest.param(at(12), timedelta(hours=5), at(6), id="it-kept-going"),
        pytest.param(at(9), timedelta(hours=5), at(4), id="it-was-set-back"),
        pytest.param(None, timedelta(hours=5), at(6), id="it-is-not-shown"),
        pytest.param(at(9), None, at(6), id="nothing-is-known-of-the-cursor"),
    ],
)
def test_where_the_remotes_clock_was_set_back_a_read_begins_earlier(
    remote_now, since_cursor, start
):
    found = read_window(Window(at(6), at(12)), OVERLAP, remote_now, since_cursor)
    assert found.start == start - OVERLAP


def test_from_the_beginning_no_clock_moves_the_start():
    assert read_window(Window(None, at(12)), OVERLAP, at(9), timedelta(hours=5)).start is None


@given(intervals.filter(bool), st.integers(0, 600), st.none() | moments)
def test_a_read_never_begins_later_nor_ends_later_than_the_window(window, overlap, remote_now):
    found = read_window(window, timedelta(minutes=overlap), remote_now)
    assert found.start <= window.start
    assert found.start <= found.end <= window.end
    if remote_now is not None:
        assert found.end <= max(remote_now, found.start)
