"""How a transaction begins and ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
from psycopg import AsyncClientCursor, AsyncConnection

from qcontact_sync.fibreflow.statements import statement


@asynccontextmanager
async def transaction(
    connection: AsyncConnection[object], timeout_s: float, *, read_only: bool
) -> AsyncIterator[None]:
    """A transaction with what every one of ours relies on; begun and set by one message.

    psycopg's own would take one message more, to a server that may be far away.

    Args:
        timeout_s: How long a statement may take.
    """
    begin = statement("begin_read_only" if read_only else "begin")
    text = f"{begin}{statement('begin_transaction')}".encode()
    settings = {"statement_timeout": f"{max(round(timeout_s * 1000), 1)}ms"}
    try:
        # The values are part of the text: only then several statements can be sent at once.
        await AsyncClientCursor(connection).execute(text, settings)
        yield
        await connection.commit()
    finally:
        # Nothing to do after the commit. Where it fails, the connection is lost, and the server
        # rolls back by itself.
        with suppress(psycopg.Error):
            await connection.rollback()
