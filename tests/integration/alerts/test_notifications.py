"""Alerts to an Airflow connection of type Apprise: as mails, once each, later if refused."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from qcontact_sync.config.settings import Settings
from qcontact_sync.on_airflow.notifications import notifier, why_no_notifications

from tests.integration.alerts.history import PEOPLE, History
from tests.integration.alerts.mail_server import MailServer
from tests.integration.alerts.test_mails import NOW, fail
from tests.integration.alerts.webhook import Webhook, webhook

pytestmark = pytest.mark.integration

CONN = "team_chat"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    """Airflow's connection leads there."""
    with webhook() as running:
        service = {"path": f"json://127.0.0.1:{running.port}/hook", "tag": "alerts"}
        connection = {"conn_type": "apprise", "extra": {"config": [service]}}
        monkeypatch.setenv(f"AIRFLOW_CONN_{CONN.upper()}", json.dumps(connection))
        yield running


@pytest.fixture
def notified_history(history: History, chat: Webhook) -> History:
    """A failed run on record, and both kinds of recipients."""
    history.settings = Settings(alert_to=PEOPLE, notify_conn=CONN)
    history.notify = notifier(history.settings)
    fail(history)
    return history


def test_an_alert_goes_there_once_with_the_words_of_the_mail(
    notified_history: History, chat: Webhook, server: MailServer
) -> None:
    notified_history.check(NOW)
    notified_history.check(NOW + timedelta(minutes=30))
    (taken,) = chat.taken
    assert taken["title"] == server.subjects[0] == "[qcontact_sync] run failed: SERVER_ERROR"
    plain = server.mails[0].get_body(("plain",))
    assert plain is not None
    assert taken["message"].split() == plain.get_content().split()


def test_without_people_it_still_goes_there(notified_history: History, chat: Webhook) -> None:
    notified_history.settings = Settings(notify_conn=CONN)
    notified_history.check(NOW)
    assert len(chat.taken) == 1


def test_what_it_refused_goes_there_later(
    notified_history: History, chat: Webhook, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    chat.status = 503
    with caplog.at_level(logging.WARNING):
        notified_history.check(NOW)
    assert (chat.taken, len(server.mails)) == ([], len(PEOPLE))
    assert f"a service of connection {CONN} did not take it" in caplog.text
    chat.status = 200
    notified_history.execute("UPDATE qcontact_mail SET tried_at = tried_at - interval '1 day'")
    notified_history.check(LATER)
    assert len(chat.taken) == 1


def test_a_mail_server_that_is_gone_does_not_hold_it_up(
    notified_history: History, chat: Webhook, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"retry_limit": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(gone))
    notified_history.check(NOW)
    assert (len(chat.taken), server.mails) == (1, [])


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        (None, f"Airflow has no connection {CONN}"),
        ({"conn_type": "http"}, f"connection {CONN} is not of type Apprise"),
    ],
)
def test_a_connection_that_cannot_be_used_is_named(
    connection: dict[str, str] | None,
    said: str,
    chat: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv(f"AIRFLOW_CONN_{CONN.upper()}")
    if connection is not None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{CONN.upper()}", json.dumps(connection))
    with caplog.at_level(logging.WARNING):
        assert notifier(Settings(notify_conn=CONN)) is None
    assert said in caplog.text
    assert said in str(why_no_notifications(Settings(notify_conn=CONN)))


def test_one_without_a_config_is_named(
    notified_history: History, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN.upper()}", json.dumps({"conn_type": "apprise"}))
    with caplog.at_level(logging.WARNING):
        notified_history.check(NOW)
    assert f"connection {CONN} has no usable Apprise config" in caplog.text
