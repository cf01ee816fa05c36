"""The SQL of the room, from ``include/sql``: one statement a file, named like the method.

The files are written for FibreFlow's usual schema. Where a database has another one, its names
replace the usual ones, and what a lineage has in other columns is read through the select of
``adapters/<lineage>/<table>.sql``: a view's text, without a view in FibreFlow's database.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from qcontact_sync.fibreflow.host_schema import OWN_NAMES, USUAL, HostSchema, TableNames

_PACKAGE = Path(__file__).resolve().parents[1]


def sql_folder() -> Path:
    """Where the SQL files are: in the installed package, or in the source tree."""
    installed = _PACKAGE / "sql"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "include" / "sql"


@cache
def statement(name: str, schema: HostSchema = USUAL) -> str:
    """The text of ``queries/<name>.sql``, as this database needs it."""
    text = _adapter(name, schema)
    if text is None:
        path = sql_folder() / "queries" / f"{name}.sql"
        text = adapted(path.read_text(encoding="utf-8"), schema)
    return _with_columns(text, schema)


def adapted(text: str, schema: HostSchema) -> str:
    """The SQL of a file that is written for the usual schema, for this database."""
    usual = TableNames()
    selects = {name: _adapter(name, schema) for name in usual.by_usual_name()}
    read_by_select = {name: select for name, select in selects.items() if select is not None}
    return _replaced(text, usual, schema, read_by_select)


def _adapter(name: str, schema: HostSchema) -> str | None:
    """A file of the lineage, which contains the names of the lineage."""
    path = sql_folder() / "adapters" / schema.lineage / f"{name}.sql"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    if name in TableNames().by_usual_name():
        text = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE).rstrip()
    return _replaced(text, OWN_NAMES[schema.lineage], schema, {})


def _replaced(text: str, names: TableNames, schema: HostSchema, selects: Mapping[str, str]) -> str:
    """The text with this database's tables in place of ``names``.

    Args:
        selects: What is read in place of a table.
    """
    others = schema.other_names(names)

    def replace(found: re.Match[str]) -> str:
        name = next(filter(None, map(found.__getitem__, _PLACES)))
        if name in selects and found["read"]:
            alias = found["alias"] or f" AS {name}"
            return f"{found['reading']}(\n{selects[name]}\n){alias}"
        if name not in others or (name in selects and found["prefix"]):
            return found[0]
        if found["literal"]:
            return f"'{others[name]}'"
        before = found["reading"] or found["before"] or ""
        return f"{before}{others[name]}{found['alias'] or ''}"

    return _tables(names).sub(replace, text) if others or selects else text


_PLACES = ("read", "name", "prefix", "type", "literal")
_COLUMNS = re.compile(r"/\* (each|any) (updated|inserted): (.*?) \*/")


def _with_columns(text: str, schema: HostSchema) -> str:
    """The text with the columns that only a mapping names, where comments provide for them.

    ``/* each updated: , {} */`` is written out for each column, ``/* any updated: ... */`` once
    where there is one.
    """

    def write_out(found: re.Match[str]) -> str:
        every, kind, template = found.groups()
        names = schema.updated if kind == "updated" else schema.inserted
        if every == "any":
            return template if names else ""
        return "".join(template.replace("{}", f'"{name}"') for name in names)

    return _COLUMNS.sub(write_out, text)


@cache
def _tables(names: TableNames) -> re.Pattern[str]:
    """Where the SQL files name a table.

    It stands behind one of these words, before a dot, or alone in a literal. A column or CTE may
    have the same word for a name, and a comment may say it.
    """
    any_name = "|".join(map(re.escape, names.by_usual_name().values()))
    return re.compile(
        rf"(?P<reading>\b(?:FROM|JOIN)\s+)(?P<read>{any_name})(?![\w.])(?P<alias>\s+AS\s+\w+)?"
        rf"|(?P<before>\b(?:INTO|UPDATE|TABLE|EXISTS|ON|COPY)\s+)(?P<name>{any_name})(?![\w.])"
        rf"|(?<![\w.])(?P<prefix>{any_name})(?=\.)"
        rf"|(?<=::)(?P<type>{any_name})\b"
        rf"|'(?P<literal>{any_name})'"
    )
