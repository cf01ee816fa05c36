"""Reads FibreFlow's tables as they are."""

from collections.abc import Collection, Mapping
from typing import Any

from qcontact_sync.core.catalogue import Catalogue, HostColumn, HostTable
from qcontact_sync.fibreflow.database import Database

_UPDATES_AND_INSERTS = 12


async def read_catalogue(database: Database, further: Collection[str] = ()) -> Catalogue:
    """The tables that are there, by usual name.

    Args:
        further: Tables of the application that have no usual name.
    """
    own = {name: name for name in further}
    names = {**database.schema.quoted_names(), **own}
    rows = await database.read("read_catalogue", {"names": list(names.values())})
    by_name = {row["name"]: row for row in rows}
    shown = {**database.schema.names.by_usual_name(), **own}
    return {
        usual: _table(shown[usual], by_name[name])
        for usual, name in names.items()
        if name in by_name
    }


def _table(name: str, row: Mapping[str, Any]) -> HostTable:
    return HostTable(
        name,
        row["kind"],
        {column["name"]: _column(column) for column in row["columns"]},
        is_writable=row["kind"] != "view" or row["writes"] == _UPDATES_AND_INSERTS,
        triggers=tuple(row["triggers"]),
        rules=tuple(row["rules"]),
        checks=tuple(row["checks"]),
    )


def _column(given: Mapping[str, Any]) -> HostColumn:
    words = given["words"]
    return HostColumn(**{**given, "words": None if words is None else frozenset(words)})
