"""Connections of the sync that later runs of the same process use again, as a pooler's do.

A run relies on nothing beyond a transaction. What starts a server process, reads the catalogue and
plans each statement anew is PostgreSQL's work alone, and would be most of a short test's.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar, Self
from unittest.mock import patch

import pytest
from psycopg import AsyncConnection, pq
from qcontact_sync.fibreflow import database

from tests.depth import IS_DEEP


class KeptConnection(AsyncConnection[Any]):
    """Its end is the beginning of the next one to the same address.

    Attributes:
        databases: In which it is kept; elsewhere it ends at its end.
    """

    databases: ClassVar[set[str]] = set()
    _free: ClassVar[dict[str, list[Self]]] = defaultdict(list)
    _address: str

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> Self:
        free = cls._free[conninfo]
        while free:
            kept = free.pop()
            if kept._is_idle():
                # Of the event loop that uses it now.
                kept.lock = asyncio.Lock()
                return kept
            kept.pgconn.finish()
        # Named statements: their plans are kept as well.
        made = await super().connect(conninfo, **{**options, "prepare_threshold": 0})
        made._address = conninfo
        return made

    async def close(self) -> None:
        free = self._free[self._address]
        if self in free:
            return
        if self._is_idle() and self.info.dbname in self.databases:
            free.append(self)
        else:
            await super().close()

    @classmethod
    def kept(cls, name: str) -> list[int]:
        """Process ids of a database's connections that wait for their next use."""
        return [kept.info.backend_pid for kept in cls._of(name)]

    @classmethod
    def let_go(cls, name: str) -> None:
        """Close those of a database."""
        cls.databases.discard(name)
        for kept in cls._of(name):
            kept.pgconn.finish()
            cls._free[kept._address].remove(kept)

    @classmethod
    def _of(cls, name: str) -> list[Self]:
        every = [kept for free in cls._free.values() for kept in free if kept._is_idle()]
        return [kept for kept in every if kept.info.dbname == name]

    def _is_idle(self) -> bool:
        # It is UNKNOWN where the connection is lost.
        return self.pgconn.transaction_status == pq.TransactionStatus.IDLE


@pytest.fixture(autouse=True)
def kept_connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """For the folders whose conftest imports it; `make prove` opens a new connection each time, and
    so do tests that are marked `new_connections`.
    """
    if IS_DEEP or request.node.get_closest_marker("new_connections"):
        yield
        return
    with patch.object(database, "AsyncConnection", KeptConnection):
        yield
