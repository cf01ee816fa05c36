"""FibreFlow's tables as a database has them, and what the sync needs of them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostColumn:
    """A column of FibreFlow's database, as its catalogue describes it.

    Attributes:
        type: As PostgreSQL writes it.
        category: PostgreSQL's letter: S text, D dates, N numbers, G shapes, U others, E enums.
        room: Characters that it takes; None for any number.
        is_required: It must be filled, and has no default.
        is_generated: The database fills it.
        is_computed: The view computes it.
        words: Those that its CHECK or its enum takes; None for any.
    """

    name: str
    type: str
    category: str
    room: int | None = None
    is_required: bool = False
    is_generated: bool = False
    is_computed: bool = False
    words: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class HostTable:
    """A table or view of FibreFlow's database, as its catalogue describes it.

    Attributes:
        name: As a person writes it.
        kind: ``table``, ``partitioned table``, ``view``, ``materialized view``, ``foreign table``.
        is_writable: It takes inserts and updates, by itself or by its triggers.
        triggers: Names of the enabled ones.
        rules: Names of those on INSERT and UPDATE.
        checks: Names of CHECKs that do not list the words of one column.
    """

    name: str
    kind: str
    columns: Mapping[str, HostColumn]
    is_writable: bool = True
    triggers: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """A column that the sync's statements name.

    Attributes:
        categories: Letters of the types that it may have.
        rights: What is done to it beside reading: ``i`` inserted, ``u`` updated.
        room: The most characters that the sync must get into it; 0 for any number of which a
            shorter column has to take what it can.
        field: What the mapping calls it, where that is another name.
    """

    column: str
    categories: str
    rights: str = ""
    room: int = 0
    field: str = ""

    @property
    def name(self) -> str:
        """What the mapping calls it."""
        return self.field or self.column


Catalogue = Mapping[str, HostTable]
"""By the table's usual name; one that is not there is no key."""
Needs = Mapping[str, tuple[Need, ...]]
"""By the table's usual name."""
