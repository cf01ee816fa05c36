"""What a mapping would change in the tickets that are linked, counted by field and transition."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qcontact_sync.core.columns import Column, ColumnKind, Flow
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import STATUS

COUNTED = (ColumnKind.WORDS, ColumnKind.CATEGORY, ColumnKind.SUBCATEGORY)
"""Kinds of columns whose values are words: shown, and counted in tickets."""
FORCED = "with --force-resync"
AT_NEXT_CHANGE = "when one side changes the status"
ON_READING = "when the ticket is read again"
NEXT_RUN = "by the next run"
NOTES = "notes"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """Tickets that would show something else.

    Attributes:
        qcontact: What QContact has, as last agreed; None where texts differ, which are not shown.
        now: What FibreFlow shows.
        then: What it would show.
        when: When that would be written.
    """

    field: str
    qcontact: str | None
    now: str | None
    then: str | None
    tickets: int
    when: str


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word that tickets hold and the mapping does not name."""

    field: str
    side: str
    word: str
    tickets: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What a mapping would change.

    Attributes:
        links: Linked tickets in all.
    """

    links: int
    effects: tuple[Effect, ...]
    unknown: tuple[UnknownWord, ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def counted_fields(mapping: TicketMapping, before: TicketMapping) -> tuple[str, ...]:
    """The fields whose words are counted: those that both mappings know."""
    return (
        STATUS,
        *(c.name for c in mapping.columns if c.kind in COUNTED and c.name in before.known_fields),
    )


def effects_of(
    rows: Sequence[Row],
    links: int,
    mapping: TicketMapping,
    before: TicketMapping,
    noted: int = 0,
) -> Effects:
    """Compare what a mapping makes of QContact's words with what FibreFlow shows.

    Args:
        rows: Of ``count_words``: field, remote, local, tickets.
        before: The mapping that wrote the tickets.
        noted: Tickets with notes that were kept until now, and would be sent.
    """
    notes = [Effect(NOTES, None, None, None, noted, NEXT_RUN)] if noted else []
    found = [*_status_effects(rows, mapping, before), *_word_effects(rows, mapping, before)]
    return Effects(
        links,
        (
            *sorted(found, key=lambda e: (e.field, -e.tickets)),
            *_new_columns(mapping, before, links),
            *notes,
        ),
        tuple(_unknown_words(rows, mapping)),
    )


def _status_effects(
    rows: Iterable[Row], mapping: TicketMapping, before: TicketMapping
) -> Iterator[Effect]:
    for row in rows:
        remote, local = row["remote"], row["local"]
        then = mapping.to_local_status(remote)
        if row["field"] != STATUS or then is None or mapping.is_same_status(local, remote):
            continue
        # What differs by either mapping differs for another reason: an open conflict, an adoption.
        if then != before.to_local_status(remote) or before.is_same_status(local, remote):
            yield Effect(STATUS, remote, local, then, row["tickets"], AT_NEXT_CHANGE)


def _word_effects(
    rows: Iterable[Row], mapping: TicketMapping, before: TicketMapping
) -> Iterator[Effect]:
    for row in rows:
        name = row["field"]
        if name == STATUS or mapping.flow(name) is not Flow.INBOUND:
            continue
        then = mapping.to_local_owned(name, row["remote"])
        was = before.to_local_owned(name, row["remote"])
        if then.fits and then.value != row["local"] and then.value != was.value:
            yield Effect(name, row["remote"], row["local"], then.value, row["tickets"], FORCED)


def _new_columns(mapping: TicketMapping, before: TicketMapping, links: int) -> Iterator[Effect]:
    for column in mapping.columns:
        if column.flow is Flow.INBOUND and _is_new(column, before) and links:
            yield Effect(column.name, None, None, None, links, ON_READING)


def _is_new(column: Column, before: TicketMapping) -> bool:
    if column.name not in before.owned_fields:
        return bool(column.source)
    was = before.column(column.name)
    return bool(column.source) and (column.source, column.is_custom) != (was.source, was.is_custom)


def _unknown_words(rows: Iterable[Row], mapping: TicketMapping) -> Iterator[UnknownWord]:
    remote: dict[str, int] = {}
    local: dict[str, int] = {}
    for row in rows:
        if row["field"] == STATUS:
            remote[row["remote"]] = remote.get(row["remote"], 0) + row["tickets"]
            local[row["local"]] = local.get(row["local"], 0) + row["tickets"]
    for word, tickets in sorted(remote.items(), key=str):
        if word is not None and mapping.to_local_status(word) is None:
            meaning = f"new tickets become {mapping.status.on_create}, others keep their status"
            yield UnknownWord(STATUS, "QContact", word, tickets, meaning)
    for word, tickets in sorted(local.items(), key=str):
        if word is None:
            continue
        if word not in mapping.status.ranks:
            yield UnknownWord(STATUS, "FibreFlow", word, tickets, "it ranks lowest")
        if mapping.to_remote_status(word) is None:
            yield UnknownWord(STATUS, "FibreFlow", word, tickets, "it cannot be sent")
