"""Leases on PostgreSQL; only the database's clock counts."""

import os
import socket

from qcontact_sync.core.errors import RowLocked
from qcontact_sync.core.store_ports import Lease, LeaseHolder
from qcontact_sync.fibreflow.database import LEASE_TTL_S, Database, lease_params


class PostgresLeases:
    """The `Leases` port.

    Args:
        database: The connection of the work that the lease is for.
        renewals: A connection of its own, so that renewals never wait for work. The first one
            opens it: a direction with little to do needs none.
    """

    def __init__(self, database: Database, renewals: Database | None = None) -> None:
        self._database = database
        self._renewals = renewals or database

    async def take(self, account: str, holder: str) -> Lease | None:
        """The lease, or None if another holder has it or is writing its row."""
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
                await self._database.limit_lock_waits()
                rows = await self._database.fetch("take_lease", params)
        except RowLocked:
            return None
        return Lease(account, holder, rows[0]["fence"]) if rows else None

    async def renew(self, lease: Lease) -> bool:
        async with self._renewals.transaction():
            return bool(await self._renewals.fetch("renew_lease", lease_params(lease)))

    async def release(self, lease: Lease) -> None:
        async with self._database.transaction():
            await self._database.fetch("release_lease", lease_params(lease))

    async def holder(self, account: str) -> LeaseHolder | None:
        rows = await self._database.read("read_lease", {"account": account})
        if not rows:
            return None
        row = rows[0]
        return LeaseHolder(Lease(account, row["holder"], row["fence"]), row["host"], row["pid"])

    async def evict(self, holder: LeaseHolder) -> None:
        async with self._database.transaction():
            await self._database.fetch("evict_lease", lease_params(holder.lease))
