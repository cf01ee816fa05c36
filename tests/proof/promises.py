"""The promises of docs/guarantees.md as checks of a `FakeWorld`."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from qcontact_sync.core.mapping import is_same_person
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    STATUS,
    TWO_WAY_FIELDS,
    Direction,
    JobId,
    RemoteId,
)
from qcontact_sync.core.rules import status_key
from qcontact_sync.core.stats import Counts
from qcontact_sync.sync.choosing import ChosenTicket

from tests.fakes.fake_qcontact import NEW_TICKET, is_theirs
from tests.fakes.fake_world import ACCOUNT, PERSON, Engine, FakeWorld
from tests.proof.edit_history import EditHistory

OWNED = ("title", "description")
WATCHED = (*TWO_WAY_FIELDS, *OWNED)


@dataclass
class Promises:
    """Watches a world from its beginning.

    Attributes:
        broken: What did not hold, in words; the sync itself is not disturbed by it.
        adopted: How many rows were there before the sync.
    """

    world: FakeWorld
    history: EditHistory = field(default_factory=EditHistory)
    broken: list[str] = field(default_factory=list)
    adopted: int = 0
    _cursor: datetime | None = None
    _unrecorded: dict[tuple[RemoteId, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        there, here = self.world.qcontact, self.world.fibreflow
        there.edited = here.edited = self.history.add
        there.sync_wrote, here.sync_wrote = self._wrote_there, self._wrote_here
        here.agreed, here.cursor_moved = self._agreed, self._cursor_moved

    # --- nothing is lost, nothing goes backwards: looked at whenever the sync writes

    def _wrote_there(self, i: RemoteId, name: str, new: int, old: int, value: str | None) -> None:
        base = self.world.fibreflow.links[i].link.base.remote.get(name)
        is_as_agreed = _key(name, base) == _key(name, value)
        # What is not recorded is sent once more, where the call centre put the field back.
        if not (is_as_agreed and self._unrecorded.get((i, name)) == new):
            self._wrote("remote", i, name, new, old, value, is_as_agreed)
        self._unrecorded[i, name] = new

    def _wrote_here(
        self, i: RemoteId, name: str, new: int, old: int, value: str | None, base: str | None
    ) -> None:
        self._wrote("local", i, name, new, old, value, value == base)

    def _wrote(
        self,
        side: str,
        i: RemoteId,
        name: str,
        new: int,
        old: int,
        value: str | None,
        is_as_agreed: bool,
    ) -> None:
        """Args: `is_as_agreed`: what is overwritten came back to what it was, net of all."""
        if name not in WATCHED or old == new:
            return
        here = self.world.fibreflow
        # A conflict that a person has decided keeps both values.
        is_kept = any(
            c.remote_id == i and c.field == name and (c.loser == side or number in here.decided)
            and (c.local if side == "local" else c.remote) == value
            for number, c in enumerate(here.conflicts)
        )  # fmt: skip
        # Ended between QContact's answer and its own commit, a run has not recorded what it sent.
        is_unrecorded = side == "local" and self._unrecorded.get((i, name)) == new
        if self.history.came_after(old, new):
            if not (is_kept or is_unrecorded):
                self._break(f"{i}.{name}: {new} replaced {old}, which came after it ({side})")
            return
        is_overruled = name in TWO_WAY_FIELDS and not self.history.came_after(new, old)
        if is_overruled and not (is_kept or is_as_agreed):
            self._break(f"{i}.{name}: {old} was overruled by {new} and not kept ({side})")
        self.history.add(old, new)

    def _agreed(self, here: int, there: int) -> None:
        self.history.agree(here, there)
        self._unrecorded = {
            key: number for key, number in self._unrecorded.items() if number != there
        }

    # --- the cursor: looked at whenever a stretch is settled

    def _cursor_moved(self, job_id: JobId, moment: datetime) -> None:
        here, there = self.world.fibreflow, self.world.qcontact
        run = here.runs[job_id]
        cursor = here.cursors.get(ACCOUNT, (None,))[0]
        if self._cursor is not None and (cursor is None or cursor < self._cursor):
            self._break("the cursor moved back")
        if cursor != self._cursor and not run.window.moves_cursor:
            self._break("a run moved the cursor that must not")
        self._cursor = cursor
        if not run.window.moves_cursor:
            return
        for i, ticket in there.tickets.items():
            is_late = there.lagged.get(i) == ticket.changed_s
            is_due = ticket.changed_s < run.began_s and not (ticket.is_deleted or is_late)
            if is_due and self._is_shown(i, moment) and not self._is_settled(i):
                self._break(f"the cursor passed {i}, which is not settled")

    def _is_shown(self, i: RemoteId, moment: datetime) -> bool:
        """Whether who reads all that is before this instant sees the ticket's last change."""
        return self.world.qcontact.tickets[i].updated_at < moment

    def _fields_shown(self) -> Collection[str]:
        """The fields of which every change is seen by the next run."""
        return NEW_TICKET

    def _is_settled(self, i: RemoteId) -> bool:
        here = self.world.fibreflow
        if (i, Direction.INBOUND) in here.quarantine or i in self.world.qcontact.malformed:
            return True
        if (known := here.links.get(i)) is None:
            return False
        link, row = known.link, here.row_of(i)
        return row is None or all(
            _key(name, link.base.remote.get(name)) == _key(name, value)
            or name in link.frozen
            or row.values.get(name) != link.base.local.get(name, row.values.get(name))
            for name, value in self.world.qcontact.tickets[i].values.items()
            if name in self._fields_shown()
        )

    # --- after every step

    def check(self) -> None:
        """Whatever the sync was in the middle of."""
        here, there = self.world.fibreflow, self.world.qcontact
        linked = Counter(known.link.ticket_id for known in here.links.values())
        self._none(i for i, times in linked.items() if times > 1)
        created = [a[0] for a in here.audit if a[1:3] == (Direction.INBOUND, "create")]
        made = Counter(i for i in created if i in here.links)
        self._none(f"{i} made {times} times" for i, times in made.items() if times > 1)
        for i, notes in there.notes.items():
            copies = Counter(note.content for note in notes)
            self._none(f"{i}: {n} copies of {text}" for text, n in copies.items() if n > 1)
        mine = Counter((note.ticket_id, note.content) for note in here.notes.values())
        self._none(f"{n} copies here of {text}" for (_, text), n in mine.items() if n > 1)
        if len(here.tickets) - self.adopted != self._sum().created:
            self._break(
                f"{len(here.tickets) - self.adopted} rows made, {self._sum().created} counted"
            )
        assert not self.broken, self.broken

    def check_run(self, engine: Engine, audited: int, written: int) -> None:
        """What one run, that nobody killed, left on record."""
        here, there = self.world.fibreflow, self.world.qcontact
        stats = engine.stats.get(Direction.OUTBOUND)
        if stats is not None and stats.is_complete:
            audited_ids = {row[0] for row in here.audit[audited:] if row[1] is Direction.OUTBOUND}
            self._none(f"{i} was sent and not recorded" for i, *_ in there.writes[written:]
                       if i not in audited_ids)  # fmt: skip
        for way, row in here.directions.items():
            if min(row.counts.failed, row.counts.skipped, row.counts.successful) < 0:
                self._break(f"{way}: {row.counts}")

    def check_decided(self, chosen: Sequence[ChosenTicket], known: int) -> None:
        """Each field that a person decided is on record once, with the name.

        Args:
            known: How many decisions there were before.
        """
        here = self.world.fibreflow
        newest = list(here.decided)[known:]
        decided = [(ticket.remote_id, c.field) for ticket in chosen for c in ticket.decided]
        listed = [(here.conflicts[n].remote_id, here.conflicts[n].field) for n in newest]
        if sorted(listed) != sorted(decided):
            self._break(f"{decided} decided, {listed} on record")
        if {here.decided[number][1] for number in newest} - {PERSON}:
            self._break("a decision without the name of who decided")

    def _sum(self) -> Counts:
        return sum((row.counts for row in self.world.fibreflow.directions.values()), Counts())

    # --- once it is quiet

    def check_agreement(self) -> None:
        """Both sides hold the same, every note is there once, every run has its end."""
        here, there = self.world.fibreflow, self.world.qcontact
        running = [run.key.run_id for run in here.runs.values() if run.status == "running"]
        if running:
            self._break(f"{running} never ended")
        for i, ticket in there.tickets.items():
            if not (ticket.is_deleted or self._waits(i)):
                self._check_ticket(i)
        assert not self.broken, self.broken

    def _waits(self, i: RemoteId) -> bool:
        """In quarantine, it is on record instead."""
        return any((i, way) in self.world.fibreflow.quarantine for way in Direction)

    def _check_ticket(self, i: RemoteId) -> None:
        here, shown = self.world.fibreflow, self.world.qcontact.tickets[i].values
        row = here.row_of(i)
        if row is None:
            self._check_missing(i)
            return
        apart = here.links[i].link.frozen | self._apart_when_linked(i)
        if STATUS not in apart and not self._is_status_same(row.values[STATUS], shown[STATUS]):
            self._break(f"{i}: {row.values[STATUS]} here, {shown[STATUS]} there")
        if ASSIGNED_TO not in apart and not self._is_person_same(i, row.values[ASSIGNED_TO]):
            self._break(f"{i}: assigned to {row.values[ASSIGNED_TO]}, there {shown[ASSIGNED_TO]}")
        for name in OWNED:
            if row.values.get(name) != shown[name]:
                self._break(f"{i}: {name} {row.values.get(name)} here, {shown[name]} there")
        self._check_notes(i)

    def _check_missing(self, i: RemoteId) -> None:
        self._break(f"{i} never came")

    def _apart_when_linked(self, i: RemoteId) -> set[str]:
        """Fields on which the sides differed when an old row was linked, and that nobody moved."""
        here, there = self.world.fibreflow.row_of(i), self.world.qcontact.tickets[i]
        return {
            c.field
            for c in self.world.fibreflow.conflicts
            if c.remote_id == i
            and (c.kind, c.loser) == ("settled", None)
            and (here.values[c.field], there.values[c.field]) == (c.local, c.remote)
        }

    def _is_status_same(self, here: str | None, there: str | None) -> bool:
        mapping = self.world.qcontact.mapping
        return mapping.to_local_status(there) is None or mapping.is_same_status(here, there)

    def _is_person_same(self, i: RemoteId, here: str | None) -> bool:
        people, there = self.world.fibreflow.people(), self.world.qcontact.tickets[i].values
        name = there[ASSIGNED_TO]
        is_known = name is None or name in people.id_by_name
        return not is_known or is_same_person(here, name, people)

    def _check_notes(self, i: RemoteId) -> None:
        here = self.world.fibreflow
        there = self.world.qcontact
        arrived = {note.content for note in there.notes[i]}
        row, reads = here.row_of(i), here.links[i].notes_reads
        # A ticket that was finished when it was created is asked about when it is listed again.
        is_unread = not reads and there.mapping.is_terminal(row.values[STATUS])
        theirs_unread = {i} if is_unread or i in there.unlisted else set()
        missing = {n.content for n in there.notes[i] if is_theirs(n)} - {
            n.content for n in here.notes.values() if n.ticket_id == here.links[i].link.ticket_id
        }
        if missing and not theirs_unread:
            self._break(f"{i}: {missing} never came")
        for note_id, note in here.notes.items():
            if note.ticket_id != here.links[i].link.ticket_id:
                continue
            known = here.known_notes.get(note_id)
            if known is not None and known.state == "received":
                if known.is_taken_back is (note.content in arrived) and i not in theirs_unread:
                    self._break(f"{i}: note {note.content}, taken back: {known.is_taken_back}")
                continue
            is_before = known is not None and known.state == "before_link"
            if (note.content in arrived) != (note.note_type == "client" and not is_before):
                self._break(f"{i}: note {note.content} ({note.note_type})")

    def _none(self, wrong: Iterator[object]) -> None:
        self.broken += [str(one) for one in wrong]

    def _break(self, what: str) -> None:
        self.broken.append(what)


def _key(name: str, value: str | None) -> str | None:
    return status_key(value) if name == STATUS else value
