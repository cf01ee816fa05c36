"""Numbered, forward-only migrations, each in one transaction with its entry in the ledger."""

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import psycopg
from psycopg.rows import DictRow, dict_row

from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.fibreflow.connecting import CONNECT_ERRORS, connection_failed, prepared
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.failures import translate
from qcontact_sync.fibreflow.host_schema import USUAL, HostSchema
from qcontact_sync.fibreflow.statements import adapted, sql_folder, statement

log = logging.getLogger(__name__)


class SchemaMismatch(FatalError):
    """The database is not as this version of the code made it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.DATABASE_ERROR)


@dataclass(frozen=True)
class Migration:
    """One file of ``include/sql/migrations``."""

    number: int
    name: str
    text: str

    @cached_property
    def checksum(self) -> str:
        """Digest of the text: an applied file must not be edited."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def works_from(self) -> int | None:
        """The last migration that code must know to run on the result; None: any code runs."""
        said = re.search(r"^-- works with code from: (\d+)$", self.text, re.MULTILINE)
        return int(said[1]) if said else None


def migrations() -> Sequence[Migration]:
    """All migrations of this version, in order."""
    return _migrations(sql_folder() / "migrations")


@cache
def _migrations(folder: Path) -> Sequence[Migration]:
    files = sorted(folder.glob("[0-9]*.sql"))
    return tuple(
        Migration(int(f.stem.split("_")[0]), f.stem, f.read_text(encoding="utf-8")) for f in files
    )


def migrate(conninfo: str, schema: HostSchema = USUAL) -> list[str]:
    """Bring a database up to date; safe to repeat and to run twice at once.

    Where nothing is missing it only reads, so that the sync's own role may call it, too.

    Returns:
        The names of the migrations applied now.

    Raises:
        SchemaMismatch: An applied file was edited, the database is ahead of this code, or a table
            does not exist whose name is not the usual one.
    """
    address = prepared(conninfo)
    try:
        connection = psycopg.connect(address, row_factory=dict_row)
    except CONNECT_ERRORS as error:
        raise connection_failed(error, address) from None
    try:
        with connection:
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            return _apply_missing(connection, schema)
    except psycopg.Error as error:
        raise translate(error) from error


def _apply_missing(connection: psycopg.Connection[DictRow], schema: HostSchema) -> list[str]:
    # One transaction: whoever comes second waits at the lock and then finds nothing left to do.
    # An index on a large table takes as long as it takes.
    connection.execute(statement("begin_transaction").encode(), {"statement_timeout": "0"})
    connection.execute(statement("begin_migration").encode())
    _require_named(connection, schema)
    known = migrations()
    done = _ledger(connection)
    if done is None or any(migration.number not in done for migration in known):
        connection.execute(statement("make_ledger").encode())
        connection.execute(statement("widen_ledger").encode())
        done = _ledger(connection) or {}
    check_ledger(done, known)
    applied = []
    for migration in known:
        if migration.number not in done:
            log.info("migrate.apply name=%s", migration.name)
            connection.execute(adapted(migration.text, schema).encode())
            connection.execute(
                statement("note_migration").encode(),
                {
                    "number": migration.number,
                    "name": migration.name,
                    "checksum": migration.checksum,
                    "works_from": migration.works_from,
                },
            )
            applied.append(migration.name)
    return applied


def _ledger(connection: psycopg.Connection[DictRow]) -> dict[int, DictRow] | None:
    """What was applied, by number; None where the list is not there or lacks a column."""
    (found,) = connection.execute(statement("has_ledger").encode()).fetchall()
    if not found["is_wide"]:
        return None
    return _by_number(connection.execute(statement("migrations_done").encode()).fetchall())


def _require_named(connection: psycopg.Connection[DictRow], schema: HostSchema) -> None:
    """Refuse to create a table of another lineage, or with a name that may be mistyped."""
    params = {"names": schema.expected_tables()}
    absent = connection.execute(statement("absent_tables").encode(), params).fetchall()
    if absent:
        names = ", ".join(row["name"] for row in absent)
        raise SchemaMismatch(
            f"there is no table {names}: correct QCONTACT_SYNC_SCHEMA, QCONTACT_SYNC_TABLE_..., "
            "or the search path"
        )


def _by_number(rows: Sequence[DictRow]) -> dict[int, DictRow]:
    return {row["number"]: row for row in rows}


def check_ledger(done: Mapping[int, DictRow], known: Sequence[Migration]) -> None:
    """Refuse a database that this code cannot work with; one that is only ahead it can.

    Args:
        done: Rows of the ledger by number.
    """
    by_number = {m.number: m for m in known}
    for number in sorted(set(done) - set(by_number), reverse=True):
        if (done[number]["works_from"] or 0) > max(by_number):
            raise SchemaMismatch(
                f"the database has migration {number}, which this version cannot work with: "
                "upgrade qcontact-sync"
            )
    both = set(done) & set(by_number)
    edited = [by_number[n].name for n in both if by_number[n].checksum != done[n]["checksum"]]
    if edited:
        raise SchemaMismatch(f"migration {edited[0]} was edited after it had been applied")


async def check_schema(database: Database) -> None:
    """Refuse to run on a schema that is behind, or so far ahead that this code does not fit.

    Raises:
        SchemaMismatch: Says what to do.
    """
    if missing := await _missing(database):
        raise SchemaMismatch(
            f"the database lacks {', '.join(missing)}: run `qcontact-sync migrate`"
        )


async def _missing(database: Database) -> list[str]:
    known = migrations()
    async with database.transaction(read_only=True):
        (ledger,) = await database.fetch("has_ledger")
        if not ledger["exists"] and ledger["elsewhere"]:
            raise SchemaMismatch(
                f"the search_path of this user is {ledger['search_path']}, but the sync's tables "
                f"are in schema {ledger['elsewhere']}: ALTER ROLE ... SET search_path"
            )
        if not ledger["exists"]:
            return [m.name for m in known]
        done = _by_number(await database.fetch("migrations_done"))
    check_ledger(done, known)
    return [m.name for m in known if m.number not in done]
