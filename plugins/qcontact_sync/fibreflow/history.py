"""Reading the record: rows for the CLI, Python callers, and later the dashboard."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from qcontact_sync.fibreflow.database import Database


async def list_history(
    database: Database,
    *,
    limit: int,
    status: str | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
) -> Sequence[Mapping[str, object]]:
    """Runs newest first, with all columns of ``sync_job_history``."""
    return await database.read(
        "list_history",
        {"limit": limit, "status": status, "start_date": start_date, "end_date": end_date},
    )
