"""The adapters opened as the settings say; with `jobs`, the place that names concrete classes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pydantic import SecretStr

from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.merge import Policy
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.qcontact.pace import Sleep
from qcontact_sync.qcontact.tickets_dialect import TicketsClient, open_client
from qcontact_sync.qcontact.transport import ClientOptions
from qcontact_sync.settings import Dialect, Endpoints, Settings, table_names
from qcontact_sync.sync.context import SyncOptions


@asynccontextmanager
async def open_database(url: SecretStr) -> AsyncIterator[Database]:
    """FibreFlow's database for the time of the block; it connects when first asked."""
    database = Database(url.get_secret_value(), table_names())
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_remote(
    endpoints: Endpoints, settings: Settings, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[TicketsClient]:
    """QContact for the time of the block; nothing is sent yet.

    Args:
        sleep: Waits out back-off and pauses.

    Raises:
        FatalError: ``CONFIG_ERROR``, its address, key or dialect cannot be used.
    """
    if endpoints.dialect is not Dialect.TICKETS:
        raise ConfigError("the entities dialect is not spoken yet: use dialect tickets")
    options = ClientOptions(
        timeout_s=settings.timeout_s,
        retry_budget_s=settings.retry_budget_s,
        deadline_s=settings.time_limit_s,
        connections=settings.connections,
        rate_per_s=settings.rate_per_s,
        ca_file=settings.ca_file,
        sleep=sleep,
    )
    async with open_client(
        url=endpoints.qcontact_url, key=endpoints.qcontact_key, options=options
    ) as client:
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
