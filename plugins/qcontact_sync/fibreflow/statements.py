"""The SQL of the room, from ``include/sql``: one statement a file, named like the method."""

from functools import cache
from pathlib import Path

from qcontact_sync.fibreflow.tables import USUAL, TableNames, renamed

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
