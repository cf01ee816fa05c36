"""One open transaction of a direction, as its parts share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import Direction, JobId
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """The transaction, and whose work it is.

    Attributes:
        schema: FibreFlow's, with the columns that the mapping names.
        mapping: The rules by which tickets translate.
    """

    database: Database
    job_id: JobId
    direction: Direction
    read_only: bool
    schema: HostSchema = USUAL
    mapping: TicketMapping = TICKETS

    async def fetch(self, name: str, params: Mapping[str, Any] | None = None) -> list[DictRow]:
        """Run a query file; it also gets ``job_id`` and ``direction``."""
        own = {"job_id": self.job_id, "direction": self.direction.value}
        return await self.database.fetch(name, {**own, **(params or {})}, self.schema)

    async def copy(self, name: str, rows: str) -> None:
        """Run a query file that copies rows (`Database.copy`)."""
        await self.database.copy(name, rows)

    async def record_conflicts(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add, open and close conflicts (elements as `rows.conflict_row` makes them)."""
        if rows:
            await self.fetch("record_conflicts", {"conflicts": jsonb(rows)})


def jsonb(rows: object) -> Jsonb:
    """Rows as a ``jsonb`` parameter."""
    return Jsonb(rows, dumps=msgspec.json.encode)
