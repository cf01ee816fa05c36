"""The account that a database belongs to; links, quarantine, conflicts and notes are its own."""

from qcontact_sync.core.errors import ConfigError
from qcontact_sync.fibreflow.database import Database


async def require_own(database: Database, account: str) -> None:
    """Refuse a database that belongs to another account.

    Raises:
        ConfigError: Names the other account.
    """
    async with database.transaction(read_only=True):
        await _refuse_others(database, account)


async def claim(database: Database, account: str) -> None:
    """Inside a transaction: claim a database that has no owner yet.

    Raises:
        ConfigError: It belongs to another account; names it.
    """
    await database.fetch("lock_owner")
    await _refuse_others(database, account)
    await database.fetch("own_database", {"account": account})


async def _refuse_others(database: Database, account: str) -> None:
    owners = [row["account"] for row in await database.fetch("list_owners")]
    others = [owner for owner in owners if owner != account]
    if others:
        raise ConfigError(
            f"FibreFlow's database belongs to account {', '.join(others)}, not to {account}: "
            "each account needs a database of its own"
        )
