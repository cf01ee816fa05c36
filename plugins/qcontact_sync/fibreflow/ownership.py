"""Whose a database is: links, quarantine, conflicts and notes in it are one account's."""

from qcontact_sync.core.errors import ConfigError
from qcontact_sync.fibreflow.database import Database


async def require_own(database: Database, account: str) -> bool:
    """Refuse a database that is kept for another account; whether it is kept for this one.

    Raises:
        ConfigError: It belongs to another account, which is named.
    """
    owners = [row["account"] for row in await database.read("list_owners")]
    _refuse_others(owners, account)
    return account in owners


async def claim(database: Database, account: str) -> None:
    """Make a database that nobody has worked in yet the account's own.

    Raises:
        ConfigError: It belongs to another account, which is named.
    """
    if await require_own(database, account):
        return
    async with database.transaction():
        await database.fetch("lock_owner")
        _refuse_others([row["account"] for row in await database.fetch("list_owners")], account)
        await database.fetch("own_database", {"account": account})


def _refuse_others(owners: list[str], account: str) -> None:
    others = [owner for owner in owners if owner != account]
    if others:
        raise ConfigError(
            f"FibreFlow's database is kept for account {', '.join(others)}, not for {account}: "
            "each account needs a database of its own"
        )
