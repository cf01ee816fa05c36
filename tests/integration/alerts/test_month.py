"""A month of six-hour runs with five outages: the begin and the end of each are reported."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.depth import IS_DEEP
from tests.integration.alerts.history import History

pytestmark = pytest.mark.integration

FIRST = datetime(2026, 10, 1, tzinfo=UTC)
SLOT = timedelta(hours=6)
SLOTS = 120


def between(day: int, hour: int, slots: int) -> range:
    first = (day - 1) * 4 + hour // 6
    return range(first, first + slots)


API_DOWN_FOR_A_NIGHT = between(3, 18, 2)
BAD_KEY_FOR_TWO_DAYS = between(8, 0, 8)
SCHEDULER_DOWN = between(14, 6, 3)
POISONED_TICKET = between(18, 0, 12)
HELD = between(25, 12, 2)


def test_a_month_with_five_outages_tells_each_once_and_nothing_else(history: History) -> None:
    history.send = None
    history.execute("UPDATE qcontact_migration SET applied_at = %(at)s", at=FIRST - SLOT)
    changes: list[str] = []
    for number in range(SLOTS):
        slot = FIRST + number * SLOT
        _live_through(history, number, slot)
        for now in _looks(slot, number):
            changes += history.check(now)
    assert [one for one in changes if not one.endswith(("reminder", "worsened"))] == [
        "run-failed opened",
        "run-failed over",
        "run-failed opened",
        "run-failed over",
        "stale opened",
        "stale over",
        "quarantine-old opened",
        "quarantine-old over",
        "held opened",
        "held over",
    ]
    # Both outages with failing runs went on for longer than half a day.
    assert [one for one in changes if one.endswith("worsened")] == ["run-failed worsened"] * 2


def _live_through(history: History, number: int, slot: datetime) -> None:
    if number in API_DOWN_FOR_A_NIGHT:
        history.run(slot, "failed", error_code="SERVER_ERROR")
    elif number in BAD_KEY_FOR_TWO_DAYS:
        history.run(slot, "failed", error_code="AUTHENTICATION_ERROR")
    elif number in HELD:
        code = "NEEDS_CONFIRMATION"
        history.run(slot, "failed", error_code=code, outbound_code=code, successful=5)
    elif number in POISONED_TICKET:
        if number == POISONED_TICKET.start:
            _poison(history, slot)
        history.run(slot, "partial", successful=30, failed=1)
    elif number not in SCHEDULER_DOWN:
        if number == POISONED_TICKET.stop:
            history.execute("DELETE FROM qcontact_quarantine")
        history.run(slot, successful=40)


def _looks(slot: datetime, number: int) -> Iterator[datetime]:
    """The end of the run, and hours of the monitor."""
    if number not in SCHEDULER_DOWN:
        yield slot + timedelta(minutes=2)
    for hour in range(0, 6, 1 if IS_DEEP else 3):
        yield slot + timedelta(hours=hour, minutes=30)


def _poison(history: History, at: datetime) -> None:
    history.execute(
        "INSERT INTO qcontact_quarantine (remote_id, direction, sync_type, error_code,"
        " error_message, first_failed_at, job_id)"
        " VALUES ('T-1', 'inbound', 'create', 'VALIDATION_ERROR', 'no title', %(at)s,"
        " gen_random_uuid())",
        at=at,
    )


@pytest.mark.parametrize(("successful", "failed"), [(1, 8), (0, 0)])
def test_too_few_tickets_are_no_rate_and_an_empty_run_is_none(
    history: History, successful: int, failed: int
) -> None:
    history.run(FIRST, "partial" if failed else "success", successful=successful, failed=failed)
    assert history.check(FIRST + timedelta(minutes=5)) == []


def test_ten_tickets_of_which_too_many_failed_are_a_low_rate(history: History) -> None:
    history.run(FIRST, "partial", successful=7, failed=3)
    assert history.check(FIRST + timedelta(minutes=5)) == ["inbound-rate opened"]
