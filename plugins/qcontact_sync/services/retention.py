"""Deletes the sync's own rows that are old and no longer needed."""

import logging
from collections.abc import Mapping

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.accounts import DEFAULT
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.services.wiring import open_database

log = logging.getLogger(__name__)


async def delete_old_rows(
    fibreflow: FibreFlowAccess, days: int, account: str = DEFAULT
) -> Mapping[str, int]:
    """Delete the sync's own rows that are older than this and no longer needed.

    Args:
        account: The account to which the database must belong.

    Returns:
        The number of deleted rows by kind.

    Raises:
        SyncError: The database is not available.
    """
    async with open_database(fibreflow) as database:
        await require_own(database, account)
        async with database.transaction():
            (deleted,) = await database.fetch("delete_old_rows", {"days": days})
    log.info("retention.deleted days=%d rows=%s", days, dict(deleted))
    return deleted
