"""Whether a person should look at the sync, and why."""

from datetime import UTC, datetime

import pytest
from qcontact_sync.reporting.health import judge

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WELL = {
    "last_sync_at": NOON,
    "last_sync_status": "success",
    "last_sync_duration_seconds": 1.5,
    "is_fresh": True,
    "quarantined": 2,
    "conflicts_open": 0,
    "failed_last_24h": 3,
    "success_rate_last_7d": 0.8,
}


@pytest.mark.parametrize(
    ("changed", "issues"),
    [
        pytest.param({}, (), id="well"),
        pytest.param({"success_rate_last_7d": None}, (), id="nothing-was-tried"),
        pytest.param({"last_sync_at": None, "is_fresh": False}, ("no run yet",), id="no-run"),
        pytest.param(
            {"is_fresh": False}, ("no complete run for 12 hours and 30 minutes",), id="stale"
        ),
        pytest.param({"last_sync_status": "failed"}, ("the last run failed",), id="failed"),
        pytest.param({"last_sync_status": "partial"}, (), id="partial"),
        pytest.param(
            {"success_rate_last_7d": 0.79},
            ("only 79% of the attempted tickets succeeded in the last 7 days",),
            id="low-rate",
        ),
        pytest.param(
            {"conflicts_open": 1}, ("1 open conflict needs a decision",), id="one-conflict"
        ),
        pytest.param({"conflicts_open": 2}, ("2 open conflicts need a decision",), id="conflicts"),
        pytest.param(
            {"is_fresh": False, "last_sync_status": "failed"},
            ("no complete run for 12 hours and 30 minutes", "the last run failed"),
            id="two-issues",
        ),
    ],
)
def test_it_is_healthy_where_there_is_no_issue(changed, issues):
    health = judge({**WELL, **changed}, pending_outbound=0)
    assert health.health_issues == issues
    assert health.is_healthy is not bool(issues)


def test_the_numbers_are_told_as_plain_values():
    assert judge(WELL, pending_outbound=4).to_dict() == {
        "last_sync_at": "2026-11-24T12:00:00+00:00",
        "last_sync_status": "success",
        "last_sync_duration_seconds": 1.5,
        "pending_outbound": 4,
        "quarantined": 2,
        "conflicts_open": 0,
        "failed_last_24h": 3,
        "success_rate_last_7d": 0.8,
        "is_healthy": True,
        "health_issues": [],
    }


def test_before_the_first_run_there_is_no_time_to_tell():
    health = judge({**WELL, "last_sync_at": None}, pending_outbound=0)
    assert health.to_dict()["last_sync_at"] is None
