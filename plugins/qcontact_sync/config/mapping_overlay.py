"""Merges the rules of a mapping file into others, and finds contradictions."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_schema import (
    AssignmentTable,
    ColumnTable,
    RulesTable,
    StatusTable,
)
from qcontact_sync.core.columns import Column, ColumnKind, Flow, Words
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import ASSIGNED_TO, STATUS
from qcontact_sync.core.note_rules import NoteFate, NoteFates
from qcontact_sync.core.rules import (
    AssignmentRules,
    Person,
    StatusRules,
    TitleFrom,
    UidRule,
    status_key,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a decoder finds one of QContact's fields."""

    key: str
    is_custom: bool = False
    is_label: bool = False
    is_personal: bool = False


_COMMON = {name: Source(name) for name in ("category", "description", "address", "created_at")}
SOURCES: Mapping[Dialect, Mapping[str, Source]] = {
    Dialect.TICKETS: {
        **_COMMON,
        "reference": Source("reference"),
        "priority": Source("priority"),
        "subcategory": Source("subcategory"),
        **{
            name: Source(name, is_personal=True)
            for name in ("customer_name", "customer_phone", "customer_email")
        },
    },
    Dialect.ENTITIES: {
        **_COMMON,
        "reference": Source("reference"),
        "customer_name": Source("contact", is_custom=True, is_label=True, is_personal=True),
        "customer_phone": Source("telephone", is_personal=True),
        "customer_email": Source("email", is_personal=True),
    },
}
"""By dialect: the fields that a column can be filled from, beside custom fields."""


_ANY_SUBCATEGORY = re.compile(r"(.*?)\s*(?:::|\|)\s*\*")


def word_key(word: str) -> str:
    """Words of a column are compared without case and surrounding blanks."""
    key = word.strip().lower()
    first = _ANY_SUBCATEGORY.fullmatch(key)
    return f"{first[1]}::*" if first else key


def laid_over(mapping: TicketMapping, table: RulesTable, dialect: Dialect) -> TicketMapping:
    """The mapping with what the table says in its place."""
    assignment, status = table.assignment, table.status
    return replace(
        mapping,
        status=_status(mapping.status, status),
        columns=tuple(_columns(mapping.columns, table, dialect)),
        flows={
            STATUS: Flow(status.flow or mapping.flows[STATUS]),
            ASSIGNED_TO: Flow(assignment.flow or mapping.flows[ASSIGNED_TO]),
        },
        assignment=_assignment(mapping.assignment, assignment),
        assignment_winner=assignment.winner or mapping.assignment_winner,
        constants={**mapping.constants, **{k: _text(v) for k, v in table.constants.items()}},
        title_from=TitleFrom(table.ticket.title or mapping.title_from),
        uid_rule=UidRule(table.ticket.uid or mapping.uid_rule),
    )


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _merged(
    below: Mapping[str, T], above: Mapping[str, T | bool], key: Callable[[str], str] = str
) -> dict[str, T]:
    """The entries of both; ``false`` drops one."""
    merged = dict(below)
    for name, value in above.items():
        if value is False:
            merged.pop(key(name), None)
        else:
            merged[key(name)] = value  # type: ignore[assignment]
    return merged


def _status(rules: StatusRules, table: StatusTable) -> StatusRules:
    outbound = _merged(rules.remote_by_local, table.outbound)
    ranks = _merged(rules.ranks, table.rank)
    terminal_from = table.terminal_from or min(
        (rules.ranks[status] for status in rules.terminal), default=math.inf
    )
    moves_on, final = table.moves_on, table.final
    return StatusRules(
        _merged(rules.local_by_key, table.inbound, status_key),
        outbound,
        ranks,
        frozenset(status for status, rank in ranks.items() if rank >= terminal_from),
        table.on_create or rules.on_create,
        rules.moves_on
        if moves_on is None
        else frozenset((status_key(a), status_key(b)) for a, b in moves_on),
        rules.final if final is None else frozenset(map(status_key, final)),
        table.winner or rules.winner,
        {**rules.spellings, **{status_key(word): word for word in table.inbound}},
        # Who writes a word into the file says that this QContact takes it.
        None
        if rules.writable is None
        else rules.writable | {word for word in table.outbound.values() if word},
    )


def _columns(below: tuple[Column, ...], table: RulesTable, dialect: Dialect) -> Iterator[Column]:
    keys = {name: key for key, name in table.custom_fields.items() if name}
    dropped = {key for key, name in table.custom_fields.items() if name is False}
    known = {column.name: column for column in below}
    names = dict.fromkeys([*known, *table.columns, *keys])
    for name in names:
        column = known.get(name, Column(name, ""))
        if shown_key(column) in dropped:
            column = replace(column, source="", is_custom=False, is_label=False)
        if name in keys:
            column = _custom(column, keys[name])
        if name in table.columns:
            column = _changed(column, table.columns[name], dialect)
        yield column


def shown_key(column: Column) -> str | None:
    """A custom field's key as a file writes it; None for a column of no custom field."""
    if not column.is_custom:
        return None
    return f"{column.source}.label" if column.is_label else column.source


def _custom(column: Column, key: str) -> Column:
    source = key.removesuffix(".label")
    return replace(column, source=source, is_custom=True, is_label=source != key)


def _changed(column: Column, table: ColumnTable, dialect: Dialect) -> Column:
    source = SOURCES[dialect].get(table.source) if table.source else None
    if source is not None:
        column = replace(
            column,
            source=source.key,
            is_custom=source.is_custom,
            is_label=source.is_label,
            is_personal=source.is_personal or column.is_personal,
        )
    words = _words(column.words, table)
    kind = ColumnKind(table.kind) if table.kind else ColumnKind.WORDS if words else column.kind
    return replace(
        column,
        kind=kind,
        flow=Flow(table.flow) if table.flow else column.flow,
        max_length=table.max_length or column.max_length,
        words=words,
        is_personal=column.is_personal if table.personal is None else table.personal,
    )


def _words(words: Words | None, table: ColumnTable) -> Words | None:
    if words is None and not table.words:
        return None
    below = words or Words({}, "")
    return Words(
        _merged(below.by_word, table.words, word_key),
        table.default or below.default,
        below.warns if table.warns is None else table.warns,
    )


def _assignment(rules: AssignmentRules, table: AssignmentTable) -> AssignmentRules:
    people = tuple(Person(p.name, p.user, p.qcontact_id) for p in table.people)
    return AssignmentRules(
        people or rules.people,
        frozenset(table.queues) or rules.queues,
        table.unassigned or rules.unassigned,
        rules.takes_ids,
    )


def fates_laid_over(notes: NoteFates, table: Mapping[str, str | Literal[False]]) -> NoteFates:
    """What becomes of notes, with what the table says in its place."""
    return {word: NoteFate(fate) for word, fate in _merged(notes, table).items()}


def doubled(words: Iterable[str], key: Callable[[str], str]) -> list[tuple[str, str]]:
    """Pairs of words that are one word."""
    first: dict[str, str] = {}
    pairs = []
    for word in words:
        other = first.setdefault(key(word), word)
        if other != word:
            pairs.append((other, word))
    return pairs
