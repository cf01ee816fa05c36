"""The mapping of an account: the built-in rules, the lineage's, and those of its mapping file.

What is wrong in a file is refused by name, everything at once.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

from pydantic import ValidationError

from qcontact_sync.config.access import Dialect
from qcontact_sync.config.mapping_overlay import (
    SOURCES,
    doubled,
    fates_laid_over,
    laid_over,
    word_key,
)
from qcontact_sync.config.mapping_schema import MappingTable, RulesTable
from qcontact_sync.config.settings import Settings
from qcontact_sync.config.toml_files import parse_toml, read_text
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.mapping_faults import faults
from qcontact_sync.core.note_rules import (
    NoteFate,
    NoteFates,
    SentNotes,
    internal_word,
)
from qcontact_sync.core.note_rules import (
    sent_notes as kinds_sent,
)
from qcontact_sync.core.rules import status_key

MAPPING_FILE = "QCONTACT_SYNC_MAPPING_FILE"
BUILT_IN = {Dialect.TICKETS: TICKETS, Dialect.ENTITIES: ENTITIES}
_PACKAGE = Path(__file__).resolve().parents[1]


def load_mapping(settings: Settings, dialect: Dialect) -> TicketMapping:
    """The rules of an account.

    Raises:
        ConfigError: Names everything in its mapping file that cannot be used.
    """
    if settings.mapping_file is None:
        mapping = lineage_mapping(settings.schema, dialect)
    else:
        mapping = read_mapping(Path(settings.mapping_file), settings.schema, dialect)
    notes = _fates(settings, mapping.notes)
    return mapping if notes == mapping.notes else replace(mapping, notes=notes)


def sent_notes(settings: Settings) -> SentNotes:
    """Which notes leave; that does not depend on the dialect.

    Raises:
        ConfigError: The mapping file cannot be used.
    """
    notes = lineage_mapping(settings.schema, Dialect.TICKETS).notes
    if settings.mapping_file is not None:
        text = read_text(Path(settings.mapping_file), MAPPING_FILE)
        notes = fates_laid_over(notes, _parse(text, MAPPING_FILE).notes)
    return kinds_sent(settings.schema, _fates(settings, notes))


def _fates(settings: Settings, notes: NoteFates) -> NoteFates:
    word = internal_word(settings.schema)
    is_kept = notes.get(word, NoteFate.KEEP) is NoteFate.KEEP
    if settings.internal_notes == "send" and is_kept:
        return {**notes, word: NoteFate.INTERNAL}
    return notes


@cache
def lineage_mapping(lineage: str, dialect: Dialect) -> TicketMapping:
    """The rules of a lineage of FibreFlow's schema: the built-in ones, and its shipped file's.

    Raises:
        ConfigError: The shipped file cannot be used.
    """
    built_in = BUILT_IN[dialect]
    if lineage == built_in.lineage:
        return built_in
    path = mappings_folder() / f"{lineage}.toml"
    table = _parse(read_text(path, path.name), path.name)
    return _laid_over(replace(built_in, lineage=lineage), table, dialect, path.name)


def read_mapping(path: Path, lineage: str, dialect: Dialect) -> TicketMapping:
    """The rules of a mapping file over those of a lineage.

    Raises:
        ConfigError: Names everything in the file that cannot be used.
    """
    return parse_mapping(read_text(path, MAPPING_FILE), lineage, dialect)


@lru_cache(maxsize=8)
def parse_mapping(text: str, lineage: str, dialect: Dialect) -> TicketMapping:
    """The same of the file's text, which each step of a run reads anew."""
    table = _parse(text, MAPPING_FILE)
    return _laid_over(lineage_mapping(lineage, dialect), table, dialect, MAPPING_FILE)


def mappings_folder() -> Path:
    """Where the lineages' files are: in the installed package, or in the source tree."""
    installed = _PACKAGE / "mappings"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "include" / "mappings"


def _laid_over(
    below: TicketMapping, table: MappingTable, dialect: Dialect, name: str
) -> TicketMapping:
    own = table.tickets if dialect is Dialect.TICKETS else table.entities
    wrong = [*_file_faults(table, dialect), *_file_faults(own, dialect, f"{dialect}.")]
    mapping = laid_over(laid_over(below, table, dialect), own, dialect)
    mapping = replace(mapping, notes=fates_laid_over(mapping.notes, table.notes))
    wrong += faults(mapping)
    if wrong:
        raise ConfigError(f"{name}: {'; '.join(wrong)}")
    return mapping


def _parse(text: str, name: str) -> MappingTable:
    try:
        return MappingTable.model_validate(parse_toml(text, name))
    except ValidationError as error:
        raise ConfigError(f"{name}: {'; '.join(_reasons(error))}") from None


def _reasons(error: ValidationError) -> Iterator[str]:
    """One for each place: a value that may be of two types is refused for each of them."""
    reasons: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        reason = _REASONS.get(fault["type"], fault["msg"])
        reasons.setdefault(_place(fault["loc"]), reason)
    return (f"{place}: {reason}" for place, reason in reasons.items())


_REASONS = {
    "extra_forbidden": "unknown key",
    "string_pattern_mismatch": "holds characters that cannot stand here",
    "string_type": "must be text",
}
_TYPES = re.compile(r"\[key\]|constrained-(str|int)|literal\[.*\]|str|int|bool")
"""What the validator puts behind a place: the type that it tried."""


def _place(loc: tuple[str | int, ...]) -> str:
    parts = [part if isinstance(part, str) else f"{part + 1}" for part in loc]
    if len(parts) > 1 and _TYPES.fullmatch(parts[-1]):
        parts.pop()
    return ".".join(shown(part) for part in parts) or "the file"


def shown(word: str) -> str:
    """A word of the file's as a sentence can show it; in quotes where it is not a plain one."""
    return word if re.fullmatch(r"[\w.:-]{1,60}", word) else ascii(word[:60])


def _file_faults(table: RulesTable, dialect: Dialect, prefix: str = "") -> Iterator[str]:
    """What only the file shows: by now, one of two entries for one word has won."""
    for one, other in doubled(table.status.inbound, status_key):
        yield f"{prefix}status.inbound: {shown(one)} and {shown(other)} are one word"
    for name, column in table.columns.items():
        for one, other in doubled(column.words, word_key):
            yield f"{prefix}columns.{name}.words: {shown(one)} and {shown(other)} are one word"
        if column.source is not None and column.source not in SOURCES[dialect]:
            known = ", ".join(sorted(SOURCES[dialect]))
            yield f"{prefix}columns.{name}.source: the {dialect} dialect has {known}"
        if column.source is not None and name in table.custom_fields.values():
            yield f"{prefix}columns.{name}.source: the column has a custom field, too"
    filled = {key: name for key, name in table.custom_fields.items() if name}
    for one, other in doubled(filled, filled.__getitem__):
        yield f"{prefix}custom_fields: {shown(one)} and {shown(other)} fill one column"
