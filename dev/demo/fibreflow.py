"""FibreFlow's database as its users see it; one query per file in `sql/`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from qcontact_sync.fibreflow.host_schema import HostSchema
from qcontact_sync.fibreflow.statements import adapted
from qcontact_sync.fibreflow.tls import verified

from dev.state import PROJECT

QUERIES = Path(__file__).parent / "sql"
MAINTENANCE_TABLES = PROJECT / "dev" / "database" / "sql" / "maintenance_schema.sql"

Row = dict[str, Any]


def query(dsn: str, name: str, params: Mapping[str, object] | None = None) -> list[Row]:
    """Run one named query in its own transaction; return its rows."""
    return _run(dsn, _statement(name, _schema(dsn)), params)


def make_maintenance(dsn: str) -> None:
    """The application's tables of the lineage "maintenance", in an empty database."""
    _run(dsn, MAINTENANCE_TABLES.read_text(encoding="utf-8"))
    _schema.cache_clear()
    query(dsn, "make_database")


@cache
def _schema(dsn: str) -> HostSchema:
    """The lineage of the tables that are there."""
    (found,) = _run(dsn, (QUERIES / "lineage.sql").read_text(encoding="utf-8"))
    return HostSchema.of_lineage(found["lineage"])


def _statement(name: str, schema: HostSchema) -> str:
    own = QUERIES / schema.lineage / f"{name}.sql"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    return adapted((QUERIES / f"{name}.sql").read_text(encoding="utf-8"), schema)


def _run(dsn: str, statement: str, params: Mapping[str, object] | None = None) -> list[Row]:
    address, options = verified(dsn), "-c timezone=UTC"
    with psycopg.connect(address, row_factory=dict_row, options=options) as connection:
        cursor = connection.execute(statement.encode(), params)
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
