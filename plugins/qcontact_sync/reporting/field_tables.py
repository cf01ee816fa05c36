"""The rules as tables, for the command line, the dashboard and docs/fields.md alike."""

from collections.abc import Iterator
from dataclasses import dataclass

from qcontact_sync.core.note_rules import VISIBILITIES
from qcontact_sync.reporting.field_rules import FieldRules

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleTable:
    """One table; ``note`` is a sentence below it."""

    title: str
    headings: Cells
    rows: tuple[Cells, ...]
    note: str = ""


def rule_tables(rules: FieldRules) -> tuple[RuleTable, ...]:
    """The statuses first: why the sides differ is asked most often."""
    return (
        _statuses(rules),
        _local_statuses(rules),
        _fields(rules),
        *_words(rules),
        RuleTable("Notes, titles, new rows", ("what", "rule"), tuple(_choices(rules))),
    )


def _statuses(rules: FieldRules) -> RuleTable:
    return RuleTable(
        "QContact's statuses, and what FibreFlow shows",
        ("QContact", "FibreFlow", "ends the ticket", "if the words differ"),
        tuple(
            (s.qcontact, s.fibreflow, "yes" if s.is_terminal else "", s.note)
            for s in rules.statuses
        ),
        f"Any other status becomes {rules.unknown_status} in a new ticket. It changes nothing in "
        "an existing ticket.",
    )


def _local_statuses(rules: FieldRules) -> RuleTable:
    return RuleTable(
        "FibreFlow's statuses, and what is sent",
        ("FibreFlow", "rank", "sent as", "would come back as"),
        tuple(
            (s.fibreflow, str(s.rank), s.sent_as or "not sent", s.shown_as or "")
            for s in rules.local_statuses
        ),
    )


def _fields(rules: FieldRules) -> RuleTable:
    return RuleTable(
        "Fields",
        ("FibreFlow", "QContact", "flows", "value", "if both sides changed it"),
        tuple((f.field, f.qcontact or "none", f.flow, f.value, f.winner) for f in rules.fields),
    )


def _words(rules: FieldRules) -> Iterator[RuleTable]:
    for table in rules.words:
        rows = (*table.words, ("any other", table.default))
        yield RuleTable(f"Words of {table.field}", ("QContact", "FibreFlow"), rows)


def _choices(rules: FieldRules) -> Iterator[Cells]:
    visibilities = VISIBILITIES.get(rules.schema, ())
    for word, fate in rules.notes.items():
        what = "with visibility" if word in visibilities else "of type"
        yield f"notes {what} {word}", fate
    yield "title", rules.title
    yield "ticket_uid", rules.ticket_uid
    yield from ((f"{column} in a new row", value) for column, value in rules.constants.items())
    if rules.people or rules.queues:
        yield "people and queues of the mapping file", f"{rules.people} and {rules.queues}"
