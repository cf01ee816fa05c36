"""Counts and the status that follows from them."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.model import Direction, RunStatus
from qcontact_sync.core.stats import Counts, DirectionStats, stats_in, status_of, sync_result

numbers = st.integers(0, 10_000)
counts = st.builds(Counts, *[numbers] * len(fields(Counts)))
codes = st.none() | st.sampled_from(["NETWORK_ERROR", "DATABASE_ERROR"])
stats = st.builds(
    DirectionStats,
    counts=counts,
    duration_seconds=st.integers(0, 10**9).map(lambda ms: ms / 1000),
    is_complete=st.booleans(),
    error_code=codes,
    error_message=st.none() | st.text(),
)
BROKEN = DirectionStats().broken("NETWORK_ERROR", "gone")
STOPPED = DirectionStats(is_complete=False)


def ran(**given_counts):
    return DirectionStats(Counts(**given_counts))


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        pytest.param({}, RunStatus.SUCCESS, id="nothing-asked"),
        pytest.param({"inbound": ran()}, RunStatus.SUCCESS, id="nothing-to-do"),
        pytest.param({"inbound": ran(skipped=9)}, RunStatus.SUCCESS, id="only-skipped"),
        pytest.param({"inbound": ran(successful=1)}, RunStatus.SUCCESS, id="all-well"),
        pytest.param({"inbound": ran(successful=3, partial=3)}, RunStatus.SUCCESS, id="warnings"),
        pytest.param({"inbound": ran(failed_again=5)}, RunStatus.SUCCESS, id="old-failures-only"),
        pytest.param(
            {"inbound": ran(failed_again=5, skipped=1)}, RunStatus.SUCCESS, id="old-and-skipped"
        ),
        pytest.param({"inbound": ran(failed=1)}, RunStatus.FAILED, id="one-tried-one-failed"),
        pytest.param(
            {"inbound": ran(failed=1, skipped=100)}, RunStatus.FAILED, id="skipped-is-no-success"
        ),
        pytest.param(
            {"inbound": ran(failed=99, successful=1)}, RunStatus.PARTIAL, id="most-failed"
        ),
        pytest.param(
            {"inbound": ran(successful=1), "outbound": ran(failed=1)},
            RunStatus.PARTIAL,
            id="success-in-the-other-direction",
        ),
        pytest.param(
            {"inbound": ran(skipped=5), "outbound": ran(failed=1)},
            RunStatus.FAILED,
            id="nothing-succeeded-in-either",
        ),
        pytest.param({"inbound": STOPPED}, RunStatus.PARTIAL, id="stopped-cleanly"),
        pytest.param(
            {"inbound": ran(successful=1), "outbound": STOPPED}, RunStatus.PARTIAL, id="one-stopped"
        ),
        pytest.param(
            {"inbound": DirectionStats(Counts(failed=1), is_complete=False)},
            RunStatus.FAILED,
            id="stopped-after-failures-only",
        ),
        pytest.param({"inbound": BROKEN}, RunStatus.FAILED, id="broke"),
        pytest.param(
            {"inbound": ran(successful=99), "outbound": BROKEN}, RunStatus.FAILED, id="one-broke"
        ),
        pytest.param(
            {"inbound": ran(successful=9).broken("TIMEOUT", "x")},
            RunStatus.FAILED,
            id="broke-after-successes",
        ),
    ],
)
def test_status_follows_from_the_counts(directions, expected):
    assert status_of(directions.values()) is expected


@given(st.dictionaries(st.sampled_from(["inbound", "outbound"]), stats))
def test_status_is_the_declared_function_of_the_counts(directions):
    total = sum((d.counts for d in directions.values()), Counts())
    broke = any(d.error_code for d in directions.values())
    stopped = any(not d.is_complete for d in directions.values())
    status = status_of(directions.values())
    assert (status is RunStatus.FAILED) == (broke or (total.failed > 0 and total.successful == 0))
    if status is not RunStatus.FAILED:
        assert (status is RunStatus.PARTIAL) == (total.failed > 0 or stopped)
    assert status is not RunStatus.RUNNING


@given(st.dictionaries(st.sampled_from(["inbound", "outbound"]), stats), numbers, numbers)
def test_skips_warnings_and_failed_retries_decide_nothing(directions, skipped, again):
    extra = {"extra": DirectionStats(Counts(skipped=skipped, failed_again=again))}
    assert status_of([*directions.values(), *extra.values()]) is status_of(directions.values())


@given(counts)
def test_processed_is_the_sum_of_its_parts(some):
    assert some.processed == some.successful + some.failed + some.skipped


@given(counts, counts)
def test_counts_add_up(one, other):
    both = one + other
    assert both.processed == one.processed + other.processed
    for field in fields(Counts):
        name = field.name
        assert getattr(both, name) == getattr(one, name) + getattr(other, name)


@given(counts)
def test_nothing_added_changes_nothing(some):
    assert some + Counts() == some


@pytest.mark.parametrize(
    ("some", "rate"),
    [
        (Counts(), None),
        (Counts(skipped=5, failed_again=5), None),
        (Counts(successful=3, failed=1, skipped=96), 0.75),
        (Counts(failed=2), 0.0),
        (Counts(successful=2, failed_again=9), 1.0),
    ],
)
def test_success_rate_is_of_what_was_tried(some, rate):
    assert some.success_rate == rate


@given(stats)
def test_stats_survive_a_trip_as_json(some):
    assert DirectionStats.from_dict(json.loads(json.dumps(some.to_dict()))) == some


def test_stats_travel_under_the_contracts_names():
    plain = ran(successful=2, failed=1, skipped=3, created=1, updated=1, partial=1).to_dict()
    assert {
        "total_processed": 6,
        "successful": 2,
        "failed": 1,
        "partial": 1,
        "skipped": 3,
        "created": 1,
        "updated": 1,
        "success_rate": 2 / 3,
    }.items() <= plain.items()


def test_durations_travel_in_milliseconds():
    assert DirectionStats(duration_seconds=1.23456).to_dict()["duration_seconds"] == 1.235


@pytest.mark.parametrize("plain", [{}, {"successful": None, "error_code": None}])
def test_missing_keys_read_as_nothing_done(plain):
    assert DirectionStats.from_dict(plain) == DirectionStats()


@given(stats)
def test_a_broken_direction_keeps_its_counts(some):
    broken = some.broken("TIMEOUT", "no answer")
    assert (broken.counts, broken.duration_seconds) == (some.counts, some.duration_seconds)
    assert (broken.error_code, broken.error_message) == ("TIMEOUT", "no answer")
    assert broken.is_complete is False


@pytest.mark.parametrize("ran", [(), (Direction.INBOUND,), tuple(Direction)], ids=str)
def test_a_result_names_both_directions_and_is_read_back_by_those_that_ran(ran):
    stats = {d: DirectionStats(Counts(successful=1), is_complete=False) for d in ran}
    result = sync_result(stats, ({"error_code": "TIMEOUT"},))

    assert list(result) == ["inbound_stats", "outbound_stats", "errors"]
    assert result["errors"] == [{"error_code": "TIMEOUT"}]
    assert {d: DirectionStats.from_dict(plain) for d, plain in stats_in(result).items()} == stats
