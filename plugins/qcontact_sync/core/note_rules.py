"""Which of FibreFlow's notes are sent: by type and, in a lineage that has it, by visibility."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class NoteFate(StrEnum):
    """What the sync does with a FibreFlow note."""

    PUBLIC = "public"
    INTERNAL = "internal"
    KEEP = "keep"


NoteFates = Mapping[str, NoteFate]
"""By the word that decides; a word that is not there is kept."""
SYSTEM = "system"
"""Notes of this type are never sent."""
TYPES = ("client", "internal")
VISIBILITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"maintenance": ("public", "private")}
)
"""By lineage. A word for a note's type counts before one for its visibility."""
_OTHER_TYPE = "other"


@dataclass(frozen=True, slots=True)
class SentNotes:
    """The notes that are sent, by ``note_type`` as the lineage's select of notes gives it.

    Attributes:
        public: Those that are sent as public.
        internal: Those that are sent as internal.
    """

    public: tuple[str, ...] = ()
    internal: tuple[str, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """All that are sent, as public or internal notes."""
        return frozenset((*self.public, *self.internal))


def note_words(lineage: str) -> tuple[str, ...]:
    """The words by which a mapping can decide."""
    return (*VISIBILITIES.get(lineage, ()), *TYPES)


def internal_word(lineage: str) -> str:
    """The word for notes that staff write for themselves."""
    return "private" if lineage in VISIBILITIES else "internal"


def sent_notes(lineage: str, fates: NoteFates) -> SentNotes:
    """The kinds of notes that are sent to QContact, as public or as internal ones."""
    by_kind = dict(_fates_by_kind(lineage, fates))
    return SentNotes(
        tuple(kind for kind, fate in by_kind.items() if fate is NoteFate.PUBLIC),
        tuple(kind for kind, fate in by_kind.items() if fate is NoteFate.INTERNAL),
    )


def _fates_by_kind(lineage: str, fates: NoteFates) -> Iterator[tuple[str, NoteFate | None]]:
    if lineage not in VISIBILITIES:
        yield from ((word, fates.get(word)) for word in TYPES)
        return
    # The application may have further types: their visibility decides.
    for word in (*TYPES, _OTHER_TYPE):
        for visibility in VISIBILITIES[lineage]:
            yield f"{word}.{visibility}", fates.get(word) or fates.get(visibility)


BUILT_IN_FATES: NoteFates = MappingProxyType({"client": NoteFate.PUBLIC, "internal": NoteFate.KEEP})
SENT = sent_notes("fibreflow", BUILT_IN_FATES)
"""Those of the built-in rules."""
