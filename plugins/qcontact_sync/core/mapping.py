"""How values translate between QContact and FibreFlow: one `TicketMapping` for both directions.

The two status maps are not inverse, which is why a base keeps both halves. What the rules are is
data: `core.built_in` has the built-in ones, a mapping file replaces some of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qcontact_sync.core.columns import Column, Flow, Mapped, Translate, longest_kept, translator
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    OWNED_FIELDS,
    STATUS,
    SYNCED_FIELDS,
    TWO_WAY_FIELDS,
    People,
)
from qcontact_sync.core.note_rules import NoteFates, SentNotes, sent_notes
from qcontact_sync.core.rules import (
    AssignmentRules,
    StatusRules,
    TitleFrom,
    UidRule,
    status_key,
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
        notes: What becomes of notes (`core.note_rules`).
    """

    lineage: str
    status: StatusRules
    columns: tuple[Column, ...]
    flows: Mapping[str, Flow] = field(default_factory=lambda: dict(BOTH_WAYS))
    assignment: AssignmentRules = field(default_factory=AssignmentRules)
    assignment_winner: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    notes: NoteFates = field(default_factory=dict)
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
    sent_notes: SentNotes = field(init=False, repr=False, compare=False)
    sources: "Sources" = field(init=False, repr=False, compare=False)
    needs_reference: bool = field(init=False, repr=False, compare=False)
    """Whether a ticket's case reference is one of its values, or part of them."""
    copies: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)
    """(column, the first column of the same source)."""
    _column: Mapping[str, Column] = field(init=False, repr=False, compare=False)
    _translate: Mapping[str, Translate] = field(init=False, repr=False, compare=False)
    _created: tuple[tuple[str, int, Translate], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the tables."""
        firsts = _firsts(self.columns)
        translate = {column.name: translator(column) for column in self.columns}
        created = [column for column in self.columns if column.flow is not Flow.OFF]
        for name, table in {
            "owned_fields": tuple(column.name for column in self.columns),
            "created_fields": tuple(c.name for c in created),
            "known_fields": frozenset(SYNCED_FIELDS) | {column.name for column in self.columns},
            "more_columns": tuple(c.name for c in self.columns if c.name not in OWNED_FIELDS),
            "sent_notes": sent_notes(self.lineage, self.notes),
            "sources": Sources.of(tuple(firsts.values())),
            "needs_reference": self.title_from is TitleFrom.REFERENCE
            or (False, "reference") in firsts,
            "copies": tuple(
                (c.name, firsts[c.is_custom, c.source].name)
                for c in self.columns
                if c.source and firsts[c.is_custom, c.source] is not c
            ),
            "_column": {column.name: column for column in self.columns},
            "_translate": translate,
            "_created": tuple((c.name, longest_kept(c), translate[c.name]) for c in created),
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

    def to_new_local(
        self, values: Mapping[str, str | None]
    ) -> tuple[dict[str, str | None], list[str]]:
        """QContact's own fields of a new ticket: the columns that can hold them, and warnings."""
        writes: dict[str, str | None] = {}
        warnings: list[str] = []
        for name, longest, translate in self._created:
            value = values.get(name)
            # As `translate` has most texts, without its calls: there are millions.
            if (longest >= 0) if value is None else (len(value) <= longest):
                writes[name] = value
                continue
            mapped = translate(value)
            if mapped.fits:
                writes[name] = mapped.value
            if mapped.warning:
                warnings.append(mapped.warning)
        return writes, warnings

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
