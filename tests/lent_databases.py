"""Databases that one test after the other uses: to copy one takes longer than many tests do."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from dev.database.postgres import database_dsn
from tests.copies import Copies
from tests.database import OpenLine, end_lines, line_to, share_lines, shared_lines
from tests.depth import IS_DEEP
from tests.kept_connections import KeptConnection

_FIRST_OWN = 16384
"""PostgreSQL's own objects have lower numbers."""
_CATALOGUE = {
    "pg_attrdef": "oid",
    "pg_attribute": "attrelid",
    "pg_class": "oid",
    "pg_constraint": "oid",
    "pg_db_role_setting": "setdatabase",
    "pg_default_acl": "oid",
    "pg_event_trigger": "oid",
    "pg_index": "indexrelid",
    "pg_policy": "oid",
    "pg_proc": "oid",
    "pg_rewrite": "oid",
    "pg_sequence": "seqrelid",
    "pg_statistic": "starelid",
    "pg_trigger": "oid",
    "pg_type": "oid",
}
_LARGEST = 2**21
"""Bytes of all tables: deleted rows take room, and time to skip."""
_LOOKS = 10
"""A server process ends some time after its connection."""
_OTHERS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> ALL (%s)
"""
_SIZE = f"""
SELECT sum(pg_relation_size(oid)) AS size FROM pg_class WHERE relkind = 'r' AND oid >= {_FIRST_OWN}
"""
_TABLES = "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = %s AND oid >= %s"


@dataclass(frozen=True)
class _Lent:
    """A copy between two tests.

    Attributes:
        line: For who may do everything there.
        state: Asks for what must be as it was.
        was: What it said before the first test.
        empties: Takes the rows out.
    """

    name: str
    line: OpenLine
    state: sql.Composed
    was: list[dict[str, Any]]
    empties: sql.Composed


class LentDatabases:
    """Lends copies of templates, and takes them back.

    A copy is lent again when only rows of tables that are empty in its template were written:
    whoever changes a definition, a right, statistics or another row has had it alone.
    """

    def __init__(self, server: str, copies: Copies) -> None:
        self._server = server
        self._copies = copies
        self._free: dict[str, list[_Lent]] = defaultdict(list)

    @contextmanager
    def lend(self, template: str) -> Iterator[str]:
        """DSN of an unused or emptied copy, for who may do everything there.

        In `make prove` nobody uses one after somebody else.
        """
        free = self._free[template]
        lent = free.pop() if free else self._made(template)
        is_empty = False
        try:
            yield database_dsn(self._server, lent.name)
            is_empty = not IS_DEEP and self._is_as_it_was(lent)
        finally:
            if is_empty:
                free.append(lent)
            else:
                self._give_up(lent)

    def drop(self) -> None:
        """Drop those that nobody uses."""
        for free in self._free.values():
            while free:
                self._give_up(free.pop())

    def _made(self, template: str) -> _Lent:
        name = self._copies.make(template)
        KeptConnection.databases.add(name)
        share_lines(name)
        line = line_to(database_dsn(self._server, name))
        kinds = {kind: line.rows(_TABLES, [kind, _FIRST_OWN]) for kind in ("r", "S")}
        tables = [_named(row["name"]) for row in kinds["r"]]
        filled = [table for table in tables if line.rows(_any_row(table))]
        empties = _emptying(
            [table for table in tables if table not in filled],
            {row["name"]: line.rows(_sequence(row["name"]))[0] for row in kinds["S"]},
        )
        state = _state(filled)
        return _Lent(name, line, state, line.rows(state), empties)

    def _is_as_it_was(self, lent: _Lent) -> bool:
        try:
            lines = shared_lines(lent.name)
            if self._is_in_use(lent, lines):
                return False
            if lent.line.rows(lent.state) != lent.was:
                return False
            lent.line.rows(lent.empties)
            (size,) = lent.line.rows(_SIZE)
            for line in lines:
                line.rows("RESET ALL")
        except psycopg.Error:
            return False
        return int(size["size"]) < _LARGEST

    @staticmethod
    def _is_in_use(lent: _Lent, lines: list[OpenLine]) -> bool:
        """Whether a session is left that does not end by itself."""
        known = [*(line.pid for line in lines), *KeptConnection.kept(lent.name)]
        for _ in range(_LOOKS):
            if not lent.line.rows(_OTHERS, [known]):
                return False
            time.sleep(0.005)
        return True

    def _give_up(self, lent: _Lent) -> None:
        KeptConnection.let_go(lent.name)
        end_lines(lent.name)
        self._copies.leave(lent.name)


def _named(name: str) -> sql.Composable:
    """A name as regclass gives it: quoted where it must be."""
    return sql.SQL(name)


def _any_row(table: sql.Composable) -> sql.Composed:
    return sql.SQL("SELECT FROM {} LIMIT 1").format(table)


def _state(filled: list[sql.Composable]) -> sql.Composed:
    """Each write leaves its transaction's number, each removal lowers a count."""
    seen = sql.SQL("SELECT count(*) AS rows, max(xmin::text::bigint) AS written FROM {}")
    own = sql.SQL("WHERE {} >= {}")
    return sql.SQL(" UNION ALL ").join(
        [
            *(
                sql.SQL(" ").join(
                    [seen.format(sql.Identifier(name)), own.format(sql.Identifier(key), _FIRST_OWN)]
                )
                for name, key in _CATALOGUE.items()
            ),
            *(seen.format(table) for table in (*filled, sql.Identifier("pg_namespace"))),
        ]
    )


def _sequence(name: str) -> sql.Composed:
    return sql.SQL("SELECT last_value, is_called FROM {}").format(_named(name))


def _emptying(tables: list[sql.Composable], sequences: dict[str, dict[str, Any]]) -> sql.Composed:
    return sql.SQL("; ").join(
        [
            # No trigger and no foreign key: all of them are emptied.
            sql.SQL("SET session_replication_role = replica"),
            *(sql.SQL("DELETE FROM {}").format(table) for table in tables),
            *(
                sql.SQL("SELECT setval({}, {}, {})").format(name, at["last_value"], at["is_called"])
                for name, at in sequences.items()
            ),
        ]
    )
