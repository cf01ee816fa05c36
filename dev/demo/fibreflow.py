"""FibreFlow's database as its users see it; one query per file in `sql/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from qcontact_sync.fibreflow.tls import verified

QUERIES = Path(__file__).parent / "sql"

Row = dict[str, Any]


def query(dsn: str, name: str, params: Mapping[str, object] | None = None) -> list[Row]:
    """Run one named query in its own transaction; return its rows."""
    statement = (QUERIES / f"{name}.sql").read_bytes()
    address, options = verified(dsn), "-c timezone=UTC"
    with psycopg.connect(address, row_factory=dict_row, options=options) as connection:
        cursor = connection.execute(statement, params or {})
        return cursor.fetchall() if cursor.description else []


class AuditReader:
    """Reads the new rows of the audit log, each once."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._mark = self._newest()

    def new_rows(self) -> list[Row]:
        """Return the audit rows since the last call, changes before plain creations."""
        rows = query(self._dsn, "moves_since", {"mark": self._mark})
        self._mark = self._newest()
        return rows

    def _newest(self) -> object:
        return query(self._dsn, "newest_audit")[0]["synced_at"]
