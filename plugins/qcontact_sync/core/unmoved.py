"""Tickets that neither side changed as far as the database knows, and what is left to compare.

A comparison of many tickets finds nearly all of them as they were when the sides agreed. The
database recognises those and compares the texts; only what translates is judged here.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from qcontact_sync.core.columns import Column, ColumnKind, Flow
from qcontact_sync.core.mapping import TicketMapping
from qcontact_sync.core.merge import Policy, is_the_same
from qcontact_sync.core.model import ASSIGNED_TO, OWNED_FIELDS, STATUS, People, RemoteId

WORD_FIELDS = (STATUS, ASSIGNED_TO, "priority", "ticket_type")
"""Fields of few values: whether two of them mean the same is in the mapping."""
POINT_FIELD = "gps_coordinates"
UUID_FIELDS = ("pole_number", "project_id", "zone_id")
_MAX_KNOWN = 10_000


class UnmovedTicket(NamedTuple):
    """A linked ticket that neither side changed since they agreed, and whose texts are equal.

    Attributes:
        words: FibreFlow's values of `EqualTexts.judged`, then QContact's: a JSON array, which most
            tickets share with others.
    """

    id: RemoteId
    ticket_uid: str
    words: str


class EqualTexts(NamedTuple):
    """Under which rules equal texts mean the same.

    Attributes:
        ignored: Columns that may differ.
        uuids: Columns whose texts are UUIDs.
        longest: Characters of QContact's text that are not cut, by column; any number of others.
        judged: Fields whose values are judged one by one.
    """

    ignored: tuple[str, ...]
    uuids: tuple[str, ...]
    longest: Mapping[str, int]
    judged: tuple[str, ...]


def equal_texts(mapping: TicketMapping) -> EqualTexts | None:
    """The rules of a mapping; None where a column of the schema's own holds no text."""
    columns = [column for column in mapping.columns if column.name not in WORD_FIELDS]
    read = [column for column in columns if column.flow is Flow.INBOUND]
    own = [column for column in read if column.name in OWNED_FIELDS]
    if not all(_is_compared_as_text(column) for column in own):
        return None
    return EqualTexts(
        tuple(column.name for column in columns if column.flow is not Flow.INBOUND),
        tuple(column.name for column in own if column.kind is ColumnKind.UUID),
        {column.name: column.max_length for column in own if column.max_length is not None},
        (*WORD_FIELDS, *(column.name for column in read if column.name not in OWNED_FIELDS)),
    )


def _is_compared_as_text(column: Column) -> bool:
    if column.name == POINT_FIELD:
        return column.kind is ColumnKind.POINT
    return column.kind is ColumnKind.TEXT or (
        column.kind is ColumnKind.UUID and column.name in UUID_FIELDS
    )


class WordJudge:
    """Whether the values of two sides mean the same; what was judged once is remembered."""

    def __init__(self, fields: tuple[str, ...], people: People, policy: Policy) -> None:
        self._fields = fields
        self._people = people
        self._policy = policy
        self.are_the_same = lru_cache(_MAX_KNOWN)(self._judge)

    def _judge(self, words: str) -> bool:
        """Whether each of FibreFlow's values means what QContact's does (`UnmovedTicket.words`)."""
        values: Sequence[str | None] = json.loads(words)
        count = len(self._fields)
        return all(
            is_the_same(name, here, there, self._people, self._policy)
            for name, here, there in zip(self._fields, values[:count], values[count:], strict=True)
        )
