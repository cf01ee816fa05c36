"""What an operator reads while a direction works for long."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from qcontact_sync.core.model import Direction
from qcontact_sync.on_airflow.progress_log import EVERY_S, ProgressLog


@dataclass
class Hand:
    """A clock that a test turns."""

    at: float = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def progress_lines(caplog):
    """Reports at these seconds, as (second, done, expected); the lines they left."""
    caplog.set_level(logging.INFO)

    def after(*reports):
        clock = Hand()
        progress = ProgressLog(clock)
        for second, done, expected in reports:
            clock.at = second
            progress(Direction.INBOUND, done, expected)
        return [record.getMessage() for record in caplog.records]

    return after


def test_short_work_is_not_commented_on(progress_lines):
    assert progress_lines((0, 10, 1_000), (EVERY_S - 1, 1_000, 1_000)) == []


def test_long_work_tells_its_rate_and_the_time_left(progress_lines):
    assert progress_lines((0, 0, 10_000), (20, 2_000, 10_000)) == [
        "inbound.progress done=2000 of=10000 per_s=100 left_s=80"
    ]


def test_there_is_a_line_at_most_every_ten_seconds(progress_lines):
    assert len(progress_lines(*((second, second, 100) for second in range(36)))) == 3


def test_waiting_before_the_first_report_does_not_slow_the_rate(progress_lines):
    assert progress_lines((600, 0, 2_000), (610, 1_000, 2_000)) == [
        "inbound.progress done=1000 of=2000 per_s=100 left_s=10"
    ]


def test_work_that_stands_still_has_no_time_left_to_tell(progress_lines):
    assert progress_lines((0, 5, 10), (11, 5, 10)) == [
        "inbound.progress done=5 of=10 per_s=0 left_s=?"
    ]
