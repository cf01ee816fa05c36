"""Contradictions in a `TicketMapping`; each fault names its place in a mapping file."""

import re
from collections import Counter
from collections.abc import Iterator

from qcontact_sync.core.columns import Column, ColumnKind, Flow
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.note_rules import SYSTEM, note_words
from qcontact_sync.core.rules import StatusRules, UidRule, status_key

COLUMN_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
RESERVED = frozenset(
    {
        "id", "ticket_uid", "source", "external_id", "status", "assigned_to", "closed_at",
        "closed_by", "updated_at",
    }
)  # fmt: skip
"""Columns of ``tickets`` that the sync writes by itself, or never."""
REQUIRED = ("title", "ticket_type")
"""QContact's fields without which a row cannot be inserted."""
COUNTER_LINEAGES = frozenset({"maintenance"})
"""Lineages whose application counts tickets by day."""


def faults(mapping: TicketMapping) -> tuple[str, ...]:
    """Everything that is wrong, as ``place: reason``; none for a mapping that a run can use."""
    return (
        *_status_faults(mapping.status),
        *_column_faults(mapping),
        *_constant_faults(mapping),
        *_assignment_faults(mapping),
        *_choice_faults(mapping),
    )


def _status_faults(rules: StatusRules) -> Iterator[str]:
    known = rules.local_by_key
    for key, local in known.items():
        if local not in rules.ranks:
            yield f"status.inbound.{key}: {local} has no rank: add it to status.rank"
    for local, word in rules.remote_by_local.items():
        yield from _outbound_faults(rules, local, word)
    if rules.on_create not in rules.ranks:
        yield f"status.on_create: {rules.on_create} has no rank: add it to status.rank"
    if rules.on_create in rules.terminal:
        yield "status.on_create: a ticket whose status is not known would be created as ended"
    if not rules.terminal:
        yield "status.terminal_from: no status has this rank or a higher one"
    for key in sorted({*rules.final, *(key for step in rules.moves_on for key in step)}):
        if key not in known:
            yield f"status.final, status.moves_on: {key} is not in status.inbound"


def _outbound_faults(rules: StatusRules, local: str, word: str) -> Iterator[str]:
    place = f"status.outbound.{local}"
    if local not in rules.ranks:
        yield f"{place}: {local} has no rank: add it to status.rank"
    back = rules.local_by_key.get(status_key(word))
    if back is None:
        yield f"{place}: {word} is not in status.inbound: QContact's answer would not be understood"
    elif local in rules.terminal and back not in rules.terminal:
        yield f"{place}: {word} comes back as {back}, which would re-open the ticket"
    if rules.writable is not None and word not in rules.writable:
        yield f"{place}: QContact is not known to take {word}"


def _column_faults(mapping: TicketMapping) -> Iterator[str]:
    for name, count in Counter(mapping.owned_fields).items():
        if count > 1:
            yield f"columns.{name}: named more than once"
    for column in mapping.columns:
        yield from (f"columns.{column.name}{fault}" for fault in _faults_of(column, mapping))


def _faults_of(column: Column, mapping: TicketMapping) -> Iterator[str]:
    if not COLUMN_NAME.fullmatch(column.name) or column.name in RESERVED:
        yield ": not a column that the sync may fill"
    if column.name in mapping.more_columns and not column.source:
        yield ": no source: name it here, or in custom_fields"
    if column.flow is Flow.BOTH:
        yield ".flow: QContact's own fields flow inbound only"
    if column.name in REQUIRED and column.flow is Flow.OFF:
        yield ".flow: a row cannot be inserted without it (create writes it once)"
    if column.name == "created_at" and column.flow is not Flow.CREATE:
        yield ".flow: must be create"
    if (column.kind is ColumnKind.WORDS) != (column.words is not None):
        yield ".words: a column of kind words has a table of words, and no other column has one"
    if column.words is not None and not column.words.default:
        yield ".default: missing: what stands in the column for a word that is not in the table"


def _constant_faults(mapping: TicketMapping) -> Iterator[str]:
    for name in mapping.constants:
        if not COLUMN_NAME.fullmatch(name) or name in RESERVED:
            yield f"constants.{name}: not a column that the sync may fill"
        elif name in mapping.owned_fields:
            yield f"constants.{name}: the column is filled from QContact"


def _assignment_faults(mapping: TicketMapping) -> Iterator[str]:
    rules = mapping.assignment
    for key, values in {
        "name": [person.name for person in rules.people],
        "user": [person.user for person in rules.people],
        "qcontact_id": [person.remote_id for person in rules.people if person.remote_id],
    }.items():
        if len(set(values)) < len(values):
            yield f"assignment.people: two have the same {key}"
    ids = {value for p in rules.people for value in (p.name, p.remote_id) if value}
    if ids & rules.queues:
        yield "assignment.queues: one of them is a person, too"
    if rules.unassigned and rules.unassigned not in rules.queues:
        yield "assignment.unassigned: must be one of assignment.queues"


def _choice_faults(mapping: TicketMapping) -> Iterator[str]:
    if mapping.uid_rule is UidRule.DAILY and mapping.lineage not in COUNTER_LINEAGES:
        yield f"ticket.uid: the schema {mapping.lineage} has no counter of tickets by day"
    words = note_words(mapping.lineage)
    for word in mapping.notes:
        if word == SYSTEM:
            yield "notes.system: notes of the system never leave"
        elif word not in words:
            yield f"notes.{word}: the schema {mapping.lineage} has {', '.join(words)}"
