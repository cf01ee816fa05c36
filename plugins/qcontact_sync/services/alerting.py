"""Alerts: decide which are open, queue mails, send queued mails.

Every trigger calls `check_alerts` (the end of a run, a failed task, a deadline, the monitor). It
only reads the database.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.settings import TO_CONNECTION, Settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.fibreflow.alert_store import AlertStore
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.reporting.alert_words import Message, message, no_database
from qcontact_sync.reporting.alerts import AlertChange, ChangeKind, Facts, evaluate
from qcontact_sync.reporting.formats import shown_in_mail
from qcontact_sync.reporting.mail import Mail
from qcontact_sync.reporting.places import Place, address_of
from qcontact_sync.reporting.surroundings import Surroundings
from qcontact_sync.services.naming import names_of
from qcontact_sync.services.runs import CLI_DAG_ID
from qcontact_sync.services.wiring import open_database

if TYPE_CHECKING:
    from qcontact_sync.services.mails import NamedLink

log = logging.getLogger(__name__)

MOST_MAILS = 50

SendMail = Callable[[Mail], None]
"""Sends one mail; raises `NotSent`."""


class NotSent(Exception):
    """A mail could not be sent; the reason does not contain the address.

    Attributes:
        concerns_all: The server failed, not this mail: other mails would fail, too.
    """

    def __init__(self, reason: str, *, concerns_all: bool = True) -> None:
        super().__init__(reason)
        self.concerns_all = concerns_all


async def check_alerts(
    fibreflow: FibreFlowAccess,
    settings: Settings,
    send: SendMail | None,
    *,
    notify: SendMail | None = None,
    airflow_url: str | None = None,
    overdue: datetime | None = None,
    around: Surroundings | None = None,
    now: datetime | None = None,
) -> Sequence[AlertChange]:
    """Check all alerts, mail the changes, and send mails that an earlier call could not send.

    Args:
        send: None if mails cannot be sent from here: they stay queued.
        notify: The same for the connection that `NOTIFY_CONN` names.
        airflow_url: Base URL of the mails' links.
        overdue: A slot whose run is late.
        around: What Airflow knows about the account's DAG, for the mails.
        now: Replaces the database's clock, to check another day.

    Raises:
        SyncError: The database is not available; nothing was reported.
    """
    async with open_database(fibreflow) as database:
        await require_own(database, settings.account)
        store = AlertStore(database, settings.account)
        async with store.deciding():
            facts = await store.read_facts(now)
            alerts, changes = evaluate(facts, await store.read_open(), overdue)
            await store.replace_open(alerts)
            await _queue(store, settings, facts, changes, airflow_url, around)
        for change in changes:
            log.info("alert.%s rule=%s", change.kind.value, change.alert.rule.value)
        if send is not None and settings.alert_to:
            await _deliver(store, send)
        if notify is not None and settings.notify_conn:
            await _deliver(store, notify, to_connection=True)
    return changes


async def _queue(
    store: AlertStore,
    settings: Settings,
    facts: Facts,
    changes: Sequence[AlertChange],
    url: str | None,
    around: Surroundings | None,
) -> None:
    if not settings.recipients or not changes:
        return
    from qcontact_sync.services.mails import render  # rarely: most checks change nothing

    details = await store.read_details()
    names = names_of(settings)
    for change in changes:
        content = message(
            change,
            facts,
            details,
            partial(shown_in_mail, zone=settings.zone),
            names,
            around,
        )
        links = _links(facts, url, settings, content)
        parts = render(content, change.kind, _places(url, settings, content), links)
        thread = f"{settings.account} {change.alert.rule} {change.alert.opened_at.isoformat()}"
        is_first = change.kind is ChangeKind.OPENED
        await store.queue(settings.recipients, content.subject, parts, thread, is_first=is_first)


def _links(
    facts: Facts, url: str | None, settings: Settings, content: Message
) -> "list[NamedLink]":
    links = []
    if url and facts.live and facts.live.dag_id != CLI_DAG_ID:
        run = f"{url.rstrip('/')}/dags/{quote(facts.live.dag_id)}/runs/{quote(facts.live.run_id)}"
        links.append(("Newest run", run))
    return [*links, _runbook(url, settings, content.anchor)]


def _places(url: str | None, settings: Settings, content: Message) -> "list[NamedLink]":
    if not url:
        return []
    return [(p.do, address_of(p, url, settings.named_account)) for p in content.places]


async def _deliver(store: AlertStore, send: SendMail, *, to_connection: bool = False) -> None:
    """Send the queued mails, one per address, until the queue is empty or the server fails."""
    began = await store.now()
    for _ in range(MOST_MAILS):
        async with store.next_mail(began, to_connection=to_connection) as mail:
            if mail is None:
                return
            problem = await _problem(mail, send)
            await store.settle_mail(mail, str(problem) if problem else None)
        if problem is not None and problem.concerns_all:
            return


async def _problem(mail: Mail, send: SendMail) -> NotSent | None:
    try:
        await asyncio.to_thread(send, mail)
    except NotSent as error:
        log.warning("mail.not_sent mail=%s: %s", mail.id, error)
        return error
    log.info("mail.sent mail=%s", mail.id)
    return None


def notify_without_database(
    settings: Settings,
    send: SendMail | None,
    error: SyncError,
    run_id: str,
    log_url: str | None,
    notify: SendMail | None = None,
    airflow_url: str | None = None,
    around: Surroundings | None = None,
) -> None:
    """Send the mail about an unavailable database.

    It is not recorded, so it is only for the end of a run that could not be recorded.
    """
    from qcontact_sync.services.mails import render

    show = partial(shown_in_mail, zone=settings.zone)
    content = no_database(error, run_id, names_of(settings), show, around, datetime.now(UTC))
    links = [_runbook(airflow_url, settings, content.anchor)]
    if log_url:
        links.insert(0, ("Log of the task", log_url))
    places = _places(airflow_url, settings, content)
    parts = render(content, ChangeKind.OPENED, places, links)
    for address in settings.recipients:
        channel = notify if address.startswith(TO_CONNECTION) else send
        if channel is None:
            continue
        try:
            channel(Mail(uuid4(), address, content.subject, parts.text, parts.html))
        except NotSent as problem:
            log.warning("mail.not_sent directly: %s", problem)


def _runbook(url: str | None, settings: Settings, anchor: str) -> "NamedLink":
    """The operator's own, else the dashboard's help, which shows ``docs/runbook.md``."""
    file = f"docs/runbook.md#{anchor}"
    if settings.runbook_url:
        return "Runbook", f"{settings.runbook_url}#{anchor}"
    if url is None:
        return "Runbook", file
    place = Place(f"/help#{anchor}", "")
    return f"Runbook ({file})", address_of(place, url, settings.named_account)
