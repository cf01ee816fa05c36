"""One connection to FibreFlow's database, its transactions, and what its errors mean.

Works through a transaction pooler: nothing is relied on beyond a transaction, so statements are
not prepared by name and settings are made inside each transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from qcontact_sync.core.errors import (
    Contention,
    ErrorCode,
    FatalError,
    LeaseLost,
    RetryableError,
    RowLocked,
    SyncError,
    TicketError,
)
from qcontact_sync.core.store_ports import Lease
from qcontact_sync.fibreflow import tls
from qcontact_sync.fibreflow.statements import USUAL, TableNames, statement

LEASE_TTL_S = 30.0
_TRANSIENT_CLASSES = ("08", "53", "55", "57")
_LOCK_NOT_AVAILABLE = "55P03"
# 44 a view's check option, 54 a value too large for an index, P0 what the app's triggers raise.
_ROW_CLASSES = ("22", "23", "44", "54", "P0")
_SCHEMA_STATES = ("42P01", "42703", "42883")
_NO_RIGHT = "42501"


class RowRejected(TicketError):
    """PostgreSQL refused a row's data; names constraint and table, never values."""

    # Another ticket_uid may be free by then, a constraint of the app's may have gone.
    is_passing = True


def translate(error: psycopg.Error) -> Exception:
    """Group a database error by what the run does next.

    Its own text may hold a row's data, so only names are kept.
    """
    state = error.sqlstate or ""
    where = ", ".join(
        f"{kind} {name}"
        for kind, name in (
            ("constraint", error.diag.constraint_name),
            ("column", error.diag.column_name),
            ("table", error.diag.table_name),
        )
        if name
    )
    message = f"PostgreSQL {type(error).__name__} {state}".strip() + (
        f" ({where})" if where else ""
    )
    if state == _LOCK_NOT_AVAILABLE:
        return RowLocked()
    if state[:2] == "40":
        return Contention(message, ErrorCode.DATABASE_ERROR)
    if not state or state[:2] in _TRANSIENT_CLASSES:
        return RetryableError(message, ErrorCode.DATABASE_ERROR)
    if state[:2] in _ROW_CLASSES:
        return RowRejected(message, ErrorCode.DATABASE_ERROR)
    if state in _SCHEMA_STATES:
        message += "; the schema is missing or behind: run `qcontact-sync migrate`"
    if state == _NO_RIGHT:
        message += "; `qcontact-sync doctor` names the rights that the user lacks"
    return FatalError(message, ErrorCode.DATABASE_ERROR)


def connection_failed(error: psycopg.Error, conninfo: str) -> SyncError:
    """What a person should look at where no connection came about.

    libpq's own text is left out: of an address that was mistyped it may show the password.

    Args:
        conninfo: As it was used.
    """
    if problem := tls.problem(conninfo):
        return FatalError(
            f"no connection to the database: {problem} (docs/security.md)", ErrorCode.DATABASE_ERROR
        )
    refused = getattr(error.pgconn, "used_password", False)
    return RetryableError(
        "the database answers but refuses the login: check user, password and database name"
        if refused
        else "no connection to the database: check that it runs, and host, port, sslmode, user "
        "and database name",
        ErrorCode.DATABASE_ERROR,
    )


class Database:
    """A connection that is opened when first needed and anew when it was lost."""

    def __init__(self, conninfo: str, tables: TableNames = USUAL) -> None:
        self._conninfo = tls.verified(conninfo)
        self._tables = tables
        self._connection: AsyncConnection[DictRow] | None = None
        self._lock = asyncio.Lock()

    async def _connected(self) -> AsyncConnection[DictRow]:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = await AsyncConnection.connect(
                    self._conninfo, autocommit=True, row_factory=dict_row, prepare_threshold=None
                )
            except psycopg.Error as error:
                failed = await asyncio.to_thread(connection_failed, error, self._conninfo)
                raise failed from error
        return self._connection

    @asynccontextmanager
    async def transaction(
        self, lease: Lease | None = None, *, read_only: bool = False
    ) -> AsyncIterator["Database"]:
        """A transaction in UTC that commits when the block ends well.

        Args:
            lease: Renewed before the commit, so that whoever lost it cannot commit.

        Raises:
            LeaseLost: Somebody else holds the lease.
            SyncError: What a database error means for the run.
        """
        try:
            # Tasks that share the connection take turns, a transaction each.
            async with self._lock:
                connection = await self._connected()
                async with connection.transaction():
                    if read_only:
                        await self.fetch("forbid_writes")
                    await self.fetch("begin_transaction")
                    yield self
                    if lease is not None:
                        # Last, so that transactions side by side wait for each other only here.
                        await self.check_lease(lease)
        except psycopg.Error as error:
            raise translate(error) from error

    async def check_lease(self, lease: Lease) -> None:
        """Renew the lease inside the present transaction."""
        if not await self.fetch("renew_lease", lease_params(lease)):
            raise LeaseLost

    async def fetch(self, name: str, params: Mapping[str, Any] | None = None) -> list[DictRow]:
        """Run a query file inside the present transaction; its rows, if it returns any."""
        if self._connection is None:
            raise RuntimeError("fetch belongs inside a transaction")
        text = statement(name, self._tables)
        cursor = await self._connection.execute(text.encode(), params)
        return await cursor.fetchall() if cursor.description else []

    async def read(self, name: str, params: Mapping[str, Any] | None = None) -> list[DictRow]:
        """Run one query in a read-only transaction of its own."""
        async with self.transaction(read_only=True):
            return await self.fetch(name, params)

    async def close(self) -> None:
        """Close the connection, if one is open."""
        if self._connection is not None:
            await self._connection.close()


def lease_params(lease: Lease) -> dict[str, Any]:
    """A lease as statement parameters."""
    return {
        "account": lease.account,
        "holder": lease.holder,
        "fence": lease.fence,
        "ttl_s": LEASE_TTL_S,
    }
