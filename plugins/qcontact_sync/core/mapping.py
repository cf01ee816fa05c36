"""How values translate between QContact and FibreFlow: one `TicketMapping` for both directions.

The two status maps are not inverse, which is why a base keeps both halves. What the rules are is
data: `core.built_in` has those of the contract, a mapping file lays others over them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from qcontact_sync.core.columns import Column, Flow, Kind, Mapped, Translate, translator
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    OWNED_FIELDS,
    STATUS,
    SYNCED_FIELDS,
    TWO_WAY_FIELDS,
    People,
)


# Functions with few distinct arguments are cached: a first import calls them a million times.
@lru_cache(maxsize=1_024)
def status_key(word: str | None) -> str:
    """A remote status without case, spaces, ``-`` and ``_``: equal keys are one status."""
    return re.sub(r"[\s_-]+", "", word or "").lower()


@dataclass(frozen=True, slots=True)
class StatusRules:
    """FibreFlow's statuses and a QContact's words for them.

    Attributes:
        local_by_key: FibreFlow's status by `status_key` of QContact's word.
        remote_by_local: The word that is sent for a status; one without a word cannot be sent.
        ranks: How advanced a status is; one that is not in it ranks lowest.
        terminal: Statuses that end a ticket.
        on_create: The status of a new ticket whose word is not known.
        moves_on: Steps that QContact takes by itself, as pairs of `status_key`.
        final: Statuses (`status_key`) in which a ticket takes no change of status any more.
        winner: Whose change counts where both sides changed: ``furthest`` (by rank, of equal ones
            FibreFlow's), ``local`` or ``remote``.
        writable: The words that QContact takes; None for all.
    """

    local_by_key: Mapping[str, str]
    remote_by_local: Mapping[str, str]
    ranks: Mapping[str, int]
    terminal: frozenset[str]
    on_create: str = "open"
    moves_on: frozenset[tuple[str, str]] = frozenset()
    final: frozenset[str] = frozenset()
    winner: str = "furthest"
    writable: frozenset[str] | None = None


class TitleFrom(StrEnum):
    """What a ticket's title is made of."""

    LABEL = "label"
    """The subject; the reference where there is none."""
    REFERENCE = "reference"
    """The case reference; the subject stands above the description, where there is one."""


class UidRule(StrEnum):
    """What a new ticket's ``ticket_uid`` is."""

    REFERENCE = "reference"
    """The case reference where it is free, else the next ``FT`` number."""
    DAILY = "daily"
    """``VF-YYYYMMDD-NNN`` from the application's own counter; not in every lineage."""


class NoteFate(StrEnum):
    """What becomes of a FibreFlow note."""

    PUBLIC = "public"
    INTERNAL = "internal"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Person:
    """A FibreFlow user and the QContact user that stands for the same person.

    Attributes:
        name: As QContact shows it.
        user: FibreFlow's id.
        remote_id: QContact's id: what is written, where QContact takes no name.
    """

    name: str
    user: str
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignmentRules:
    """Who is who.

    Attributes:
        queues: QContact's ids and names of assignees that are no person: nobody is assigned.
        unassigned: The queue (id) to which a ticket goes that FibreFlow assigns to nobody.
    """

    people: tuple[Person, ...] = ()
    queues: frozenset[str] = frozenset()
    unassigned: str | None = None

    def laid_over(self, people: People) -> People:
        """FibreFlow's users, known by the names that QContact has for them."""
        if not self.people:
            return people
        mapped = {person.user: person.name for person in self.people}
        taken = {person.name for person in self.people}
        return People(
            {**people.name_by_id, **mapped},
            {
                **{n: user for n, user in people.id_by_name.items() if n not in taken},
                **{person.name: person.user for person in self.people},
            },
        )


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a decoder finds the columns' values: column names by QContact's keys.

    Attributes:
        plain: Fields that every ticket has; without the title, which is read apart.
        custom: Custom fields.
        labels: Custom fields that are records, whose label counts.
        personal_plain, personal_custom, personal_labels: The same for a customer's data.
    """

    plain: Mapping[str, str]
    custom: Mapping[str, str]
    labels: Mapping[str, str]
    personal_plain: Mapping[str, str]
    personal_custom: Mapping[str, str]
    personal_labels: Mapping[str, str]

    @classmethod
    def of(cls, columns: tuple[Column, ...]) -> "Sources":
        """Of columns with one source each."""

        def names(*, personal: bool, custom: bool, label: bool) -> dict[str, str]:
            wanted = (personal, custom, label)
            return {
                c.source: c.name
                for c in columns
                if c.name != TITLE and (c.is_personal, c.is_custom, c.is_label) == wanted
            }

        return cls(
            names(personal=False, custom=False, label=False),
            names(personal=False, custom=True, label=False),
            names(personal=False, custom=True, label=True),
            names(personal=True, custom=False, label=False),
            names(personal=True, custom=True, label=False),
            names(personal=True, custom=True, label=True),
        )


TITLE = "title"


@dataclass(frozen=True, slots=True)
class TicketMapping:
    """All rules by which one account's tickets translate; immutable, its tables are built once.

    Attributes:
        lineage: Of FibreFlow's schema (``fibreflow``, ``maintenance``).
        columns: QContact's own fields, in the order in which they are decided: `OWNED_FIELDS`
            first, each exactly once, then further columns.
        flows: Of the two-way fields: BOTH, INBOUND or OFF.
        assignment_winner: ``local`` or ``remote``; None: as the setting says.
        constants: Columns that only an insert fills, with their text.
        notes: By the word that decides (``note_type``, or what the lineage has for it).
    """

    lineage: str
    status: StatusRules
    columns: tuple[Column, ...]
    flows: Mapping[str, Flow] = field(default_factory=lambda: dict(BOTH_WAYS))
    assignment: AssignmentRules = AssignmentRules()
    assignment_winner: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, NoteFate] = field(default_factory=dict)
    title_from: TitleFrom = TitleFrom.LABEL
    uid_rule: UidRule = UidRule.REFERENCE

    owned_fields: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The names of ``columns``."""
    created_fields: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Those that a new ticket gets: all that are not OFF."""
    known_fields: frozenset[str] = field(init=False, repr=False, compare=False)
    """The fields that a base may hold."""
    more_columns: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The names of those beyond `OWNED_FIELDS`."""
    sources: "Sources" = field(init=False, repr=False, compare=False)
    copies: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)
    """(column, the first column of the same source)."""
    _column: Mapping[str, Column] = field(init=False, repr=False, compare=False)
    _translate: Mapping[str, Translate] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the tables."""
        firsts = _firsts(self.columns)
        for name, table in {
            "owned_fields": tuple(column.name for column in self.columns),
            "created_fields": tuple(c.name for c in self.columns if c.flow is not Flow.OFF),
            "known_fields": frozenset(SYNCED_FIELDS) | {column.name for column in self.columns},
            "more_columns": tuple(c.name for c in self.columns if c.name not in OWNED_FIELDS),
            "sources": Sources.of(tuple(firsts.values())),
            "copies": tuple(
                (c.name, firsts[c.is_custom, c.source].name)
                for c in self.columns
                if c.source and firsts[c.is_custom, c.source] is not c
            ),
            "_column": {column.name: column for column in self.columns},
            "_translate": {column.name: translator(column) for column in self.columns},
        }.items():
            object.__setattr__(self, name, table)

    def to_local_status(self, word: str | None) -> str | None:
        """FibreFlow's status for a remote word; None for an unknown word."""
        return self.status.local_by_key.get(status_key(word))

    def to_remote_status(self, local: str) -> str | None:
        """The remote word, or None for a status that has none."""
        return self.status.remote_by_local.get(local)

    def rank(self, local_status: str | None) -> int:
        """How advanced a FibreFlow status is; an unknown status ranks lowest."""
        return self.status.ranks.get(local_status or "", 0)

    def is_terminal(self, local_status: str | None) -> bool:
        """Whether work on the ticket has ended."""
        return local_status in self.status.terminal

    def to_local_owned(self, name: str, value: str | None) -> Mapped:
        """Map one of QContact's own fields to FibreFlow's column of that name."""
        return self._translate[name](value)

    def column(self, name: str) -> Column:
        """The column of one of QContact's own fields."""
        return self._column[name]

    def flow(self, name: str) -> Flow:
        """Which way a field flows."""
        return self.flows[name] if name in TWO_WAY_FIELDS else self._column[name].flow

    def sends(self, name: str) -> bool:
        """Whether a two-way field's changes here go to QContact."""
        return self.flows[name] is Flow.BOTH

    def is_same_status(self, local: str | None, remote: str | None) -> bool:
        """Whether either status translates into the other."""
        if local is None or remote is None:
            return local is remote
        word = self.to_remote_status(local)
        return self.to_local_status(remote) == local or (
            word is not None and status_key(word) == status_key(remote)
        )

    def max_length(self, name: str) -> int | None:
        """Characters that a column takes; None for any number."""
        return self._column[name].max_length

    def with_length(self, name: str, limit: int) -> "TicketMapping":
        """The same for a database whose column takes so many characters."""
        return replace(
            self,
            columns=tuple(
                replace(c, max_length=limit) if c.name == name else c for c in self.columns
            ),
        )


BOTH_WAYS: Mapping[str, Flow] = dict.fromkeys((STATUS, ASSIGNED_TO), Flow.BOTH)


def is_same_person(local: str | None, remote: str | None, people: People) -> bool:
    """Whether a user id and a display name are the same person, or both None."""
    if local is None or remote is None:
        return local is remote
    return people.name_by_id.get(local) == remote


def _firsts(columns: tuple[Column, ...]) -> dict[tuple[bool, str], Column]:
    """The first column of each source."""
    firsts: dict[tuple[bool, str], Column] = {}
    for column in columns:
        if column.source:
            firsts.setdefault((column.is_custom, column.source), column)
    return firsts


__all__ = [
    "AssignmentRules",
    "Column",
    "Flow",
    "Kind",
    "Mapped",
    "NoteFate",
    "Person",
    "StatusRules",
    "TicketMapping",
    "TitleFrom",
    "UidRule",
    "is_same_person",
    "status_key",
]
