"""One connection to FibreFlow's database, and its transactions.

Works through a transaction pooler: nothing is relied on beyond a transaction, so statements are
not prepared by name and settings are made inside each transaction.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from qcontact_sync.core.errors import ErrorCode, LeaseLost, RetryableError
from qcontact_sync.core.store_ports import Lease
from qcontact_sync.fibreflow.connecting import (
    CONNECT_ERRORS,
    CONNECT_S,
    Line,
    connection_failed,
    prepared,
    watched,
)
from qcontact_sync.fibreflow.failures import translate
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema
from qcontact_sync.fibreflow.statements import statement
from qcontact_sync.fibreflow.transactions import transaction

log = logging.getLogger(__name__)

LEASE_TTL_S = 30.0
RUN_PATIENCE_S = 600.0
PERSON_PATIENCE_S = 8.0
"""The limit if a user waits, or a program that a user waits for."""
STATUS_BUDGET_S = 10.0
"""How long `status` takes at most, however many questions it asks."""
LOCK_WAIT_S = 2.0
"""How long a row may stay locked by the app; after that, only its ticket fails."""
LEASE_PATIENCE_S = 4.0
"""A renewal that gets no answer must leave time for another one."""
_CUT_AFTER = 1.5


class Database:
    """A connection that is opened when first needed, and again when it was lost.

    Args:
        patience_s: How long a statement may take; a transaction half as long again.
        budget_s: How long all of it may take together, from the first query on, connecting
            included; None for no limit.
        lock_wait_s: See `limit_lock_waits`.
    """

    def __init__(
        self,
        conninfo: str,
        schema: HostSchema = USUAL,
        patience_s: float = RUN_PATIENCE_S,
        budget_s: float | None = None,
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        self._conninfo = conninfo
        self.schema = schema
        self._patience_s = patience_s
        self._budget_s = budget_s
        self._lock_wait_s = lock_wait_s
        self._ends_at: float | None = None
        self._connection: AsyncConnection[DictRow] | None = None
        self._lock = asyncio.Lock()

    async def _connected(self) -> AsyncConnection[DictRow]:
        if self._connection is None or self._connection.closed:
            address = prepared(self._conninfo, min(self._patience_s, CONNECT_S))
            try:
                # Of several hosts, each may take the connection's own time-out.
                async with asyncio.timeout(self._left_s()):
                    self._connection = await AsyncConnection.connect(
                        address,
                        autocommit=True,
                        row_factory=dict_row,
                        prepare_threshold=None,
                    )
            except TimeoutError:
                raise _silent(self._budget_s or 0) from None
            except CONNECT_ERRORS as error:
                failed = await asyncio.to_thread(connection_failed, error, address)
                raise failed from None
        return self._connection

    def _left_s(self) -> float | None:
        """What is left of the budget."""
        if self._budget_s is None:
            return None
        now = asyncio.get_running_loop().time()
        if self._ends_at is None:
            self._ends_at = now + self._budget_s
        return max(self._ends_at - now, 0.01)

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
        # Tasks that share the connection take turns, a transaction each.
        async with self._lock:
            begun, line = await self._begin(read_only)
            try:
                async with begun:
                    yield self
                    if lease is not None:
                        # Last, so that transactions side by side wait for each other only here.
                        await self.check_lease(lease)
            except psycopg.Error as error:
                raise (_silent(line.limit_s) if line.is_cut else translate(error)) from error

    async def _begin(self, read_only: bool) -> tuple[AsyncExitStack, Line]:
        """An open transaction, on a new connection where the server closed the one at hand."""
        connection = await self._connected()
        try:
            return await self._begin_on(connection, read_only)
        except psycopg.Error as error:
            if not connection.closed:
                raise translate(error) from error
        # Servers and poolers close idle connections. No statement of ours was running.
        log.info("database.connect_again")
        try:
            return await self._begin_on(await self._connected(), read_only)
        except psycopg.Error as error:
            raise translate(error) from error

    async def _begin_on(
        self, connection: AsyncConnection[DictRow], read_only: bool
    ) -> tuple[AsyncExitStack, Line]:
        left_s = self._left_s()
        patience_s = self._patience_s if left_s is None else min(self._patience_s, left_s)
        cut_after_s = self._patience_s * _CUT_AFTER
        async with AsyncExitStack() as begun:
            limit_s = cut_after_s if left_s is None else min(cut_after_s, left_s)
            line = begun.enter_context(watched(connection, limit_s))
            begin = transaction(connection, patience_s, read_only=read_only)
            await begun.enter_async_context(begin)
            return begun.pop_all(), line

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the present transaction, undone where the block fails.

        Raises:
            SyncError: What a database error means.
        """
        if self._connection is None:
            raise RuntimeError("savepoint belongs inside a transaction")
        try:
            async with self._connection.transaction():
                yield
        except psycopg.Error as error:
            raise translate(error) from error

    async def check_lease(self, lease: Lease) -> None:
        """Renew the lease inside the present transaction."""
        if not await self.fetch("renew_lease", lease_params(lease)):
            raise LeaseLost

    async def fetch(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        schema: HostSchema | None = None,
    ) -> list[DictRow]:
        """Run a query file inside the present transaction; its rows, if it returns any.

        Args:
            schema: With the columns that a mapping names; None for the database's own.
        """
        if self._connection is None:
            raise RuntimeError("fetch belongs inside a transaction")
        text = statement(name, schema or self.schema)
        cursor = await self._connection.execute(text.encode(), params)
        # Not its description, which takes longer to make than a few rows to read.
        has_rows = cursor.pgresult is not None and cursor.pgresult.nfields > 0
        return await cursor.fetchall() if has_rows else []

    async def limit_lock_waits(self) -> None:
        """Let the statements of the present transaction wait only so long for each lock."""
        limit = f"{max(round(self._lock_wait_s * 1000), 1)}ms"
        await self.fetch("limit_lock_waits", {"lock_timeout": limit})

    async def copy(self, name: str, rows: str) -> None:
        """Run a query file that copies rows, inside the present transaction.

        Args:
            rows: In COPY's text format.
        """
        if self._connection is None:
            raise RuntimeError("copy belongs inside a transaction")
        text = statement(name, self.schema).encode()
        async with self._connection.cursor() as cursor, cursor.copy(text) as copying:
            await copying.write(rows)

    async def read(self, name: str, params: Mapping[str, Any] | None = None) -> list[DictRow]:
        """Run one query in a read-only transaction of its own."""
        async with self.transaction(read_only=True):
            return await self.fetch(name, params)

    async def close(self) -> None:
        """Close the connection, if one is open."""
        if self._connection is not None:
            await self._connection.close()


def _silent(waited_s: float) -> RetryableError:
    return RetryableError(
        f"no answer from the database within {waited_s:.3g} s", ErrorCode.DATABASE_ERROR
    )


def lease_params(lease: Lease) -> dict[str, Any]:
    """A lease as statement parameters."""
    return {
        "account": lease.account,
        "holder": lease.holder,
        "fence": lease.fence,
        "ttl_s": LEASE_TTL_S,
    }
