"""Writes docs/fields.md, the built-in rules, from the model: python -m dev.pages.fields."""

from collections.abc import Iterator
from pathlib import Path

from qcontact_sync.config.access import Dialect
from qcontact_sync.config.settings import Settings
from qcontact_sync.reporting.field_tables import RuleTable, rule_tables
from qcontact_sync.services.mapping_report import describe_mapping

from dev.state import PROJECT

PAGE: Path = PROJECT / "docs" / "fields.md"
_HEAD = """# Fields and statuses

These are the built-in rules, written from the code. A [mapping file](mapping.md) changes them.
`qcontact-sync mapping` and the dashboard's page *Fields and statuses* show the rules of your
account.

An example: QContact shows `Escalated`, FibreFlow shows `in_progress`. The table of QContact's
statuses explains it: FibreFlow has no such status, so `Escalated` becomes `in_progress`. Nothing is
sent back. QContact keeps `Escalated` until the status changes in FibreFlow.
"""


def described() -> str:
    """The page as text."""
    return "\n".join([_HEAD, *(line for dialect in Dialect for line in _dialect(dialect))])


def _dialect(dialect: Dialect) -> Iterator[str]:
    yield f"## Dialect `{dialect}`\n"
    for table in rule_tables(describe_mapping(Settings.model_construct(), dialect)):
        yield f"### {table.title}\n"
        yield from _rows(table)
        if table.note:
            yield f"{table.note}\n"


def _rows(table: RuleTable) -> Iterator[str]:
    yield _line(table.headings)
    yield _line(tuple("---" for _ in table.headings))
    yield from map(_line, table.rows)
    yield ""


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(described(), encoding="utf-8")
