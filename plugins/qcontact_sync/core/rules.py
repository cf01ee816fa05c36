"""The parts of a `TicketMapping`: statuses, people, notes, titles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from qcontact_sync.core.model import People


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
        spellings: QContact's words as people know them, by `status_key`.
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
    spellings: Mapping[str, str] = field(default_factory=dict)
    writable: frozenset[str] | None = None

    def is_final(self, word: str | None) -> bool:
        """Whether QContact takes no change of status of a ticket in this one."""
        return status_key(word) in self.final


class TitleFrom(StrEnum):
    """What a ticket's title is made of."""

    LABEL = "label"
    """The subject; without one, the reference."""
    REFERENCE = "reference"
    """The case reference; the subject stands above the description, where there is one."""


class UidRule(StrEnum):
    """What a new ticket's ``ticket_uid`` is."""

    REFERENCE = "reference"
    """The case reference where it is free, else the next ``FT`` number."""
    DAILY = "daily"
    """``VF-YYYYMMDD-NNN`` from the application's own counter; not in every lineage."""


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
        takes_ids: QContact is sent ids, not names: only ``people`` can be sent, and nobody only
            as ``unassigned``.
    """

    people: tuple[Person, ...] = ()
    queues: frozenset[str] = frozenset()
    unassigned: str | None = None
    takes_ids: bool = False

    @property
    def can_be_sent(self) -> bool:
        """Whether there is an assignment that QContact would take."""
        return not self.takes_ids or any(person.remote_id for person in self.people)

    def has_counterpart(self, user: str | None) -> bool:
        """Whether an assignment to this user, or to nobody, can be sent to QContact."""
        if not self.takes_ids:
            return True
        if user is None:
            return self.unassigned is not None
        return any(person.user == user and person.remote_id for person in self.people)

    def remote_id_of(self, name: str | None) -> str | None:
        """QContact's id of a person by name, or of nobody; None if it has none."""
        if name is None:
            return self.unassigned
        return next((p.remote_id for p in self.people if p.name == name), None)

    def assignee(self, remote_id: str | None, name: str | None) -> str | None:
        """Whom a ticket is assigned to: by the id where the mapping knows it, else by the name."""
        if not (self.people or self.queues):
            return name
        if remote_id in self.queues or name in self.queues:
            return None
        return next((p.name for p in self.people if remote_id and p.remote_id == remote_id), name)

    def laid_over(self, people: People) -> People:
        """FibreFlow's users, known by the names that QContact has for them."""
        if not self.people:
            return people
        by_name = {person.name: person.user for person in self.people}
        mapped = set(by_name.values())
        others = {
            name: user
            for name, user in people.id_by_name.items()
            if name not in by_name and user not in mapped
        }
        names = {person.user: person.name for person in self.people}
        return People({**people.name_by_id, **names}, {**others, **by_name})
