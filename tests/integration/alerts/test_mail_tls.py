"""Mails go out encrypted, to a server that has proven who it is, by STARTTLS or from the start."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from qcontact_sync.services.alerting import NotSent

from tests.integration.alerts.mail_server import MailServer, mail_server
from tests.integration.certificates import Authority, server_context

pytestmark = pytest.mark.integration

SECURED = {
    "starttls": (
        {"disable_ssl": True},
        lambda context: {"tls_context": context, "require_starttls": True},
    ),
    "from-the-start": ({"disable_tls": True}, lambda context: {"ssl_context": context}),
}


def connect(server: MailServer, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any]) -> None:
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": server.port,
        "extra": {"from_email": "sync@example.test", "retry_limit": 0, **extra},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))


def send() -> None:
    from qcontact_sync.on_airflow.alerts import send_mail
    from qcontact_sync.reporting.mail import Mail

    send_mail(Mail(uuid4(), "ops@example.test", "Late", "text", "<p>html</p>"))


@pytest.mark.parametrize("way", SECURED)
@pytest.mark.parametrize("certified_as", ["127.0.0.1", "mail.example.test"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
def test_a_mail_goes_only_to_a_server_that_is_who_it_should_be(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    certified_as: str,
    is_known: bool,
) -> None:
    authority = Authority(tmp_path)
    extra, options = SECURED[way]
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    context = server_context(authority.issue(certified_as))
    with mail_server(**options(context)) as server:
        connect(server, monkeypatch, extra)
        if is_known and certified_as == "127.0.0.1":
            send()
            assert server.subjects == ["Late"]
            return
        with pytest.raises(NotSent, match=r"not accepted .*SSL_CERT_FILE"):
            send()
        assert server.mails == []


def test_a_server_without_starttls_gets_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as server:
        connect(server, monkeypatch, {"disable_ssl": True})
        with pytest.raises(NotSent):
            send()
        assert server.mails == []
