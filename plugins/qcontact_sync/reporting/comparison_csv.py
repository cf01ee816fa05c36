"""A comparison as lines of a CSV file."""

import re
from collections.abc import Iterator, Sequence

from qcontact_sync.core.canon import printable
from qcontact_sync.core.comparison import TicketComparison

HEADINGS = (
    "qcontact_ticket_id", "ticket_uid", "standing", "gap", "field", "field_standing", "direction",
    "fibreflow", "qcontact", "reason",
)  # fmt: skip
_NUMBERS = re.compile(r"[-+]?[0-9][0-9.,+ -]*")


def csv_lines(compared: TicketComparison) -> Iterator[Sequence[str]]:
    """A line for each field that is not the same, or one for the ticket."""
    ticket = (
        compared.remote_id,
        compared.ticket_uid,
        compared.standing.value,
        compared.gap and compared.gap.value,
    )
    for field in compared.fields:
        way = field.way.value if field.way else None
        yield _cells(
            *ticket, field.field, field.standing.value, way, field.local, field.remote,
            field.reason or compared.reason,
        )  # fmt: skip
    if not compared.fields:
        yield _cells(*ticket, None, None, None, None, None, compared.reason)


def _cells(*values: str | None) -> Sequence[str]:
    return [_cell(value) for value in values]


def _cell(value: str | None) -> str:
    """A value on one line that no spreadsheet takes for a formula."""
    text = printable(value or "")
    is_formula = text[:1] in tuple("=+-@") and not _NUMBERS.fullmatch(text)
    return f"'{text}" if is_formula else text
