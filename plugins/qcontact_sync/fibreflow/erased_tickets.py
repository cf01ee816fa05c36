"""What the sync keeps of tickets that were erased in FibreFlow."""

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from qcontact_sync.core.model import RemoteId
from qcontact_sync.fibreflow.database import Database


class ErasedTickets:
    """Both methods belong inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, given: str) -> Mapping[str, Any] | None:
        """A ticket by QContact id or FibreFlow uuid: ``remote_id``, ``is_here``, ``lacks``."""
        rows = await self._database.fetch("find_to_forget", {"given": given})
        return rows[0] if rows else None

    async def forget(self, remote_id: RemoteId, mark: Mapping[str, str]) -> Mapping[str, int]:
        """Remove all rows and empty the audit's; the number of each."""
        params = {"remote_id": remote_id, "mark": Jsonb(mark)}
        (removed,) = await self._database.fetch("forget_ticket", params)
        return removed
