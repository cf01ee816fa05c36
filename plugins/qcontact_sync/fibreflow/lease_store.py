"""Leases on PostgreSQL, by the database's clock alone."""

import os
import socket

from qcontact_sync.core.errors import RowLocked
from qcontact_sync.core.store_ports import Lease, LeaseHolder
from qcontact_sync.fibreflow.database import LEASE_TTL_S, Database, lease_params


class PostgresLeases:
    """The `Leases` port; has a connection of its own, so that renewing never waits for work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, account: str, holder: str) -> Lease | None:
        """The lease, or None where somebody else holds it, or is just now writing its row."""
        params = {
            "account": account,
            "holder": holder,
            "ttl_s": LEASE_TTL_S,
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        try:
            async with self._database.transaction():
                # A holder that froze before its commit keeps the row locked.
                await self._database.fetch("limit_lock_waits")
                rows = await self._database.fetch("take_lease", params)
        except RowLocked:
            return None
        return Lease(account, holder, rows[0]["fence"]) if rows else None

    async def renew(self, lease: Lease) -> bool:
        """Stay the holder; False where the lease is lost."""
        async with self._database.transaction():
            return bool(await self._database.fetch("renew_lease", lease_params(lease)))

    async def release(self, lease: Lease) -> None:
        """Let the next writer in at once."""
        async with self._database.transaction():
            await self._database.fetch("release_lease", lease_params(lease))

    async def holder(self, account: str) -> LeaseHolder | None:
        """Who holds the account's lease."""
        rows = await self._database.read("read_lease", {"account": account})
        if not rows:
            return None
        row = rows[0]
        return LeaseHolder(Lease(account, row["holder"], row["fence"]), row["host"], row["pid"])

    async def evict(self, holder: LeaseHolder) -> None:
        """End the lease of a holder whose process is known to be gone."""
        async with self._database.transaction():
            await self._database.fetch("evict_lease", lease_params(holder.lease))
