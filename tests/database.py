"""Statements that tests run in a database, each in a transaction of its own."""

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

Params = Mapping[str, object] | Sequence[object] | None


def rows(dsn: str, statement: str | sql.Composed, params: Params = None) -> list[dict[str, Any]]:
    """Run a statement; return its rows by column, none where it has none."""
    if line := _shared_line(dsn):
        return line.rows(statement, params)
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        cursor = connection.execute(_query(statement), params or None)
        return [] if cursor.description is None else cursor.fetchall()


class OpenLine:
    """The same statements over one connection, which is made anew where the server closed it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def rows(self, statement: str | sql.Composed, params: Params = None) -> list[dict[str, Any]]:
        """Run a statement; return its rows by column, none where it has none."""
        try:
            return self._run(statement, params)
        except psycopg.OperationalError:
            if self._connection is not None and not self._connection.closed:
                raise
            return self._run(statement, params)

    @property
    def server_version(self) -> int:
        """As a number: 180004."""
        return self._opened().info.server_version

    @property
    def pid(self) -> int | None:
        """Of the process that serves it; None while it is not open."""
        is_open = self._connection is not None and not self._connection.closed
        return self._opened().info.backend_pid if is_open else None

    def hang_up(self) -> None:
        """Close the connection until the next statement: a template must have none."""
        if self._connection is not None:
            self._connection.close()

    def _run(self, statement: str | sql.Composed, params: Params) -> list[dict[str, Any]]:
        cursor = self._opened().execute(_query(statement), params or None)
        return [] if cursor.description is None else cursor.fetchall()

    def _opened(self) -> "psycopg.Connection[dict[str, Any]]":
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> "psycopg.Connection[dict[str, Any]]":
        connection = psycopg.connect(self._dsn, row_factory=dict_row, autocommit=True)
        # Tests change the tables that a prepared statement has a plan for.
        connection.prepare_threshold = None
        weakref.finalize(self, connection.close)
        return connection


_shared: dict[str, dict[str, OpenLine]] = {}
"""By database and by address."""


def share_lines(database: str) -> None:
    """Who asks for a line to this database gets the same as those before, until `end_lines`."""
    _shared[database] = {}


def shared_lines(database: str) -> list[OpenLine]:
    """Return the lines that are shared."""
    return list(_shared[database].values())


def end_lines(database: str) -> None:
    """Close them."""
    for line in _shared.pop(database).values():
        line.hang_up()


def line_to(dsn: str) -> OpenLine:
    """Return a line to a database: the shared one, or a new one."""
    return _shared_line(dsn) or OpenLine(dsn)


def _shared_line(dsn: str) -> OpenLine | None:
    shared = _shared.get(str(conninfo_to_dict(dsn).get("dbname")))
    return None if shared is None else shared.setdefault(dsn, OpenLine(dsn))


def tuples(dsn: str, statement: str, params: Params = None) -> list[tuple[Any, ...]]:
    """Run a statement; return its rows as tuples, none where it has none."""
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(_query(statement), params or None)
        return [] if cursor.description is None else cursor.fetchall()


def _query(statement: str | sql.Composed) -> bytes | sql.Composed:
    return statement.encode() if isinstance(statement, str) else statement
