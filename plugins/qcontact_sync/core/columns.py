"""FibreFlow's columns that QContact's values fill: their values, and which values fit."""

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

CUT_MARK = "…"
_PARTS = re.compile(r"::|\|")


class Flow(StrEnum):
    """Which way a field flows."""

    BOTH = "both"
    INBOUND = "inbound"
    CREATE = "create"
    """QContact's value is written when the ticket is created, and never again."""
    OFF = "off"
    """Neither side's value is written to the other."""


class ColumnKind(StrEnum):
    """What a column holds, and so how QContact's value becomes FibreFlow's."""

    TEXT = "text"
    WORDS = "words"
    UUID = "uuid"
    POINT = "point"
    """``"lat,lon"``."""
    CATEGORY = "category"
    """The part of the text before ``::`` or ``|``."""
    SUBCATEGORY = "subcategory"
    """The part after it; nothing where there is none."""
    DATE = "date"
    """The day of an instant, in UTC."""
    INSTANT = "instant"


class Mapped(NamedTuple):
    """A column's value; a tuple, since every field of every new ticket becomes one.

    Attributes:
        fits: False if the column cannot hold the remote value; it is then left as it is.
        warning: For the audit row; never contains the value.
    """

    value: str | None = None
    fits: bool = True
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A table of words: QContact's, trimmed and in small letters, to FibreFlow's.

    Attributes:
        by_word: ``first::*`` stands for all words that begin with ``first::`` or ``first|``.
        default: FibreFlow's word for every other one, and for none.
        warns: Whether an unknown word is named on the ticket's audit row.
    """

    by_word: Mapping[str, str]
    default: str
    warns: bool = False

    def translate(self, value: str | None) -> str | None:
        """FibreFlow's word; None for a word that is not in the table."""
        word = (value or "").strip().lower()
        known = self.by_word.get(word)
        if known is None and (parts := _PARTS.split(word, maxsplit=1))[1:]:
            known = self.by_word.get(f"{parts[0].strip()}::*")
        return known


@dataclass(frozen=True, slots=True)
class Column:
    """A column of FibreFlow's ``tickets`` that QContact owns.

    Attributes:
        name: The column, and the name of the field in a ticket's values.
        source: QContact's field (as the tickets dialect calls it), or the key of a custom field;
            ``""`` where QContact has none.
        is_custom: Whether ``source`` is a custom field's key.
        is_label: The custom field is another record, whose label counts.
        max_length: Characters that the column takes; a longer text is cut and marked.
        words: Of a column of kind WORDS.
        is_personal: A customer's data: never in an audit payload.
    """

    name: str
    source: str
    kind: ColumnKind = ColumnKind.TEXT
    flow: Flow = Flow.INBOUND
    max_length: int | None = None
    words: Words | None = None
    is_custom: bool = False
    is_label: bool = False
    is_personal: bool = False


Translate = Callable[[str | None], Mapped]
_NOTHING = Mapped()
_NO_LIMIT = sys.maxsize


def translator(column: Column) -> Translate:
    """How QContact's value becomes the column's; values without text are none."""
    if column.kind is ColumnKind.WORDS and column.words is not None:
        return _words(column.name, column.words)
    make = _TRANSLATORS.get(column.kind, _text)
    return _unless_none(make(column))


def longest_kept(column: Column) -> int:
    """Characters up to which QContact's text is the column's value as it is; -1 where none is."""
    if column.kind is not ColumnKind.TEXT:
        return -1
    return _NO_LIMIT if column.max_length is None else column.max_length


def _unless_none(translate: Callable[[str], Mapped]) -> Translate:
    return lambda value: _NOTHING if value is None else translate(value)


def _words(name: str, words: Words) -> Translate:
    # Functions with few distinct arguments are cached: a first import calls them a million times.
    @lru_cache(maxsize=1_024)
    def translate(value: str | None) -> Mapped:
        known = words.translate(value)
        if known is not None:
            return Mapped(known)
        is_unknown = words.warns and (value or "").strip()
        warning = f"unknown {name}, treated as {words.default}" if is_unknown else None
        return Mapped(words.default, warning=warning)

    return translate


def _text(column: Column) -> Callable[[str], Mapped]:
    name, limit = column.name, column.max_length
    if limit is None:
        return Mapped
    kept = max(limit - len(CUT_MARK), 0)
    warning = f"{name} cut to {limit} characters"

    def translate(value: str) -> Mapped:
        if len(value) <= limit:
            return Mapped(value)
        return Mapped(value[:kept] + CUT_MARK, warning=warning)

    return translate


def _uuid(column: Column) -> Callable[[str], Mapped]:
    refused = Mapped(fits=False, warning=f"{column.name} is not a UUID; not changed")

    @lru_cache(maxsize=4_096)
    def translate(value: str) -> Mapped:
        try:
            parsed = UUID(value)
        except ValueError:
            return refused
        # UUID() reads digits as int() does: with signs, underscores and 0x among them.
        is_plain = parsed.hex in value.replace("-", "").lower()
        return Mapped(str(parsed)) if is_plain else refused

    return translate


def _point(column: Column) -> Callable[[str], Mapped]:
    warning = f"{column.name} are not two numbers in range; not changed"
    refused = Mapped(fits=False, warning=warning)

    def translate(value: str) -> Mapped:
        try:
            lat, lon = (float(part) for part in value.split(","))
        except ValueError:
            lat = lon = math.nan
        is_in_range = abs(lat) <= 90 and abs(lon) <= 180
        return Mapped(point_text(lat, lon)) if is_in_range else refused

    return translate


def point_text(latitude: float, longitude: float) -> str:
    """The canonical text of a point: equal points have equal texts."""
    return ",".join(repr(number + 0.0).removesuffix(".0") for number in (latitude, longitude))


def _part(index: int) -> Callable[[Column], Callable[[str], Mapped]]:
    def make(column: Column) -> Callable[[str], Mapped]:
        cut = _text(column)

        def translate(value: str) -> Mapped:
            part = [*_PARTS.split(value, maxsplit=1), ""][index].strip()
            return cut(part) if part else _NOTHING

        return translate

    return make


def _instant(column: Column) -> Callable[[str], Mapped]:
    refused = Mapped(fits=False, warning=f"{column.name} is not an instant; not changed")

    def translate(value: str) -> Mapped:
        try:
            stamp = datetime.fromisoformat(value)
            in_utc = (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return refused
        return Mapped(str(in_utc.date()) if column.kind is ColumnKind.DATE else in_utc.isoformat())

    return translate


_TRANSLATORS: Mapping[ColumnKind, Callable[[Column], Callable[[str], Mapped]]] = {
    ColumnKind.UUID: _uuid,
    ColumnKind.POINT: _point,
    ColumnKind.CATEGORY: _part(0),
    ColumnKind.SUBCATEGORY: _part(1),
    ColumnKind.DATE: _instant,
    ColumnKind.INSTANT: _instant,
}
