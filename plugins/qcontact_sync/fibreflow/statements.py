"""The SQL of the room, from ``include/sql``: one statement a file, named like the method."""

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TableNames:
    """The names of FibreFlow's tables in this database, with ``schema.`` if it is not on the search
    path.
    """

    tickets: str = "tickets"
    ticket_notes: str = "ticket_notes"
    users: str = "users"
    qcontact_sync_log: str = "qcontact_sync_log"
    sync_job_history: str = "sync_job_history"

    def set_names(self) -> dict[str, str]:
        """Quoted names by usual name, without those that are the usual ones."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {usual: _quoted(name) for usual, name in given.items() if name != usual}


USUAL = TableNames()
_ANY = "|".join(field.name for field in fields(TableNames))
# A table stands behind one of these words, before a dot, or alone in a literal. A column or CTE may
# have the same word for a name, and a comment may say it.
_TABLE = re.compile(
    rf"(?P<before>\b(?:FROM|JOIN|INTO|UPDATE|TABLE|EXISTS|ON)\s+)(?P<name>{_ANY})\b"
    rf"|(?<![\w.])(?P<prefix>{_ANY})(?=\.)"
    rf"|'(?P<literal>{_ANY})'"
)


def renamed(text: str, names: TableNames) -> str:
    """A file's SQL with this database's table names."""
    set_names = names.set_names()

    def replace(found: re.Match[str]) -> str:
        usual = found["name"] or found["prefix"] or found["literal"]
        if usual not in set_names:
            return found[0]
        name = set_names[usual]
        return f"'{name}'" if found["literal"] else f"{found['before'] or ''}{name}"

    return _TABLE.sub(replace, text) if set_names else text


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


_PACKAGE = Path(__file__).resolve().parents[1]


def sql_folder() -> Path:
    """Where the SQL files are: in the installed package, or in the source tree."""
    installed = _PACKAGE / "sql"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "include" / "sql"


@cache
def statement(name: str, tables: TableNames = USUAL) -> str:
    """The text of ``queries/<name>.sql``, with FibreFlow's tables called as they are here."""
    text = (sql_folder() / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    return renamed(text, tables)
