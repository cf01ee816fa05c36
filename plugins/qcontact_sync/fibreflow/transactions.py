"""How a transaction begins and ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import lru_cache

import psycopg
from psycopg import AsyncClientCursor, AsyncConnection, sql

from qcontact_sync.fibreflow.statements import statement


@asynccontextmanager
async def transaction(
    connection: AsyncConnection[object], timeout_s: float, *, read_only: bool
) -> AsyncIterator[None]:
    """A transaction with the settings that ours rely on; one message begins it and sets them.

    psycopg's own would take one message more, to a server that may be far away.

    Args:
        timeout_s: How long a statement may take.
    """
    try:
        text = _begin(max(round(timeout_s * 1000), 1), read_only=read_only)
        await AsyncClientCursor(connection).execute(text)
        yield
        await connection.commit()
    finally:
        # Nothing to do after the commit. Where it fails, the connection is lost, and the server
        # rolls back by itself.
        with suppress(psycopg.Error):
            await connection.rollback()


@lru_cache(maxsize=16)
def _begin(timeout_ms: int, *, read_only: bool) -> bytes:
    """Several statements can be sent at once only where their values are part of the text."""
    begin = statement("begin_read_only" if read_only else "begin")
    timeout = sql.Literal(f"{timeout_ms}ms").as_string()
    settings = statement("begin_transaction").replace("%(statement_timeout)s", timeout)
    return f"{begin}{settings}".encode()
