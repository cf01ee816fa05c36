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

TICKETS = "tickets"
SOURCE = "qcontact"


class Verdict(StrEnum):
    """What a finding means for the sync."""

    LACKS = "lacks"
    """A table or column is missing, or of another type: no ticket can be read."""
    CANNOT = "cannot"
    """No ticket can be written."""
    REFUSED = "refused"
    """Tickets with a certain word cannot be written."""
    UNFILLED = "unfilled"
    """New tickets cannot be written: a column must be filled, and nothing fills it."""
    SHORT = "short"
    """Tickets with longer texts wait in quarantine."""
    ADAPTED = "adapted"
    """It differs from the usual schema, and the sync works with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference.

    Attributes:
        where: Table and column, or the table.
        line: What to write into the mapping file; None where no line helps.
    """

    verdict: Verdict
    where: str
    text: str
    line: str | None = None

    def __str__(self) -> str:
        """As one sentence."""
        return f"{self.where} {self.text}"


def examine(
    catalogue: Catalogue, needs: Needs, names: Mapping[str, str], mapping: TicketMapping
) -> list[Finding]:
    """All differences, those that matter most first.

    Args:
        names: What a person calls the tables, by usual name.
    """
    findings: list[Finding] = []
    for usual, needed in needs.items():
        table = catalogue.get(usual)
        if table is None:
            findings.append(Finding(Verdict.LACKS, "there is no table", names[usual]))
            continue
        findings += _whole(table)
        findings += _needed(table, needed)
        findings += _unfilled(table, needed, usual, mapping)
    if TICKETS in catalogue:
        findings += _words(catalogue[TICKETS], needs[TICKETS], mapping)
        findings += _further(catalogue[TICKETS], mapping)
    order = list(Verdict)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))


def _whole(table: HostTable) -> Iterator[Finding]:
    if table.kind == "materialized view" or not table.is_writable:
        text = f"is a {table.kind} that takes no inserts or updates"
        yield Finding(Verdict.CANNOT, table.name, text)
    for rule in table.rules:
        text = f"has the rule {rule}, with which the sync's statements cannot work"
        yield Finding(Verdict.CANNOT, table.name, text)
    if table.kind != "table" and table.is_writable:
        yield Finding(Verdict.ADAPTED, table.name, f"is a {table.kind}")
    if table.triggers:
        text = f"has triggers that run on the sync's writes: {', '.join(table.triggers)}"
        yield Finding(Verdict.ADAPTED, table.name, text)
    if table.checks:
        text = f"refuses values by {', '.join(table.checks)}: those tickets wait in quarantine"
        yield Finding(Verdict.ADAPTED, table.name, text)


def _needed(table: HostTable, needs: Iterable[Need]) -> Iterator[Finding]:
    for need in needs:
        where = f"{table.name}.{need.column}"
        column = table.columns.get(need.column)
        if column is None:
            yield Finding(Verdict.LACKS, table.name, f"has no column {need.column}")
            continue
        if column.category not in need.categories:
            yield Finding(Verdict.LACKS, where, f"has type {column.type}")
        if need.rights and column.is_generated:
            text = "is generated, and the sync writes it"
            yield Finding(Verdict.CANNOT, where, text)
        if need.rights and column.is_computed:
            text = "is computed by the view, and the sync writes it"
            yield Finding(Verdict.CANNOT, where, text)
        if column.room is not None and column.room < need.room:
            yield _too_short(where, column.room, need)
        if need.field and need.field != need.column:
            yield Finding(Verdict.ADAPTED, where, f"holds the mapping's {need.field}")


_TEXTS = frozenset(
    {
        *("title", "description", "address"),
        *("dr_number", "pole_number", "pon_number", "zone_id", "ont_serial"),
    }
)


def _too_short(where: str, room: int, need: Need) -> Finding:
    text = f"is too short: {room} of {need.room} characters"
    if need.name not in _TEXTS:
        return Finding(Verdict.REFUSED, where, text)
    return Finding(Verdict.SHORT, where, text, f"[columns.{need.name}] max_length = {room}")


def _unfilled(
    table: HostTable, needs: Iterable[Need], usual: str, mapping: TicketMapping
) -> Iterator[Finding]:
    """Columns that must be filled, and nothing fills them."""
    filled = {need.column for need in needs if "i" in need.rights}
    if not any("i" in need.rights for need in needs):
        return
    if usual == TICKETS:
        filled |= {*mapping.created_fields, *mapping.constants}
    for column in table.columns.values():
        if column.is_required and column.name not in filled:
            text = "must be filled and has no default, and the sync does not fill it"
            line = f'[constants] {column.name} = "..."' if usual == TICKETS else None
            yield Finding(Verdict.UNFILLED, f"{table.name}.{column.name}", text, line)


def _words(table: HostTable, needs: Iterable[Need], mapping: TicketMapping) -> Iterator[Finding]:
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


def _refused(table: HostTable, column: HostColumn, name: str, words: set[str]) -> Finding:
    text = f"refuses {', '.join(sorted(words))}; it takes {', '.join(sorted(column.words or ()))}"
    section = f"columns.{name}.words" if name != STATUS else "status.inbound"
    line = f'[{section}] "<QContact\'s word>" = "<a word that it takes>"'
    return Finding(Verdict.REFUSED, f"{table.name}.{column.name}", text, line)


def _further(table: HostTable, mapping: TicketMapping) -> Iterator[Finding]:
    """Columns that only the mapping file names."""
    named = [name for name in mapping.more_columns if mapping.flow(name) is not Flow.OFF]
    for name in (*named, *mapping.constants):
        if name not in table.columns:
            text = f"has no column {name}, which the mapping names"
            yield Finding(Verdict.LACKS, table.name, text)
        elif table.columns[name].is_generated:
            text = "is generated, and the mapping writes it"
            yield Finding(Verdict.CANNOT, f"{table.name}.{name}", text)
