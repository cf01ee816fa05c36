"""People at work on both sides, a sync that is killed again and again, and the counting."""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

import psycopg
from program import running
from qcontact_sync.core.mapping import TICKETS_WORDS
from qcontact_sync.core.sameness import is_same_status
from sync_world import World

TICKETS = 40
REMOTE_STATUSES = ("Open", "Assigned", "In Progress", "In Review", "Solved", "Closed", "New")
LOCAL_STATUSES = ("open", "assigned", "in_progress", "pending_qa", "resolved")
LIFE_S = (0.5, 3.0)
PHASES = ("before its record", "inbound", "outbound", "after its work", "already over")
_AT_RANDOM = ("drop", "lose_answer", "cut_body")


@dataclass
class Tally:
    """What was done to the sync, and what came of it."""

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
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
            f"connections, {self.pauses} pauses beyond the lease, {self.edits} edits: "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, "
            f"{len(self.sent_twice)} sent twice, {len(self.untrue)} untrue records"
        )


class Story:
    """A seeded sequence of edits and accidents; the same seed edits the same things."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.tally = Tally()
        self._pick = random.Random(seed)
        self._titles: dict[str, str] = {}
        self._notes: dict[str, list[str]] = {}
        for _ in range(TICKETS):
            self._notes[world.add_ticket(status="Open")] = []
        world.run()

    # --- people

    def edit(self, count: int) -> None:
        """So many edits, on either side."""
        for _ in range(count):
            ticket = self._pick.choice(sorted(self._notes))
            deed = self._pick.choice((self._retitle, self._move_there, self._move_here, self._note))
            deed(ticket)
            self.tally.edits += 1

    def _retitle(self, ticket: str) -> None:
        self._titles[ticket] = f"Title {self.tally.edits}"
        self.world.edit(ticket, title=self._titles[ticket])

    def _move_there(self, ticket: str) -> None:
        self.world.edit(ticket, status=self._pick.choice(REMOTE_STATUSES))

    def _move_here(self, ticket: str) -> None:
        self.world.set_local(ticket, status=self._pick.choice(LOCAL_STATUSES))

    def _note(self, ticket: str) -> None:
        text = f"Note {self.tally.edits}"
        self._notes[ticket].append(text)
        self.world.add_note(ticket, text)

    # --- accidents

    def kill_a_run(self) -> None:
        """Start a real run and kill it (-9) at a random moment of its life."""
        self.world.pass_time(400)
        with running(self.world, connections=2, retry_budget_s=1) as program:
            self.tally.runs += 1
            time.sleep(self._pick.uniform(*LIFE_S))
            phase = "already over" if program.poll() is not None else self._phase()
            program.kill()
            program.ended()
        self.tally.kills[phase] += 1

    def _phase(self) -> str:
        rows = self.world.rows(
            "SELECT run.job_id, job.status, count(done.direction) AS begun,"
            " count(done.completed_at) AS ended FROM qcontact_run AS run"
            " JOIN sync_job_history AS job ON job.id = run.job_id"
            " LEFT JOIN qcontact_run_direction AS done ON done.job_id = run.job_id"
            " WHERE run.opened_at > now() - interval '20 seconds' AND job.status = 'running'"
            " GROUP BY 1, 2, run.opened_at ORDER BY run.opened_at DESC LIMIT 1"
        )
        if not rows:
            return "before its record"
        begun, ended = rows[0]["begun"], rows[0]["ended"]
        return "after its work" if ended == 2 else "outbound" if begun == 2 else "inbound"

    def cut_connections(self) -> None:
        """Of a real run: those to the database, and a few answers of QContact."""
        self.world.pass_time(400)
        for _ in range(3):
            after = self._pick.randrange(12)
            self.world.qcontact.faults.add(do=self._pick.choice(_AT_RANDOM), after=after)
        with running(self.world, connections=2, retry_budget_s=1) as program:
            self.tally.runs += 1
            time.sleep(self._pick.uniform(0.8, 2.5))
            self._terminate_backends()
            program.ended()
        self.tally.cuts += 1

    def _terminate_backends(self) -> None:
        with psycopg.connect(self.world.database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def pause_beyond_the_lease(self) -> None:
        """A run sleeps, another one waits until its lease is over, and works; it wakes."""
        self.world.pass_time(400)
        with running(self.world, connections=2, retry_budget_s=1) as program:
            self.tally.runs += 2
            time.sleep(self._pick.uniform(0.8, 1.8))
            program.send_signal(signal.SIGSTOP)
            self.world.run()
            program.send_signal(signal.SIGCONT)
            program.ended()
        self.tally.pauses += 1

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
        self._count_record()
        self._count_stillness()
        return self.tally

    def _count_ticket(self, ticket: str) -> None:
        rows = self.world.rows("SELECT * FROM tickets WHERE external_id = %s", ticket)
        if len(rows) != 1:
            self.tally.doubled.append(f"{ticket}: {len(rows)} rows")
        here, there = rows[0], self.world.remote(ticket)
        if not there["title"] == here["title"] == self._titles.get(ticket, "No light"):
            self.tally.lost.append(f"{ticket}: title")
        waits = self.world.rows(
            "SELECT 1 FROM qcontact_conflict WHERE remote_id = %s AND kind = 'needs_you'"
            " AND resolved_at IS NULL",
            ticket,
        )
        if not waits and not is_same_status(here["status"], there["status"], TICKETS_WORDS):
            self.tally.lost.append(f"{ticket}: {here['status']} here, {there['status']} there")
        self._count_notes(ticket)
        self._count_writes(ticket)

    def _count_writes(self, ticket: str) -> None:
        """The same change applied again, with nothing between that could have undone it."""
        last = None
        for entry in self.world.qcontact.journal:
            if ticket not in entry.ticket_ids:
                continue
            if entry.by == "agent":
                last = None
            elif entry.method == "PATCH" and entry.outcome == "applied":
                if entry.body == last:
                    self.tally.sent_twice.append(f"{ticket}: {last}")
                last = entry.body

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
        if set(created.values()) != {1} or len(created) != TICKETS:
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
