"""Mails through a real SMTP server: once to each, later where they could not be sent, well read."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from psycopg.conninfo import make_conninfo
from qcontact_sync.on_airflow import alerts
from qcontact_sync.reporting.alerts import Rule

from tests.integration.alerts.history import PEOPLE, History
from tests.integration.alerts.mail_server import MailServer
from tests.integration.certificates import Authority

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 6, 2, tzinfo=UTC)
SLOT = datetime(2026, 11, 24, 6, tzinfo=UTC)
TASK = SimpleNamespace(log_url="https://airflow.example.test/log-of-finalize")


def fail(history: History) -> None:
    """One run that settled, and then one that failed, with a ticket in quarantine."""
    history.execute("UPDATE qcontact_migration SET applied_at = %(at)s", at=NOW - timedelta(days=9))
    history.run(SLOT - timedelta(hours=6), successful=40)
    history.run(SLOT, "failed", error_code="SERVER_ERROR", successful=1, failed=1)
    history.execute(
        "INSERT INTO qcontact_quarantine (remote_id, direction, sync_type, error_code,"
        " error_message, first_failed_at, job_id) VALUES ('T-17', 'inbound', 'create',"
        " 'SERVER_ERROR', 'QContact is in trouble', %(at)s, gen_random_uuid())",
        at=NOW,
    )


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_failed_run_is_one_mail_to_each_person(history: History, server: MailServer) -> None:
    fail(history)
    history.check(NOW)
    history.check(NOW + timedelta(minutes=30))
    assert server.subjects == ["[qcontact_sync] run failed: SERVER_ERROR"] * 2
    assert sorted(str(mail["To"]) for mail in server.mails) == sorted(PEOPLE)


def test_a_mail_says_what_happened_what_to_do_and_where_to_look(
    history: History, server: MailServer
) -> None:
    fail(history)
    history.check(NOW)
    mail = server.mails[0]
    for kind in ("plain", "html"):
        text = " ".join(body(mail, kind).split())
        for said in (
            "24 Nov 02:01 SAST (00:01 UTC)",
            "SERVER_ERROR",
            "Tickets in quarantine",
            "T-17",
            "What to do: nothing if it is temporary",
            "qcontact-sync doctor",
            "https://airflow.example.test/dags/qcontact_sync/runs/scheduled__2026",
            "docs/runbook.md#run-failed",
        ):
            assert said in text
    assert "<" not in body(mail, "plain")


def test_ids_are_text_in_both_parts(history: History, server: MailServer) -> None:
    fail(history)
    history.execute("UPDATE qcontact_quarantine SET remote_id = '<b>{{ 7 * 7 }}</b>'")
    history.check(NOW)
    assert "<b>{{ 7 * 7 }}</b>" in body(server.mails[0], "plain")
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in body(server.mails[0], "html")


def test_a_mail_leads_to_the_page_and_the_connection_that_settle_it(
    history: History, server: MailServer
) -> None:
    fail(history)
    history.execute("UPDATE sync_job_history SET error_code = 'AUTHENTICATION_ERROR'")
    history.check(NOW)
    for kind in ("plain", "html"):
        text = body(server.mails[0], kind)
        assert "https://airflow.example.test/qcontact-sync/runs/" in text
        assert "Correct the connection qcontact_default" in text
        assert "https://airflow.example.test/connections" in text
        assert "https://airflow.example.test/qcontact-sync/help#run-failed" in text


def test_the_mails_of_one_alert_are_one_thread(history: History, server: MailServer) -> None:
    fail(history)
    history.check(NOW)
    history.check(NOW + timedelta(hours=13))
    history.run(SLOT + timedelta(hours=18), successful=3)
    history.check(NOW + timedelta(hours=18))
    for person in PEOPLE:
        first, *later = [mail for mail in server.mails if mail["To"] == person]
        assert first["References"] is None
        assert len(later) == 2
        assert {mail["References"] for mail in later} == {first["Message-ID"]}
        assert len({mail["Message-ID"] for mail in [first, *later]}) == 3
    assert len({mail["Message-ID"] for mail in server.mails}) == 3 * len(PEOPLE)


def test_what_is_over_is_said(history: History, server: MailServer) -> None:
    fail(history)
    history.check(NOW)
    history.run(SLOT + timedelta(hours=6), successful=3)
    history.check(NOW + timedelta(hours=6))
    assert server.subjects[2:] == ["[qcontact_sync] OVER: runs succeed again"] * 2


def test_a_run_of_the_command_line_has_no_link_into_airflow(
    history: History, server: MailServer
) -> None:
    fail(history)
    history.execute("UPDATE qcontact_run SET dag_id = 'cli'")
    history.check(NOW)
    assert "https://airflow.example.test/dags/" not in body(server.mails[0], "plain")


def test_a_mail_that_got_worse_says_why(history: History, server: MailServer) -> None:
    fail(history)
    history.check(NOW)
    history.check(NOW + timedelta(hours=13))
    assert server.mails[-1]["Subject"] == "[qcontact_sync] WORSE: run failed: SERVER_ERROR"
    said = "No run was complete for more than 12 hours and 30 minutes."
    assert [said in body(mail, "plain") for mail in server.mails] == [False, False, True, True]


def test_where_no_ticket_succeeded_the_failures_are_the_first_thing_to_look_at(
    history: History, server: MailServer
) -> None:
    fail(history)
    history.execute("UPDATE sync_job_history SET error_code = NULL")
    history.check(NOW)
    listed = "1. List the failures on the dashboard (Quarantine), or: qcontact-sync failures"
    assert listed in " ".join(body(server.mails[0], "plain").split())


def test_held_changes_are_told_with_their_number(history: History, server: MailServer) -> None:
    history.execute("UPDATE qcontact_migration SET applied_at = %(at)s", at=NOW - timedelta(days=9))
    why = "12 outbound changes are pending"
    history.run(SLOT, "failed", error_code="NEEDS_CONFIRMATION", outbound_code="NEEDS_CONFIRMATION")
    history.execute("UPDATE sync_job_history SET error_message = %(why)s", why=why)
    history.check(NOW)
    assert "changes are held" in server.subjects[0]
    assert f"It ended with: {why}" in body(server.mails[0], "plain")


def test_callers_at_once_send_one_mail(history: History, server: MailServer) -> None:
    fail(history)
    with ThreadPoolExecutor(8) as pool:
        changes = [one.result() for one in [pool.submit(history.check, NOW) for _ in range(8)]]
    assert sum(map(len, changes)) == 1
    assert len(server.mails) == len(PEOPLE)


def test_a_mail_that_cannot_be_sent_is_sent_later(history: History, server: MailServer) -> None:
    fail(history)
    server.is_broken = True
    assert history.check(NOW) == ["run-failed opened"]
    assert server.mails == []
    server.is_broken = False
    history.execute("UPDATE qcontact_mail SET tried_at = now() - interval '1 day'")
    assert history.check(NOW + timedelta(minutes=30)) == []
    assert len(server.mails) == len(PEOPLE)


def test_a_server_in_trouble_is_not_asked_again_for_every_mail(
    history: History, server: MailServer
) -> None:
    fail(history)
    server.is_broken = True
    history.check(NOW)
    assert server.tries == 1


def test_refused_recipient_does_not_stop_mails_to_the_others(
    history: History, server: MailServer
) -> None:
    fail(history)
    server.refused = {PEOPLE[0]}
    history.check(NOW)
    assert [mail["To"] for mail in server.mails] == [PEOPLE[1]]


def test_why_a_mail_waits_is_on_record_without_the_address(
    history: History, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    fail(history)
    server.refused = set(PEOPLE)
    history.check(NOW)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("qcontact_sync")]
    assert any("the server refused the recipient (550)" in line for line in ours)
    assert not any(address in line for line in ours for address in PEOPLE)


@pytest.mark.parametrize("rule", list(Rule))
def test_every_mail_has_an_ascii_subject_and_its_section(history: History, rule: Rule) -> None:
    from qcontact_sync.reporting.alert_words import message
    from qcontact_sync.reporting.alerts import Alert, AlertChange, ChangeKind, Facts

    facts = Facts(now=NOW, since=NOW - timedelta(days=30))
    for change in ChangeKind:
        alert_change = AlertChange(change, Alert(rule, 1, NOW, NOW, NOW))
        content = message(alert_change, facts, (), lambda at: f"{at:%H:%M} é")
        assert content.subject.isascii()
        assert content.subject.startswith("[qcontact_sync] ")
        assert content.anchor == rule.value


def test_with_the_database_down_one_direct_mail_still_goes_out(
    history: History, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = make_conninfo(history.dsn, port=1)
    monkeypatch.setenv("QCONTACT_SYNC_ALERT_TO", PEOPLE[0])
    monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT", _connection(nobody))
    alerts.on_failure({"run_id": "scheduled__2026-11-24T06:00:00+00:00", "ti": TASK})
    (mail,) = server.mails
    assert mail["Subject"] == (
        "[qcontact_sync] run failed: DATABASE_ERROR, FibreFlow's database is not available"
    )
    for kind in ("plain", "html"):
        text = body(mail, kind)
        assert "scheduled__2026-11-24T06:00:00+00:00" in unescape(text)
        assert re.search(r"docs/runbook\.md#no-database", text)
        assert "https://airflow.example.test/log-of-finalize" in text
    assert max(map(len, body(mail, "plain").splitlines())) <= 80


def test_a_database_that_does_not_prove_itself_is_told_by_a_direct_mail_too(
    history: History, server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unproven = make_conninfo(history.dsn, sslrootcert=str(Authority(tmp_path).ca_file))
    monkeypatch.setenv("QCONTACT_SYNC_ALERT_TO", PEOPLE[0])
    monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT", _connection(unproven))
    alerts.on_failure({"run_id": "any", "ti": TASK})
    (mail,) = server.mails
    assert "offers no TLS" in " ".join(body(mail, "plain").split())


def test_a_direct_mail_says_whose_run_it_was(
    history: History, server: MailServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "accounts.toml").write_text("[accounts.north]\nalert_to = 'north@example.test'")
    monkeypatch.setenv("QCONTACT_SYNC_ACCOUNTS_FILE", str(tmp_path / "accounts.toml"))
    nobody = make_conninfo(history.dsn, port=1)
    monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_NORTH", _connection(nobody))
    alerts.on_failure({"run_id": "any", "ti": TASK}, "north")
    (mail,) = server.mails
    assert mail["To"] == "north@example.test"
    assert mail["Subject"].startswith("[qcontact_sync] north: run failed: DATABASE_ERROR")
    assert re.search(r"Account +north", body(mail, "plain"))


def test_a_failed_task_tells_what_the_record_says(
    history: History, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.execute("UPDATE qcontact_migration SET applied_at = now() - interval '9 days'")
    monkeypatch.setenv("QCONTACT_SYNC_ALERT_TO", PEOPLE[0])
    monkeypatch.setenv("AIRFLOW_CONN_FIBREFLOW_DEFAULT", _connection(history.dsn))
    alerts.on_failure({"run_id": "any"})
    alerts.on_failure({"run_id": "any"})
    (subject,) = server.subjects
    assert subject.startswith("[qcontact_sync] no run since ")


def test_without_anybody_to_tell_the_alerts_are_kept_all_the_same(
    history: History, server: MailServer
) -> None:
    fail(history)
    history.settings = history.settings.model_copy(update={"alert_to": ()})
    assert history.check(NOW) == ["run-failed opened"]
    assert history.check(NOW) == []
    assert server.mails == []


def _connection(dsn: str) -> str:
    from dev.airflow.environment import postgres_connection

    return postgres_connection(dsn)
