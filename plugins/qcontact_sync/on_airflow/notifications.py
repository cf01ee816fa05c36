"""Alerts beside mail: to the services of an Airflow connection of type Apprise."""

import logging

from airflow.sdk import BaseHook

from qcontact_sync.config.settings import PREFIX, TO_CONNECTION, Settings
from qcontact_sync.on_airflow.version_compat import AirflowNotFoundException
from qcontact_sync.reporting.mail import Mail
from qcontact_sync.services.alerting import NotSent, SendMail

log = logging.getLogger(__name__)

APPRISE = "apprise"


def notifier(settings: Settings) -> SendMail | None:
    """The function that notifies ``NOTIFY_CONN``; None without that setting or connection."""
    if settings.notify_conn is None:
        return None
    if problem := why_no_notifications(settings):
        log.warning("notifications are kept: %s", problem)
        return None
    return send_notification


def why_no_notifications(settings: Settings) -> str | None:
    """Why ``NOTIFY_CONN`` cannot be notified; None if it can, or is not set."""
    if settings.notify_conn is None:
        return None
    name, setting = settings.notify_conn, f"{PREFIX}NOTIFY_CONN"
    try:
        found = BaseHook.get_connection(name)
    except AirflowNotFoundException:
        return f"{setting}: Airflow has no connection {name}"
    if found.conn_type != APPRISE:
        return f"{setting}: connection {name} is not of type Apprise"
    return None


def send_notification(mail: Mail) -> None:
    """Notify all services of a connection.

    Args:
        mail: Its address is ``connection:ID``.

    Raises:
        NotSent: At least one service did not take it.
    """
    # Here, as it takes long to import, and few installations use it.
    from airflow.providers.apprise.hooks.apprise import AppriseHook
    from apprise import Apprise, NotifyFormat

    hook, services = AppriseHook(mail.address.removeprefix(TO_CONNECTION)), Apprise()
    try:
        hook.set_config_from_conn(hook.get_connection(hook.apprise_conn_id), services)
    except (AirflowNotFoundException, KeyError, TypeError, ValueError):
        raise NotSent(f"connection {hook.apprise_conn_id} has no usable Apprise config") from None
    # The hook's own method does not say whether a service took it.
    if not services.notify(
        body=mail.text_body, title=mail.subject, body_format=NotifyFormat.TEXT, tag="all"
    ):
        raise NotSent(f"a service of connection {hook.apprise_conn_id} did not take it")
