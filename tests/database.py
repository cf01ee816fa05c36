"""Statements that tests run in a database, each in a transaction of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

Params = Mapping[str, object] | Sequence[object] | None


def rows(dsn: str, statement: str | sql.Composed, params: Params = None) -> list[dict[str, Any]]:
    """Run a statement; return its rows by column, none where it has none."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        cursor = connection.execute(_query(statement), params or None)
        return [] if cursor.description is None else cursor.fetchall()


def tuples(dsn: str, statement: str, params: Params = None) -> list[tuple[Any, ...]]:
    """Run a statement; return its rows as tuples, none where it has none."""
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(_query(statement), params or None)
        return [] if cursor.description is None else cursor.fetchall()


def _query(statement: str | sql.Composed) -> bytes | sql.Composed:
    return statement.encode() if isinstance(statement, str) else statement
