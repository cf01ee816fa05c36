"""Compares FibreFlow's tables as they are with what the sync needs and what the mapping writes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from qcontact_sync.core.catalogue import Catalogue, HostColumn, HostTable, Need, Needs
from qcontact_sync.core.columns import Flow
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.model import STATUS

TICKETS_TABLE = "tickets"
SOURCE = "qcontact"


class SchemaVerdict(StrEnum):
    """What a difference of the schema means for the sync."""

    LACKS = "lacks"
    """A table or column is missing, or of another type: no ticket can be read."""
    CANNOT = "cannot"
    """No ticket can be written."""
    REFUSED = "refused"
    """Tickets with a certain word cannot be written."""
    UNFILLED = "unfilled"
    """New tickets cannot be written: nothing fills a required column."""
    SHORT = "short"
    """Tickets with longer texts wait in quarantine."""
    ADAPTED = "adapted"
    """It differs from the usual schema, but the sync works with it."""


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """One difference.

    Attributes:
        where: Table and column, or the table.
        line: What to write into the mapping file; None where no line helps.
    """

    verdict: SchemaVerdict
    where: str
    text: str
    line: str | None = None

    def __str__(self) -> str:
        """As one sentence."""
        return f"{self.where} {self.text}"


def examine(
    catalogue: Catalogue, needs: Needs, names: Mapping[str, str], mapping: TicketMapping
) -> list[SchemaDifference]:
    """All differences, those that matter most first.

    Args:
        names: What a person calls the tables, by usual name.
    """
    differences: list[SchemaDifference] = []
    for usual, needed in needs.items():
        table = catalogue.get(usual)
        if table is None:
            differences.append(
                SchemaDifference(SchemaVerdict.LACKS, "there is no table", names[usual])
            )
            continue
        differences += _whole(table)
        differences += _needed(table, needed)
        differences += _unfilled(table, needed, usual, mapping)
    if TICKETS_TABLE in catalogue:
        differences += _words(catalogue[TICKETS_TABLE], needs[TICKETS_TABLE], mapping)
        differences += _further(catalogue[TICKETS_TABLE], mapping)
    order = list(SchemaVerdict)
    return sorted(differences, key=lambda difference: order.index(difference.verdict))


def _whole(table: HostTable) -> Iterator[SchemaDifference]:
    if table.kind == "materialized view" or not table.is_writable:
        text = f"is a {table.kind} that takes no inserts or updates"
        yield SchemaDifference(SchemaVerdict.CANNOT, table.name, text)
    for rule in table.rules:
        text = f"has the rule {rule}, with which the sync's statements cannot work"
        yield SchemaDifference(SchemaVerdict.CANNOT, table.name, text)
    if table.kind != "table" and table.is_writable:
        yield SchemaDifference(SchemaVerdict.ADAPTED, table.name, f"is a {table.kind}")
    if table.triggers:
        text = f"has triggers that run on the sync's writes: {', '.join(table.triggers)}"
        yield SchemaDifference(SchemaVerdict.ADAPTED, table.name, text)
    if table.checks:
        text = f"refuses values by {', '.join(table.checks)}: those tickets wait in quarantine"
        yield SchemaDifference(SchemaVerdict.ADAPTED, table.name, text)


def _needed(table: HostTable, needs: Iterable[Need]) -> Iterator[SchemaDifference]:
    for need in needs:
        where = f"{table.name}.{need.column}"
        column = table.columns.get(need.column)
        if column is None:
            yield SchemaDifference(SchemaVerdict.LACKS, table.name, f"has no column {need.column}")
            continue
        if column.category not in need.categories:
            yield SchemaDifference(SchemaVerdict.LACKS, where, f"has type {column.type}")
        if need.rights and column.is_generated:
            text = "is generated, and the sync writes it"
            yield SchemaDifference(SchemaVerdict.CANNOT, where, text)
        if need.rights and column.is_computed:
            text = "is computed by the view, and the sync writes it"
            yield SchemaDifference(SchemaVerdict.CANNOT, where, text)
        if column.room is not None and column.room < need.room:
            yield _too_short(where, column.room, need)
        if need.field and need.field != need.column:
            yield SchemaDifference(
                SchemaVerdict.ADAPTED, where, f"holds the mapping's {need.field}"
            )


_TEXTS = frozenset(
    {
        *("title", "description", "address"),
        *("dr_number", "pole_number", "pon_number", "zone_id", "ont_serial"),
    }
)


def _too_short(where: str, room: int, need: Need) -> SchemaDifference:
    text = f"is too short: {room} of {need.room} characters"
    if need.name not in _TEXTS:
        return SchemaDifference(SchemaVerdict.REFUSED, where, text)
    return SchemaDifference(
        SchemaVerdict.SHORT, where, text, f"[columns.{need.name}] max_length = {room}"
    )


def _unfilled(
    table: HostTable, needs: Iterable[Need], usual: str, mapping: TicketMapping
) -> Iterator[SchemaDifference]:
    """Required columns that nothing fills."""
    filled = {need.column for need in needs if "i" in need.rights}
    if not any("i" in need.rights for need in needs):
        return
    if usual == TICKETS_TABLE:
        filled |= {*mapping.created_fields, *mapping.constants}
    for column in table.columns.values():
        if column.is_required and column.name not in filled:
            text = "must be filled and has no default, and the sync does not fill it"
            line = f'[constants] {column.name} = "..."' if usual == TICKETS_TABLE else None
            yield SchemaDifference(
                SchemaVerdict.UNFILLED, f"{table.name}.{column.name}", text, line
            )


def _words(
    table: HostTable, needs: Iterable[Need], mapping: TicketMapping
) -> Iterator[SchemaDifference]:
    """Words that the mapping writes and a CHECK or an enum refuses."""
    columns = {need.name: need.column for need in needs}
    for name, words in _written_words(mapping).items():
        column = table.columns.get(columns.get(name, name))
        if column is not None and column.words is not None and words - column.words:
            yield _refused(table, column, name, words - column.words)


def words_digest(mapping: TicketMapping) -> str:
    """Digest of every word that the mapping can write: equal ones fit the same constraints."""
    words = {name: sorted(words) for name, words in _written_words(mapping).items()}
    return sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def _written_words(mapping: TicketMapping) -> dict[str, set[str]]:
    return {
        **{name: _written(mapping, name) for name in mapping.created_fields},
        STATUS: {*mapping.status.local_by_key.values(), mapping.status.on_create},
        "source": {SOURCE},
        **{name: {word} for name, word in mapping.constants.items()},
    }


def _written(mapping: TicketMapping, name: str) -> set[str]:
    words = mapping.column(name).words
    return {*words.by_word.values(), words.default} if words else set()


def _refused(table: HostTable, column: HostColumn, name: str, words: set[str]) -> SchemaDifference:
    text = f"refuses {', '.join(sorted(words))}; it takes {', '.join(sorted(column.words or ()))}"
    section = f"columns.{name}.words" if name != STATUS else "status.inbound"
    line = f'[{section}] "<QContact\'s word>" = "<a word that it takes>"'
    return SchemaDifference(SchemaVerdict.REFUSED, f"{table.name}.{column.name}", text, line)


def _further(table: HostTable, mapping: TicketMapping) -> Iterator[SchemaDifference]:
    """Columns that only the mapping file names."""
    named = [name for name in mapping.more_columns if mapping.flow(name) is not Flow.OFF]
    for name in (*named, *mapping.constants):
        if name not in table.columns:
            text = f"has no column {name}, which the mapping names"
            yield SchemaDifference(SchemaVerdict.LACKS, table.name, text)
        elif table.columns[name].is_generated:
            text = "is generated, and the mapping writes it"
            yield SchemaDifference(SchemaVerdict.CANNOT, f"{table.name}.{name}", text)
