"""The adapters opened as the settings say; with `jobs`, the place that names concrete classes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from qcontact_sync.config.access import NOT_SPOKEN, ApiKey, Dialect, FibreFlowAccess, QContactAccess
from qcontact_sync.config.settings import TABLE_PREFIX, Settings, TableSettings
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.merge import Policy
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.statements import TableNames
from qcontact_sync.qcontact.pace import Sleep
from qcontact_sync.qcontact.tickets_dialect import TicketsClient, open_client
from qcontact_sync.qcontact.transport import ClientOptions
from qcontact_sync.sync.context import SyncOptions


class SystemClock:
    """`core.ports.Clock` for real runs."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never step back."""
        return time.monotonic()


def table_names() -> TableNames:
    """What FibreFlow's tables are called.

    Raises:
        ConfigError: Names each variable that is no table's name.
    """
    try:
        return TableNames(**TableSettings().model_dump())
    except ValidationError as error:
        wrong = ", ".join(f"{TABLE_PREFIX}{str(e['loc'][0]).upper()}" for e in error.errors())
        raise ConfigError(f"no name of a table, or of schema.table: {wrong}") from None


@asynccontextmanager
async def open_database(fibreflow: FibreFlowAccess) -> AsyncIterator[Database]:
    """FibreFlow's database for the time of the block; it connects when first asked."""
    database = Database(fibreflow.database_url.get_secret_value(), table_names())
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_remote(
    qcontact: QContactAccess, settings: Settings, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[TicketsClient]:
    """QContact for the time of the block; nothing is sent yet.

    Args:
        sleep: Waits out back-off and pauses.

    Raises:
        FatalError: ``CONFIG_ERROR``, its address, key or dialect cannot be used.
    """
    credentials = qcontact.credentials
    if qcontact.dialect is not Dialect.TICKETS or not isinstance(credentials, ApiKey):
        raise ConfigError(NOT_SPOKEN)
    options = ClientOptions(
        clock=SystemClock(),
        timeout_s=settings.timeout_s,
        retry_budget_s=settings.retry_budget_s,
        deadline_s=settings.time_limit_s,
        connections=settings.connections,
        rate_per_s=settings.rate_per_s,
        ca_file=settings.ca_file,
        sleep=sleep,
    )
    async with open_client(url=qcontact.url, key=credentials.key, options=options) as client:
        yield client


def sync_options(settings: Settings, remote: TicketsClient) -> SyncOptions:
    """How the settings make a direction work."""
    return SyncOptions(
        policy=Policy(remote.words, settings.reopen, settings.assignment_winner),
        overlap=timedelta(seconds=settings.overlap_s),
        page_size=settings.page_size,
        connections=settings.connections,
        max_outbound=settings.max_outbound,
        internal_notes=settings.internal_notes == "send",
    )
