"""What a run needs: settings, database, QContact, clocks, connections.

The checks are independent; a check that needs the success of a failed one is omitted.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from qcontact_sync.config.access import (
    AccessToken,
    Dialect,
    QContactAccess,
    credential_variables,
    qcontact_from_env,
)
from qcontact_sync.config.accounts import Account, find_account
from qcontact_sync.config.cron_secret import ADVICE, cron_secrets, weakness
from qcontact_sync.config.mapping_file import load_mapping
from qcontact_sync.config.settings import (
    PREFIX,
    TABLE_PREFIX,
    Settings,
    TableSettings,
    check_accounts,
    load_settings,
)
from qcontact_sync.core.addresses import is_unencrypted
from qcontact_sync.core.errors import ConfigError, SyncError
from qcontact_sync.core.model import Window
from qcontact_sync.core.ports import Remote, WalkedList
from qcontact_sync.fibreflow.database import PERSON_PATIENCE_S
from qcontact_sync.qcontact.entities_dialect import EntitiesClient
from qcontact_sync.qcontact.entities_probe import assignees, probe
from qcontact_sync.reporting.advice import access_advice
from qcontact_sync.services.checks import CHECK_PATIENCE_S, Check, State, check_clock
from qcontact_sync.services.doctor_airflow import check_airflow
from qcontact_sync.services.doctor_database import check_database
from qcontact_sync.services.wiring import host_schema, open_remote

MAIL_CONNECTION = {"smtp_default": "smtp"}


async def examine(
    environment: Mapping[str, str] = os.environ, patience_s: float = PERSON_PATIENCE_S
) -> list[Check]:
    """Make all checks.

    Args:
        environment: For look-ups outside the settings (Airflow); the settings read the process's
            own environment.
        patience_s: How long each check of the database may wait for an answer.
    """
    account, settings, checks = _check_settings(environment)
    checks += _check_cron_secret(environment)
    checks += await _check_sides(settings, patience_s)
    wanted = {account.qcontact_conn_id: "qcontact", account.fibreflow_conn_id: "postgres"}
    mails = MAIL_CONNECTION if settings.alert_to else {}
    # In a thread, because it waits for Airflow's program.
    found = await asyncio.to_thread(lambda: list(check_airflow(environment, wanted | mails)))
    return [*checks, *found]


def _check_settings(environment: Mapping[str, str]) -> tuple[Account, Settings, list[Check]]:
    """The settings, or their defaults if they are invalid, so that the other checks can run."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{TABLE_PREFIX}{name.upper()}" for name in TableSettings.model_fields}
    unknown = sorted(n for n in environment if n.startswith(PREFIX) and n not in known)
    try:
        host_schema()
        check_accounts()
        account = find_account()
        settings = load_settings(account)
        load_mapping(settings, _dialect())
    except ConfigError as error:
        check = Check(
            "settings", State.FAILED, str(error), "correct the settings: docs/configuration.md"
        )
        return Account(), Settings.model_construct(), [check]
    if unknown:
        found = f"not a setting: {', '.join(unknown)}"
        advice = "correct the names: docs/configuration.md lists all"
        return account, settings, [Check("settings", State.WARNING, found, advice)]
    given = sorted(set(environment) & known)
    found = f"set: {', '.join(given)}" if given else "all have their defaults"
    return account, settings, [Check("settings", State.OK, found)]


def _check_cron_secret(environment: Mapping[str, str]) -> Iterator[Check]:
    """Whether the endpoint can use its secret, where one is set in this environment."""
    name = "CRON_SECRET"
    try:
        secrets = cron_secrets(environment)
    except ConfigError as error:
        yield Check(name, State.FAILED, str(error), "correct it: docs/triggering.md")
        return
    if weak := weakness(secrets):
        yield Check(name, State.WARNING, weak, ADVICE)
    elif secrets:
        yield Check(name, State.OK, f"{len(secrets)} valid")


async def _check_sides(settings: Settings, patience_s: float) -> list[Check]:
    database, remote = await asyncio.gather(
        check_database(settings, _dialect(), patience_s), _check_remote(settings)
    )
    return [*database, *remote]


def _dialect() -> Dialect:
    """The QContact's, where it is known."""
    try:
        return qcontact_from_env().dialect
    except SyncError:
        return Dialect.TICKETS


async def _check_remote(settings: Settings) -> list[Check]:
    try:
        qcontact = qcontact_from_env()
    except SyncError as error:
        named = "set what is named: docs/configuration.md, docs/tenants.md"
        return [Check("QContact", State.FAILED, str(error), named)]
    try:
        asked = await _ask_remote(qcontact, settings.quick(timeout_s=CHECK_PATIENCE_S))
    except SyncError as error:
        has_token = isinstance(qcontact.credentials, AccessToken)
        key = " and ".join(credential_variables(qcontact.dialect, has_token=has_token))
        advice = access_advice(error.code, url="QCONTACT_API_URL", key=key)
        asked = [Check("QContact", State.FAILED, str(error), advice)]
    return [*asked, *_check_https(qcontact.url)]


def _check_https(url: str) -> Iterator[Check]:
    if is_unencrypted(url):
        found = "API key, password and tokens are sent unencrypted"
        yield Check("QContact TLS", State.WARNING, found, "use https:// in QCONTACT_API_URL")


async def _ask_remote(qcontact: QContactAccess, settings: Settings) -> list[Check]:
    async with open_remote(qcontact, settings) as remote:
        found = await remote.check()
        asked_at = datetime.now(UTC)
        server_time = await _server_time(remote, asked_at)
        answered_at = datetime.now(UTC)
        probed = await _probe(remote)
    name = "QContact clock"
    if server_time is None:
        clock = Check(name, State.WARNING, "its answers have no Date header")
    else:
        clock = check_clock(name, server_time, asked_at, answered_at)
    return [Check("QContact", State.OK, found), clock, *probed]


async def _server_time(remote: Remote, now: datetime) -> datetime | None:
    if isinstance(remote, WalkedList):
        return (await remote.list_rows(1, 1)).server_time
    return (await remote.list_page(Window(None, now), 1, 1)).server_time


async def _probe(remote: Remote) -> list[Check]:
    """The properties that differ between tenants (dialect entities)."""
    if not isinstance(remote, EntitiesClient):
        return []
    found = [Check(f"QContact {f.topic}", State.OK, f.text) for f in await probe(remote)]
    if remote.queues == ("",):
        advice = "set QCONTACT_QUEUES to the assignee ids whose cases are yours"
        seen = f"all cases are synced; {await assignees(remote)}"
        found.append(Check("QContact queues", State.WARNING, seen, advice))
    return found
