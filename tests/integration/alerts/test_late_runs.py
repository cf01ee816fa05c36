"""A late run is found by the monitor, too: no triggerer may run, or Airflow has no such alert."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse
from qcontact_sync.on_airflow.monitoring import check_alerts

from dev.airflow.environment import postgres_connection
from tests.database import rows
from tests.integration.alerts.history import PEOPLE, History
from tests.integration.alerts.mail_server import MailServer

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SIX = NOON - timedelta(hours=6)


class TaskInstance:
    """Of the monitor, where Airflow has runs queued or running with these logical dates."""

    def __init__(self, *active: datetime) -> None:
        self._active = active

    def get_dr_count(self, dag_id: str, *, states: list[str], logical_dates: list[datetime]) -> int:
        assert (dag_id, states) == ("qcontact_sync", ["queued", "running"])
        return len(set(self._active) & set(logical_dates))


class Unanswered:
    def get_dr_count(self, *_: object, **__: object) -> int:
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))


@pytest.fixture
def check(
    history: History, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Any, datetime], list[str]]:
    """Checks as a task of the monitor; returns the mails so far."""
    monkeypatch.setenv("QCONTACT_SYNC_ALERT_TO", PEOPLE[0])
    monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT", postgres_connection(history.dsn))

    def check_at(task: Any, now: datetime) -> list[str]:
        check_alerts({"ti": task}, "default", now)
        return server.subjects

    return check_at


def test_the_run_of_the_last_slot_that_did_not_begin_is_late(check) -> None:
    mails = check(TaskInstance(SIX), NOON + timedelta(minutes=30))

    assert mails == ["[qcontact_sync] the run of 24 Nov 14:00 SAST (12:00 UTC) is late"]


def test_it_is_told_once(check) -> None:
    check(TaskInstance(SIX), NOON + timedelta(minutes=30))

    assert len(check(TaskInstance(SIX), NOON + timedelta(minutes=90))) == 1


def test_a_mail_connection_that_allows_no_try_is_named_and_the_mail_is_kept(
    check, history, monkeypatch, caplog
) -> None:
    connection = json.loads(os.environ["AIRFLOW_CONN_SMTP_DEFAULT"])
    connection["extra"]["retry_limit"] = -1
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))

    assert check(TaskInstance(SIX), NOON + timedelta(minutes=30)) == []
    assert "connection smtp_default allows no try: set its extra retry_limit to 1" in caplog.text
    assert rows(history.dsn, "SELECT sent_at FROM qcontact_mail") == [{"sent_at": None}]


@pytest.mark.parametrize(
    ("active", "minutes"),
    [
        pytest.param((), 30, id="ended"),
        pytest.param((SIX,), 10, id="in-time"),
        pytest.param((NOON,), 30, id="another-run"),
    ],
)
def test_a_run_that_ended_or_still_has_time_is_not_late(check, active, minutes) -> None:
    assert check(TaskInstance(*active), NOON + timedelta(minutes=minutes)) == []


def test_where_airflow_does_not_answer_the_other_alerts_are_checked(check, history) -> None:
    history.run(SIX, "failed", error_code="SERVER_ERROR")

    mails = check(Unanswered(), NOON + timedelta(minutes=30))

    assert mails == ["[qcontact_sync] run failed: SERVER_ERROR"]
