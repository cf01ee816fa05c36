"""A mail server, Airflow's connection to it, and a record to write."""

import json
from collections.abc import Iterator

import pytest
from qcontact_sync.config.settings import Settings

from tests.airflow_version import ONE_TRY
from tests.integration.alerts.history import PEOPLE, History
from tests.integration.alerts.mail_server import MailServer, mail_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """Airflow's connection ``smtp_default`` leads there."""
    with mail_server() as running:
        connection = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": running.port,
            "extra": {
                "from_email": "sync@example.test",
                "disable_ssl": True,
                "disable_tls": True,
                "retry_limit": ONE_TRY,
            },
        }
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        yield running


@pytest.fixture
def history(runtime_db: str, fibreflow_db: str, server: MailServer) -> History:
    from qcontact_sync.on_airflow.alerts import send_mail

    return History(runtime_db, fibreflow_db, Settings(alert_to=PEOPLE), send_mail)
