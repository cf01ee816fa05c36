"""Opens the adapters by the settings: FibreFlow's database, QContact's client by dialect."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qcontact_sync.config.access import (
    ApiKey,
    Dialect,
    FibreFlowAccess,
    Password,
    QContactAccess,
)
from qcontact_sync.config.mapping_file import load_mapping
from qcontact_sync.config.settings import (
    PREFIX,
    TABLE_PREFIX,
    SchemaSetting,
    Settings,
    TableSettings,
)
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import ASSIGNED_TO
from qcontact_sync.core.ports import Clock, Remote
from qcontact_sync.fibreflow.database import RUN_PATIENCE_S, Database
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema
from qcontact_sync.qcontact.pace import Sleep
from qcontact_sync.qcontact.transport import ClientOptions
from qcontact_sync.sync.context import SyncOptions

if TYPE_CHECKING:
    from qcontact_sync.qcontact.entities_dialect import EntitiesClient
    from qcontact_sync.qcontact.tickets_dialect import TicketsClient

TENANT_CONNECTIONS = 10
"""The largest number that was tested with a tenant (dialect entities)."""


class SystemClock:
    """`core.ports.Clock` for real runs."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()


def host_schema() -> HostSchema:
    """How FibreFlow's tables are called and shaped.

    Raises:
        ConfigError: Names each variable with an invalid table name, or the unknown lineage.
    """
    # Every database that is opened asks, and reading settings takes longer than a short query.
    deciding = (TABLE_PREFIX, f"{PREFIX}SCHEMA")
    names = (name for name in os.environ if name.upper().startswith(deciding))
    return _host_schema(frozenset((name, os.environ[name]) for name in names))


@lru_cache(maxsize=4)
def _host_schema(environment: frozenset[tuple[str, str]]) -> HostSchema:
    """The schema by the environment, whose variables the caller names."""
    if not environment:
        return USUAL
    try:
        lineage = SchemaSetting().schema
    except ValidationError as error:
        raise ConfigError(f"cannot use {PREFIX}SCHEMA: {error.errors()[0]['msg']}") from None
    try:
        return HostSchema.of_lineage(lineage, **TableSettings().model_dump(exclude_none=True))
    except ValidationError as error:
        wrong = ", ".join(f"{TABLE_PREFIX}{str(e['loc'][0]).upper()}" for e in error.errors())
        raise ConfigError(f"not a table name, or schema.table: {wrong}") from None


@asynccontextmanager
async def open_database(
    fibreflow: FibreFlowAccess, patience_s: float = RUN_PATIENCE_S, budget_s: float | None = None
) -> AsyncIterator[Database]:
    """FibreFlow's database for the time of the block; it connects at the first query.

    Args:
        patience_s, budget_s: See `Database`.
    """
    address = fibreflow.database_url.get_secret_value()
    database = Database(address, host_schema(), patience_s, budget_s)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def database_or(
    given: Database | None, fibreflow: FibreFlowAccess
) -> AsyncIterator[Database]:
    """The given database, which stays open, or else one for the time of the block."""
    if given is not None:
        yield given
        return
    async with open_database(fibreflow) as database:
        yield database


@asynccontextmanager
async def open_remote(
    qcontact: QContactAccess,
    settings: Settings,
    sleep: Sleep = asyncio.sleep,
    clock: Clock | None = None,
) -> AsyncIterator["TicketsClient | EntitiesClient"]:
    """QContact for the time of the block; this sends no request.

    Args:
        sleep: Waits out back-off and pauses.
        clock: What they are measured with; default: the system's.

    Raises:
        FatalError: ``CONFIG_ERROR``, its address, credentials or mapping file are invalid.
    """
    mapping = load_mapping(settings, qcontact.dialect)
    options = _client_options(qcontact, settings, sleep, clock or SystemClock())
    async with _client(qcontact, options, mapping) as client:
        yield client


def _client(
    qcontact: QContactAccess, options: ClientOptions, mapping: TicketMapping
) -> "AbstractAsyncContextManager[TicketsClient | EntitiesClient]":
    """The client of one dialect; the other one is not even imported."""
    credentials = qcontact.credentials
    if isinstance(credentials, ApiKey):
        from qcontact_sync.qcontact.tickets_dialect import open_client

        return open_client(url=qcontact.url, key=credentials.key, options=options, mapping=mapping)
    from qcontact_sync.qcontact.entities_dialect import open_entities_client

    open_tenant = partial(
        open_entities_client,
        url=qcontact.url,
        email=credentials.email,
        queues=qcontact.queues,
        options=options,
        mapping=mapping,
    )
    if isinstance(credentials, Password):
        return open_tenant(password=credentials.password)
    return open_tenant(token=credentials.token, client=credentials.client)


def _client_options(
    qcontact: QContactAccess, settings: Settings, sleep: Sleep, clock: Clock
) -> ClientOptions:
    most = settings.connections
    if qcontact.dialect is Dialect.ENTITIES:
        most = min(most, TENANT_CONNECTIONS)
    return ClientOptions(
        clock=clock,
        timeout_s=settings.timeout_s,
        retry_budget_s=settings.retry_budget_s,
        deadline_s=settings.time_limit_s,
        connections=most,
        rate_per_s=settings.rate_per_s,
        ca_file=settings.ca_file,
        allow_http=settings.allow_http,
        sleep=sleep,
    )


def sync_options(settings: Settings, remote: Remote) -> SyncOptions:
    """The options of a direction from the settings."""
    mapping = remote.mapping
    return SyncOptions(
        policy=policy_of(mapping, settings, sends_assignment=remote.writes_assignment),
        overlap=timedelta(seconds=settings.overlap_s),
        page_size=settings.page_size,
        connections=settings.connections,
        max_outbound=settings.max_outbound,
        sent_notes=mapping.sent_notes,
        inbound_notes=settings.inbound_notes != "off",
    )


def policy_of(mapping: TicketMapping, settings: Settings, *, sends_assignment: bool) -> Policy:
    """How values translate and who wins.

    Args:
        sends_assignment: Whether this QContact takes an assignment.
    """
    return Policy(
        mapping,
        settings.reopen,
        mapping.assignment_winner or settings.assignment_winner,
        sends_assignment=sends_assignment and mapping.sends(ASSIGNED_TO),
        creates_finished=settings.create == "all",
    )
