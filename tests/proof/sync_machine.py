"""People on both sides, clocks, faults, deaths and meetings in any order, and the real engine."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from qcontact_sync.core.model import RemoteId, Window
from qcontact_sync.core.windows import Trigger

from tests.fakes.fake_world import FakeWorld
from tests.proof.promises import Promises

THERE = (
    "New", "Open", "Assigned", "In Progress", "Escalated", "In Review", "Reviewed", "Solved",
    "Closed", "Cancelled", "Weird",
)  # fmt: skip
HERE = (
    "open", "assigned", "in_progress", "qa_rejected", "pending_qa", "qa_approved",
    "handed_to_ops", "resolved", "closed", "cancelled",
)  # fmt: skip
NAMES = (None, "Ann Nel", "Bob Dlamini", "Sam Twin", "A Stranger")
JUMPS_S = (-7200, -3600, -61, -1, 1, 61, 3600, 7200)
# How long ago the last run was is told by the database's clock alone: it does not go back by more
# than the overlap while QContact's does (docs/guarantees.md).
DATABASE_JUMPS_S = (-10, -1, 1, 61, 3600, 7200)
TICKETS = 5
PARAMS = ({}, {}, {"sync_direction": "inbound"}, {"sync_direction": "outbound"},
          {"force_resync": True})  # fmt: skip
FAULTS = ("error", "unheard", "lost", "empty", "conflict", "")

which = st.integers(0, TICKETS - 1)
seconds = st.sampled_from((0.2, 1, 3, 61, 400, 4000))
steps = st.integers(0, 45)
sides = st.sampled_from(("local", "remote"))
delays = st.lists(st.integers(0, 6), min_size=1, max_size=5)


@dataclass
class Tally:
    """How many stories ended well so far, their steps, and the runs of the sync in them."""

    stories: int = 0
    deeds: int = 0
    runs: int = 0

    def __str__(self) -> str:
        return f"{self.stories} stories, {self.deeds} steps, {self.runs} runs"


class SyncMachine(RuleBasedStateMachine):
    """One account and its database.

    Attributes:
        quiet_s: After so long without an edit, all that changed has come in.
    """

    tally = Tally()
    quiet_s = 9 * 86_400

    @initialize()
    def open_up(self) -> None:
        world = FakeWorld()
        self._open(world, Promises(world))

    def _open(self, world: FakeWorld, promises: Promises) -> None:
        self.world = world
        self.promises = promises
        self.titles = 0
        self.done = 0
        self.users = [None, *map(self.world.fibreflow.add_user, NAMES[1:4])]
        self.users += [self.world.fibreflow.add_user(name) for name in ("Sam Twin", None)]
        self.open_edits = {}
        self.killed = None
        self.ahead_s = 0.0
        self.add_ticket(0)

    # --- people

    @rule(status=which)
    def add_ticket(self, status: int) -> None:
        if len(self.world.qcontact.tickets) < TICKETS:
            self.world.qcontact.add(status=THERE[status], title=self._title())

    @rule(number=which, status=st.sampled_from(HERE))
    def was_here_before(self, number: int, status: str) -> None:
        self._add_row(number, status)

    def _add_row(self, number: int, status: str) -> None:
        remote_id = self._there(number)
        if remote_id in self.world.fibreflow.links or self.world.fibreflow.unlinked(remote_id):
            return
        self.world.fibreflow.add_row(remote_id, status=status)
        self.promises.adopted += 1

    @rule(number=which, status=st.sampled_from(THERE))
    def move_there(self, number: int, status: str) -> None:
        self._edit_there(self._there(number), status=status)

    @rule(number=which, name=st.sampled_from(NAMES))
    def assign_there(self, number: int, name: str | None) -> None:
        self._edit_there(self._there(number), assigned_to=name)

    @rule(number=which)
    def retitle_there(self, number: int) -> None:
        self._edit_there(self._there(number), title=self._title())

    @rule(status=st.sampled_from(THERE))
    def move_all_there(self, status: str) -> None:
        for remote_id in self.world.qcontact.tickets:
            self._edit_there(remote_id, status=status)

    @rule(number=which, status=st.sampled_from(HERE))
    def move_here(self, number: int, status: str) -> None:
        self._edit_here(number, status=status)

    @rule(number=which, user=st.integers(0, 5))
    def assign_here(self, number: int, user: int) -> None:
        self._edit_here(number, assigned_to=self.users[user])

    @rule(number=which, kind=st.sampled_from(("client", "client", "internal", "system")))
    def add_note(self, number: int, kind: str) -> None:
        if ticket_id := self._here(number):
            self.world.fibreflow.add_note(
                ticket_id, f"note {len(self.world.fibreflow.notes)}", kind
            )

    @rule(number=which, is_internal=st.booleans())
    def add_note_there(self, number: int, is_internal: bool) -> None:
        there, remote_id = self.world.qcontact, self._there(number)
        if remote_id not in there.in_hand and not there.tickets[remote_id].is_deleted:
            there.add_note(remote_id, is_internal=is_internal)

    @rule(number=which)
    def take_notes_back_there(self, number: int) -> None:
        there, remote_id = self.world.qcontact, self._there(number)
        if remote_id not in there.in_hand and not there.tickets[remote_id].is_deleted:
            there.take_back_notes(remote_id)

    @rule(number=which, status=st.sampled_from(HERE))
    def begin_edit_here(self, number: int, status: str) -> None:
        ticket_id = self._here(number)
        if ticket_id and ticket_id not in self.open_edits:
            self.open_edits[ticket_id] = self.world.fibreflow.begin(ticket_id, status=status)

    @precondition(lambda self: self.open_edits)
    @rule()
    def commit_edit_here(self) -> None:
        _, commit = self.open_edits.popitem()
        commit()

    @rule(number=which)
    def delete_there(self, number: int) -> None:
        self.world.qcontact.delete(self._there(number))

    @rule(number=which)
    def restore_there(self, number: int) -> None:
        if self.world.qcontact.tickets[self._there(number)].is_deleted:
            self.world.qcontact.restore(self._there(number))

    # --- time

    @rule(seconds=seconds)
    def pass_time(self, seconds: float) -> None:
        self.world.time.pass_by(seconds)
        self._lists_catch_up()

    @rule(by=st.sampled_from(JUMPS_S))
    def remote_clock_jumps(self, by: int) -> None:
        """Back by more than the overlap, it is read before it is right again."""
        there = self.world.qcontact
        there.clock.offset_s += by
        self._lists_catch_up()
        self.ahead_s = max(self.ahead_s, there.clock.offset_s)
        if self.ahead_s - there.clock.offset_s > 200:
            there.faults.clear()
            self._run(self.world.order())

    @rule(by=st.sampled_from(JUMPS_S))
    def worker_clock_jumps(self, by: int) -> None:
        self.world.clock.offset_s += by

    @rule(by=st.sampled_from(DATABASE_JUMPS_S))
    def database_clock_jumps(self, by: int) -> None:
        self.world.fibreflow.clock.offset_s += by

    # --- faults

    @rule(faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=6))
    def next_calls_fail(self, faults: list[str]) -> None:
        self.world.qcontact.faults.extend(faults)

    @rule(number=which)
    def refuse_writes(self, number: int) -> None:
        self.world.qcontact.refused ^= {self._there(number)}

    @rule(number=which)
    def garble(self, number: int) -> None:
        self.world.qcontact.malformed ^= {self._there(number)}

    @rule(number=which)
    def refuse_row(self, number: int) -> None:
        self.world.fibreflow.broken_rows ^= {self._there(number)}

    @rule()
    def lists_show_older_versions(self) -> None:
        there = self.world.qcontact
        for remote_id in filter(self._is_fresh, there.tickets):
            if there.earlier[remote_id]:
                there.stale[remote_id] = there.earlier[remote_id][-1]

    @rule(number=which)
    def lists_leave_one_out(self, number: int) -> None:
        if self._is_fresh(self._there(number)):
            self.world.qcontact.hidden.add(self._there(number))

    @rule()
    def notes_can_be_listed_or_not(self) -> None:
        self.world.qcontact.lists_notes ^= True

    # --- runs

    @rule(params=st.sampled_from(PARAMS))
    def run_live(self, params: dict[str, object]) -> None:
        self._run(self.world.order(**params))

    @rule(minutes=st.integers(1, 90), length=st.integers(1, 90))
    def run_dated(self, minutes: int, length: int) -> None:
        start = self.world.clock.now() - timedelta(minutes=minutes)
        end = start + timedelta(minutes=length)
        self._run(self.world.order(start_date=start.isoformat(), end_date=end.isoformat()))

    @rule(number=which)
    def run_for_one_ticket(self, number: int) -> None:
        self._run(self.world.order(ticket_ids=[self._there(number)]))

    @rule(trigger=st.sampled_from((Trigger.SCHEDULED, Trigger.BACKFILL)), ago=st.integers(0, 60))
    def run_an_interval(self, trigger: Trigger, ago: int) -> None:
        end = self.world.clock.now() - timedelta(minutes=ago)
        self._run(self.world.order(trigger, interval=Window(end - timedelta(minutes=10), end)))

    @rule(at=steps, is_after=st.booleans())
    def run_and_die(self, at: int, is_after: bool) -> None:
        engine, order = self.world.engine(crash_at=at, is_after=is_after), self.world.order()
        asyncio.run(engine.carry_out(order))
        self._after_a_run()
        self.killed = order

    @precondition(lambda self: self.killed)
    @rule()
    def try_the_dead_run_again(self) -> None:
        self._run(self.killed)
        self.killed = None

    @rule(first=delays, second=delays)
    def two_runs_meet(self, first: list[int], second: list[int]) -> None:
        self.world.run_all(
            (self.world.engine(delays=first), self.world.order()),
            (self.world.engine(delays=second), self.world.order()),
        )
        self._after_a_run()

    @rule(at=steps)
    def run_sleeps_beyond_its_lease(self, at: int) -> None:
        async def another() -> None:
            self.world.time.pass_by(31)
            await self.world.engine().carry_out(self.world.order())

        engine = self.world.engine(between={at: another})
        asyncio.run(engine.carry_out(self.world.order()))
        self._after_a_run()

    @rule(at=steps, number=which, there=st.sampled_from(THERE), here=st.sampled_from(HERE))
    def edits_during_a_run(self, at: int, number: int, there: str, here: str) -> None:
        async def edit() -> None:
            self._edit_there(self._there(number), status=there, title=self._title())
            self._edit_here(number + 1, status=here)

        self._run(self.world.order(), self.world.engine(between={at: edit}))

    @rule(number=which, keep=sides)
    def somebody_decides(self, number: int, keep: str) -> None:
        """As `compare resolve` does."""
        self.world.qcontact.faults.clear()
        if self._here(number):
            known = len(self.world.fibreflow.decided)
            chosen = asyncio.run(self.world.choose(self._there(number), keep))
            self._after_a_run()
            self.promises.check_decided(chosen, known)

    @rule(number=which, keep=sides, at=st.integers(0, 7), is_after=st.booleans())
    def somebody_decides_and_the_process_dies(
        self, number: int, keep: str, at: int, is_after: bool
    ) -> None:
        self.world.qcontact.faults.clear()
        if self._here(number):
            dying = self.world.choose(self._there(number), keep, crash_at=at, is_after=is_after)
            asyncio.run(dying)
            self._after_a_run()

    # --- what must hold

    @invariant()
    def promises_hold(self) -> None:
        if hasattr(self, "promises"):
            self.promises.check()
            self.done += 1

    def teardown(self) -> None:
        if not hasattr(self, "promises"):
            return
        self._stop_faults()
        self.world.time.pass_by(self.quiet_s)
        for _ in range(2):
            self._run(self.world.order())
            self.world.time.pass_by(400)
        self.promises.check_agreement()
        before = self._deeds()
        for _ in range(3):
            self._run(self.world.order())
            self.world.time.pass_by(400)
            assert self._deeds() == before, "a run with nothing to do wrote something"
        self.promises.check()
        self.tally.runs += len(self.world.fibreflow.runs)
        self.tally.deeds += self.done
        self.tally.stories += 1

    def _stop_faults(self) -> None:
        there = self.world.qcontact
        for commit in self.open_edits.values():
            commit()
        for faults in (there.faults, there.refused, there.malformed, there.stale, there.hidden):
            faults.clear()
        self.world.fibreflow.broken_rows.clear()
        there.lists_notes = True

    def _deeds(self) -> object:
        here, there = self.world.fibreflow, self.world.qcontact
        rows = [(row.values.copy(), row.updated_at) for row in here.tickets.values()]
        return len(there.writes), [len(n) for n in there.notes.values()], rows, len(here.audit)

    # --- doing it

    def _run(self, order, engine=None) -> None:
        engine = engine or self.world.engine()
        audited, written = len(self.world.fibreflow.audit), len(self.world.qcontact.writes)
        asyncio.run(engine.carry_out(order))
        self._after_a_run()
        self.promises.check_run(engine, audited, written)

    def _after_a_run(self) -> None:
        """Lists have caught up, and nothing is in anybody's hand."""
        there = self.world.qcontact
        for late in (there.in_hand, there.stale, there.hidden):
            late.clear()

    def _there(self, number: int) -> RemoteId:
        return RemoteId(f"Q{number % len(self.world.qcontact.tickets) + 1}")

    def _here(self, number: int):
        known = self.world.fibreflow.links.get(self._there(number))
        return known.link.ticket_id if known else None

    def _edit_there(self, remote_id: RemoteId, **values: str | None) -> None:
        """Not while a run has the ticket in its hand: that is assumed of the call centre."""
        there = self.world.qcontact
        if remote_id not in there.in_hand and not there.tickets[remote_id].is_deleted:
            there.edit(remote_id, **values)

    def _edit_here(self, number: int, **values: str | None) -> None:
        if ticket_id := self._here(number):
            self.world.fibreflow.edit(ticket_id, **values)

    def _lists_catch_up(self) -> None:
        """That a list is behind lasts no longer than the overlap: docs/guarantees.md."""
        there = self.world.qcontact
        for remote_id in there.tickets:
            if not self._is_fresh(remote_id):
                there.hidden.discard(remote_id)
                there.stale.pop(remote_id, None)

    def _is_fresh(self, remote_id: RemoteId) -> bool:
        """Whether it changed so lately, by every clock, that a list may not show it yet."""
        there = self.world.qcontact
        ticket = there.tickets[remote_id]
        age = there.now() - ticket.updated_at
        since = self.world.time.seconds - ticket.changed_s
        return timedelta() <= age < timedelta(minutes=4) and since < 240

    def _title(self) -> str:
        self.titles += 1
        return f"title {self.titles}"
