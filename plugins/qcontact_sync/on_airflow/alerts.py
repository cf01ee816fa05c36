"""Airflow's events: all of them call `alerting.check_alerts`.

A failed task, a missed deadline and the end of a run are only triggers. The facts come from
FibreFlow's database: a trigger that does not fire delays an alert but loses none, and one that
fires twice reports nothing twice.
"""

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING
from uuid import UUID

from airflow.configuration import conf
from airflow.sdk import BaseHook, Context
from airflow.sdk.exceptions import AirflowException

from qcontact_sync.config.accounts import DEFAULT
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.on_airflow.connections import SMTP, fibreflow_configuration
from qcontact_sync.on_airflow.notifications import notifier
from qcontact_sync.on_airflow.run_context import schedule_of
from qcontact_sync.on_airflow.version_compat import AirflowNotFoundException
from qcontact_sync.reporting.mail import Mail
from qcontact_sync.reporting.surroundings import Surroundings
from qcontact_sync.services.alerting import NotSent, SendMail, check_alerts, notify_without_database

if TYPE_CHECKING:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

log = logging.getLogger(__name__)


def check_and_notify(
    account: str, overdue: datetime | None = None, around: Surroundings | None = None
) -> None:
    """Check all alerts of an account and report the changes.

    Args:
        overdue: A slot whose run is late.
        around: What Airflow knows about the account's DAG (`run_context.schedule_of`).

    Raises:
        SyncError: The database is not available; nothing was reported.
    """
    fibreflow, settings = fibreflow_configuration(account)
    changes = asyncio.run(
        check_alerts(
            fibreflow,
            settings,
            mailer(settings),
            notify=notifier(settings),
            airflow_url=conf.get("api", "base_url", fallback=None),
            overdue=overdue,
            around=around,
        )
    )
    log.info("alerts.checked changed=%d", len(changes))


tell = check_and_notify  # DAG files of the previous release use this name


def try_check_and_notify(account: str, around: Surroundings | None = None) -> None:
    """The same; an error is only logged."""
    try:
        check_and_notify(account, around=around)
    except SyncError as error:
        log.warning("alerts.not_checked code=%s: %s", error.code, error)


def on_failure(context: Context, account: str = DEFAULT) -> None:
    """`on_failure_callback` of tasks: in the task's own process, after its last try."""
    around = schedule_of(context, account)
    try:
        check_and_notify(account, around=around)
    except SyncError as error:
        if error.code is ErrorCode.DATABASE_ERROR:
            _, settings = fibreflow_configuration(account)
            notify_without_database(
                settings,
                mailer(settings),
                error,
                context["run_id"],
                context["ti"].log_url,
                notifier(settings),
                conf.get("api", "base_url", fallback=None),
                around,
            )
        else:
            log.warning("alerts.not_checked code=%s: %s", error.code, error)


def mailer(settings: Settings) -> SendMail | None:
    """The function that sends a mail through ``smtp_default``; None without recipients or SMTP."""
    if not settings.alert_to:
        log.info("no mails: QCONTACT_SYNC_ALERT_TO is not set")
        return None
    try:
        BaseHook.get_connection(SMTP)
    except AirflowNotFoundException:
        log.warning("connection %s is missing: mails are kept until it exists", SMTP)
        return None
    return send_mail


def send_mail(mail: Mail) -> None:
    """Send one mail with both parts.

    Raises:
        NotSent: Says why, without the address.
    """
    try:
        with _connected() as hook:
            client = hook._smtp_client  # the hook itself sends HTML alone
            if not isinstance(client, smtplib.SMTP):
                # With some versions of the provider, 0 is no retry, and with others no try at all.
                raise NotSent(f"connection {SMTP} allows no try: set its extra retry_limit to 1")
            client.send_message(_message(hook.from_email, mail))
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(str(code) for code, _ in error.recipients.values())
        reason = f"the server refused the recipient ({codes})"
        raise NotSent(reason, concerns_all=False) from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"the server answered {error.smtp_code}") from error
    except ssl.SSLCertVerificationError as error:
        raise NotSent(
            f"the mail server's certificate is not accepted ({error.verify_message}); set "
            "SSL_CERT_FILE to your own CA (docs/security.md)"
        ) from error
    except (smtplib.SMTPException, OSError, AirflowException) as error:
        raise NotSent(f"{type(error).__name__} while talking to the mail server") from error


@contextmanager
def _connected() -> Iterator["SmtpHook"]:
    """Like the hook's own, which leaves the connection open if STARTTLS or the login fails."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # rarely: there are few mails

    hook = SmtpHook(smtp_conn_id=SMTP)
    try:
        yield hook.get_conn()
    finally:
        if hook._smtp_client is not None:
            hook._smtp_client.close()


def _message(sender: str | None, mail: Mail) -> EmailMessage:
    if not sender:
        raise NotSent(f"connection {SMTP} has no from_email")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = mail.subject, sender, mail.address
    message["Date"], message["Message-ID"] = formatdate(), _message_id(mail.id)
    if mail.thread and mail.thread != mail.id:
        message["In-Reply-To"] = message["References"] = _message_id(mail.thread)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text_body)
    message.add_alternative(mail.html_body, subtype="html")
    return message


def _message_id(mail_id: UUID) -> str:
    return f"<{mail_id}@qcontact-sync.invalid>"
