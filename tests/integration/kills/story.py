"""People at work on both sides of a sync, and the counting of what became of it."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from qcontact_sync.core.built_in import ENTITIES, TICKETS

from dev.demo.counting import repeated_changes
from tests.integration.sync_world import World

TICKET_COUNT = 40
EVERY_S = 0.25
REMOTE_STATUSES = {
    "tickets": ("Open", "Assigned", "In Progress", "In Review", "Solved", "Closed", "New"),
    "entities": ("Open", "Assigned", "InProgress", "InReview", "Reviewed", "Solved"),
}
MAPPINGS = {"tickets": TICKETS, "entities": ENTITIES}
LOCAL_STATUSES = ("open", "assigned", "in_progress", "pending_qa", "resolved")
PHASES = ("before its record", "inbound", "outbound", "after its work", "already over")


@dataclass
class Tally:
    """What was done to the sync, and what came of it."""

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    restarts: int = 0
    meetings: int = 0
    pauses: int = 0
    edits: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    sent_twice: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kills = ", ".join(f"{self.kills[phase]} {phase}" for phase in PHASES if self.kills[phase])
        return (
            f"{self.runs} runs, {sum(self.kills.values())} kills ({kills}), {self.cuts} cut "
            f"connections, {self.restarts} restarts of PostgreSQL, {self.meetings} times two runs "
            f"at once, {self.pauses} pauses beyond the lease, {self.edits} edits: "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, "
            f"{len(self.sent_twice)} sent twice, {len(self.untrue)} untrue records"
        )


class Story:
    """A seeded sequence of edits; the same seed edits the same things."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.tally = Tally()
        self._pick = random.Random(seed)
        self._statuses = REMOTE_STATUSES[world.sandbox.dialect]
        self._mapping = MAPPINGS[world.sandbox.dialect]
        self._titles: dict[str, str] = {}
        self._last_there: dict[str, str] = {}
        self._last_here: dict[str, str] = {}
        self._notes: dict[str, list[str]] = {}
        for _ in range(TICKET_COUNT):
            self._notes[world.add_ticket(status="Open")] = []
        world.run()

    # --- people

    def edit(self, count: int) -> None:
        """So many edits, on either side."""
        for _ in range(count):
            self._edit_one(self._retitle, self._move_there, self._move_here, self._note)

    def edit_for(self, seconds: float) -> None:
        """Edits all that time, while a run works: not of the field that it may just be sending."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._edit_one(self._retitle, self._move_here, self._note)
            time.sleep(min(left, EVERY_S))

    def _edit_one(self, *deeds: Callable[[str], None]) -> None:
        self._pick.choice(deeds)(self._pick.choice(sorted(self._notes)))
        self.tally.edits += 1

    def _retitle(self, ticket: str) -> None:
        self._titles[ticket] = f"Title {self.tally.edits}"
        self.world.edit(ticket, title=self._titles[ticket])

    def _move_there(self, ticket: str) -> None:
        self._last_there[ticket] = self._pick.choice(self._statuses)
        self.world.edit(ticket, status=self._last_there[ticket])

    def _move_here(self, ticket: str) -> None:
        self._last_here[ticket] = self._pick.choice(LOCAL_STATUSES)
        self.world.set_local(ticket, status=self._last_here[ticket])

    def _note(self, ticket: str) -> None:
        text = f"Note {self.tally.edits}"
        self._notes[ticket].append(text)
        self.world.add_note(ticket, text)

    # --- counting

    def count(self) -> Tally:
        """Let it be quiet, run twice, and count both sides."""
        self.world.qcontact.faults.clear()
        self.world.make_due()
        for _ in range(2):
            self.world.run()
            self.tally.runs += 1
        for ticket in self._notes:
            self._count_ticket(ticket)
        self.tally.sent_twice += repeated_changes(self.world.qcontact.journal)
        self._count_record()
        self._count_stillness()
        return self.tally

    def _count_ticket(self, ticket: str) -> None:
        rows = self.world.rows("SELECT * FROM tickets WHERE external_id = %s", ticket)
        if not rows:
            self.tally.lost.append(f"{ticket}: its row")
            return
        if len(rows) > 1:
            self.tally.doubled.append(f"{ticket}: {len(rows)} rows")
        here, there = rows[0], self.world.remote(ticket)
        if not there["title"] == here["title"] == self._titles.get(ticket, "No light"):
            self.tally.lost.append(f"{ticket}: title")
        if not self._waits_for_a_person(ticket):
            self._count_status(ticket, here["status"], there["status"])
        self._count_notes(ticket)

    def _waits_for_a_person(self, ticket: str) -> bool:
        return any(
            conflict["kind"] == "needs_you" and conflict["resolved_at"] is None
            for conflict in self.world.conflicts()
            if conflict["remote_id"] == ticket
        )

    def _count_status(self, ticket: str, here: str, there: str) -> None:
        """It is the same on both sides: the last that somebody chose on one of them, or what a
        killed run sent without a record, which counts as QContact's; then FibreFlow's is kept.
        """
        mine, theirs = self._last_here.get(ticket), self._last_there.get(ticket, "Open")
        same = self._mapping.is_same_status
        is_chosen = there == theirs or same(here, theirs)
        is_chosen |= mine is not None and (here == mine or same(mine, there))
        is_chosen |= (
            mine is not None and self._is_kept(ticket, mine) and self._was_sent(ticket, there)
        )
        if not (is_chosen and same(here, there)):
            self.tally.lost.append(
                f"{ticket}: {here} here (last chosen: {mine}), {there} there ({theirs})"
            )

    def _is_kept(self, ticket: str, mine: str) -> bool:
        """Whether FibreFlow's value lost and is on record."""
        return any(
            (row["field"], row["loser"], row["local_value"]) == ("status", "local", mine)
            for row in self.world.conflicts()
            if row["remote_id"] == ticket
        )

    def _was_sent(self, ticket: str, there: str) -> bool:
        return any(
            entry.by == "api" and entry.outcome == "applied" and there in str(entry.body)
            for entry in self.world.qcontact.journal
            if ticket in entry.ticket_ids
        )

    def _count_notes(self, ticket: str) -> None:
        arrived = Counter(self.world.notes_at(ticket))
        for text in self._notes[ticket]:
            if not arrived[text]:
                self.tally.lost.append(f"{ticket}: {text}")
            if arrived[text] > 1:
                self.tally.sent_twice.append(f"{ticket}: {text}")

    def _count_record(self) -> None:
        for run in self.world.history():
            if run["status"] == "running":
                self.tally.untrue.append(f"run {run['id']} never ended")
        created = Counter(
            row["qcontact_ticket_id"] for row in self.world.audit() if row["sync_type"] == "create"
        )
        if set(created.values()) != {1} or len(created) != TICKET_COUNT:
            self.tally.untrue.append("creations and their audit rows differ")
        sent = sum(row["sync_type"] == "status_update" and row["sync_direction"] == "outbound"
                   and row["status"] == "success" for row in self.world.audit())  # fmt: skip
        if sent > len(self.world.patches()):
            self.tally.untrue.append("more changes on record than were sent")

    def _count_stillness(self) -> None:
        rows, sent = self.world.tickets_snapshot(), len(self.world.sent())
        self.world.run()
        if self.world.tickets_snapshot() != rows or len(self.world.sent()) != sent:
            self.tally.untrue.append("a run with nothing to do wrote something")
