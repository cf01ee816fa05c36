"""Count both sides after crashes: lost edits, doubled edits, edits that were sent twice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sandbox.world import Entry


@dataclass(frozen=True, slots=True)
class Change:
    """One edit by a user, and how each side shows it after the sync.

    Attributes:
        ticket: QContact's id.
        field: ``title``, ``status`` or ``note``.
        here: What FibreFlow shows; of a note its text.
        there: What QContact shows; of a status in any spelling.
    """

    ticket: str
    field: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class BothSides:
    """The present state of both sides.

    Attributes:
        here: FibreFlow's rows by QContact's id; more than one is one too many.
        there: QContact's tickets by id.
        notes: The texts of QContact's notes by ticket.
        journal: Every write that QContact was asked for, oldest first.
    """

    here: Mapping[str, Sequence[Mapping[str, object]]]
    there: Mapping[str, Mapping[str, object]]
    notes: Mapping[str, Sequence[str]]
    journal: Sequence[Entry]

    def shows_here(self, change: Change) -> bool:
        """Whether FibreFlow has it; a note has been there from the start."""
        rows = self.here.get(change.ticket, ())
        if change.field == "note":
            return bool(rows)
        return any(row[change.field] == change.here for row in rows)

    def shows_there(self, change: Change) -> bool:
        if change.field == "note":
            return change.there in self.notes.get(change.ticket, ())
        shown = self.there.get(change.ticket, {}).get(change.field)
        if change.field == "status":
            return _folded(shown) == _folded(change.there)
        return shown == change.there


@dataclass(frozen=True, slots=True)
class Tally:
    """The findings, each with its ticket."""

    lost: Sequence[str]
    doubled: Sequence[str]
    sent_twice: Sequence[str]

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.sent_twice)

    def __str__(self) -> str:
        return (
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.sent_twice)} sent twice"
        )

    def findings(self) -> list[str]:
        """One line per finding."""
        kinds = {"lost": self.lost, "doubled": self.doubled, "sent twice": self.sent_twice}
        return [f"{kind}: {what}" for kind, found in kinds.items() for what in found]


def count(changes: Sequence[Change], sides: BothSides) -> Tally:
    """Count the effects of ``changes``; each must be the last change of its field."""
    tickets = sorted({change.ticket for change in changes})
    return Tally(
        lost=[
            f"{change.field} of {change.ticket}"
            for change in changes
            if not (sides.shows_here(change) and sides.shows_there(change))
        ],
        doubled=[ticket for ticket in tickets if len(sides.here.get(ticket, ())) > 1],
        sent_twice=[
            *repeated_changes(sides.journal),
            *(
                f"note to {ticket}"
                for ticket in tickets
                for times in Counter(sides.notes.get(ticket, ())).values()
                if times > 1
            ),
        ],
    )


def repeated_changes(journal: Iterable[Entry]) -> list[str]:
    """Changes that QContact applied a second time without a different write in between."""
    last: dict[str, object] = {}
    found = []
    for entry in journal:
        for ticket in entry.ticket_ids:
            if entry.by == "agent":
                last.pop(ticket, None)
            elif entry.method == "PATCH" and entry.outcome == "applied":
                if last.get(ticket) == entry.body:
                    found.append(f"{entry.body} to {ticket}")
                last[ticket] = entry.body
    return found


def _folded(status: object) -> str:
    return str(status).casefold().translate(str.maketrans("", "", " -_"))
