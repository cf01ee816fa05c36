"""What a person's decisions change in the database."""

from collections.abc import Sequence
from uuid import UUID

from qcontact_sync.fibreflow.database import Database


class ReviewStore:
    """Small writes outside any run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change_failures(self, change: str, ids: Sequence[UUID]) -> None:
        """``retry_quarantine`` or ``dismiss_quarantine`` these entries."""
        async with self._database.transaction() as database:
            await database.fetch(change, {"ids": list(ids)})
