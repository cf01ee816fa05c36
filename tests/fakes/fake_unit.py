"""One transaction on `FibreFlow`: rows read are locked, what it does is staged until its commit."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from qcontact_sync.core.decision import Conflict, DecisionKind, TicketDecision
from qcontact_sync.core.errors import ErrorCode, FatalError, RowLocked, TicketError
from qcontact_sync.core.inbound_notes import (
    KnownNotes,
    OwnNote,
    ReceivedNotes,
    note_digest,
    received_note_id,
)
from qcontact_sync.core.model import (
    ASSIGNED_TO,
    Direction,
    JobId,
    KnownTicket,
    Link,
    LocalId,
    LocalTicket,
    Note,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import SentRow, TicketFailure
from qcontact_sync.core.walk import READ_APART

from tests.fakes.fake_fibreflow import (
    APP,
    ConflictRow,
    Entry,
    FibreFlow,
    KnownNote,
    LinkRow,
    NoteRow,
    Row,
    SettledRow,
)
from tests.fakes.fake_gate import Time

LOCK_TIMEOUT_S = 2.0
MAX_ATTEMPTS = 8


class FakeUnit:
    """All parts of a `UnitOfWork`; see `FakeStore.unit`."""

    def __init__(
        self,
        fibreflow: FibreFlow,
        time: Time,
        job_id: JobId,
        direction: Direction,
        seen: dict[tuple[RemoteId, str], int],
        *,
        is_dry: bool,
    ) -> None:
        self._here = fibreflow
        self._time = time
        self._job_id = job_id
        self._direction = direction
        self._seen = seen
        self._is_dry = is_dry
        self._began_at = fibreflow.now()
        self._locked: list[LocalId] = []
        self._staged: list[Callable[[], None]] = []
        self._deeds: dict[str, None] = {}

    @property
    def deeds(self) -> list[str]:
        """What was asked of it, by name."""
        return list(self._deeds)

    def commit(self) -> None:
        for apply in self._staged:
            apply()

    def end(self) -> None:
        for ticket_id in self._locked:
            self._here.unlock(ticket_id)

    def _stage(self, name: str, apply: Callable[[], None]) -> None:
        if self._is_dry:
            raise FatalError("cannot write in a read-only transaction", ErrorCode.DATABASE_ERROR)
        self._deeds[name] = None
        self._staged.append(apply)

    # --- looking up

    async def recognise(self, digests: Mapping[RemoteId, str]) -> Mapping[RemoteId, KnownTicket]:
        self._deeds["recognise"] = None
        return {
            i: KnownTicket(is_unchanged=True, is_counted=known.inbound_job == self._job_id)
            for i, digest in digests.items()
            if (known := self._here.links.get(i)) is not None
            and known.received == (digest, known.link.fingerprint)
            and not known.link.frozen
            and not self._is_on_record(i, is_gone=known.is_gone)
        }

    def _is_on_record(self, remote_id: RemoteId, *, is_gone: bool) -> bool:
        """Whether anything ends when the ticket passes."""
        entries = ((remote_id, way) in self._here.quarantine for way in Direction)
        failed = (self._job_id, self._direction, remote_id) in self._here.run_errors
        return is_gone or failed or any(entries)

    async def look_up(
        self, listed: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> Mapping[RemoteId, KnownTicket]:
        self._deeds["look up"] = None
        return {
            ticket.id: await self._look_up(ticket.id, version, force=force)
            for ticket, version in listed
        }

    async def _look_up(self, remote_id: RemoteId, version: str, *, force: bool) -> KnownTicket:
        known = self._here.links.get(remote_id)
        if known is None:
            rows = [await self._lock(i) for i in self._here.unlinked(remote_id)]
            return KnownTicket(unlinked=tuple(row for row in rows if row))
        link, is_counted = known.link, known.inbound_job == self._job_id
        if link.fingerprint == version and not link.frozen and not force:
            return KnownTicket(is_unchanged=True, is_counted=is_counted)
        return KnownTicket(link, await self._lock(link.ticket_id), is_counted=is_counted)

    async def read_linked(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, KnownTicket]:
        self._deeds["read linked"] = None
        tickets = {}
        for remote_id in remote_ids:
            if (known := self._here.links.get(remote_id)) is None:
                continue
            local = await self._lock(known.link.ticket_id)
            if row := self._here.row_of(remote_id):
                self._seen |= {(remote_id, name): number for name, number in row.versions.items()}
            tickets[remote_id] = KnownTicket(
                known.link,
                local,
                version=self._here.pair_version(remote_id),
                is_counted=known.outbound_job == self._job_id,
                has_failed=self._has_failed(remote_id),
            )
        return tickets

    async def read_again(self, tickets: Iterable[KnownTicket]) -> Mapping[RemoteId, KnownTicket]:
        self._deeds["read again"] = None
        return {
            ticket.linked.remote_id: replace(
                ticket, local=await self._lock(ticket.linked.ticket_id)
            )
            for ticket in tickets
        }

    def _has_failed(self, remote_id: RemoteId) -> bool:
        return (
            self._here.links[remote_id].is_gone
            or (remote_id, Direction.OUTBOUND) in self._here.quarantine
            or (self._job_id, Direction.OUTBOUND, remote_id) in self._here.run_errors
        )

    async def _lock(self, ticket_id: LocalId) -> LocalTicket | None:
        waited_s = 0.0
        while not self._is_dry and ticket_id not in self._locked:
            holder = self._here.locks.get(ticket_id)
            if holder is None:
                self._here.locks[ticket_id] = self
                self._locked.append(ticket_id)
            elif holder is APP or waited_s >= LOCK_TIMEOUT_S:
                raise RowLocked
            else:
                waited_s += 0.1
                self._time.pass_by(0.1)
                await asyncio.sleep(0)
        return self._here.local(ticket_id)

    # --- tickets and their conflicts

    async def write(self, decisions: Sequence[TicketDecision]) -> None:
        for decision in decisions:
            if decision.remote.id in self._here.broken_rows:
                raise TicketError("the row is refused", ErrorCode.DATABASE_ERROR)
        if decisions:
            self._stage("write", lambda: _each(self._write, decisions))

    async def write_nothing(self) -> None: ...

    def _write(self, decision: TicketDecision) -> None:
        here, remote_id = self._here, decision.remote.id
        numbers: Any = decision.remote.payload.get("versions", {})
        taken = {name: numbers.get(name, 0) for name in decision.writes}
        if decision.local is None:
            values = {"assigned_to": None, **decision.writes}
            uid = f"FT{len(here.tickets):06}"
            ticket_id = here.insert(remote_id, values, {"assigned_to": 0, **taken}, uid)
        else:
            ticket_id = decision.local.id
        row = here.tickets[ticket_id]
        base = here.links[remote_id].link.base.local if remote_id in here.links else {}
        self._link(decision, ticket_id)
        self._record_conflicts(remote_id, decision.conflicts)
        self._close(remote_id, set(decision.agreed))
        if decision.local is not None and decision.writes:
            for name, number in taken.items():
                was = row.versions.get(name, 0), row.values.get(name), base.get(name)
                here.sync_wrote(remote_id, name, number, *was)
            row.values.update(decision.writes)
            row.versions.update(taken)
            row.updated_at = self._began_at
        self._report_agreed(decision, row, numbers)
        if decision.kind is DecisionKind.CREATE or decision.writes or decision.warnings:
            here.audit.append((remote_id, Direction.INBOUND, decision.sync_type.value, "success"))

    def _report_agreed(
        self, decision: TicketDecision, row: Row, numbers: Mapping[str, int]
    ) -> None:
        seen = decision.remote.values
        for name, here in decision.base.local.items():
            if row.values.get(name) == here and seen.get(name) == decision.base.remote.get(name):
                self._here.agreed(row.versions.get(name, 0), numbers.get(name, 0))

    def _link(self, decision: TicketDecision, ticket_id: LocalId) -> None:
        here, remote_id = self._here, decision.remote.id
        known = here.links.get(remote_id)
        stamps = (decision.remote.updated_at, known and known.link.remote_updated_at)
        stamp = max(filter(None, stamps), default=None)
        link = Link(
            remote_id, ticket_id, decision.base, decision.fingerprint, stamp,
            frozenset(decision.frozen), decision.flip_flops,
        )  # fmt: skip
        sent_by = known.outbound_job if known else None
        reads = (known.notes_read_for, known.notes_reads) if known else (None, 0)
        received = (decision.digest, decision.fingerprint) if decision.digest else None
        here.links[remote_id] = LinkRow(
            link, self._began_at, False, self._job_id, sent_by, *reads, received=received
        )
        if decision.kind is DecisionKind.ADOPT:
            for note_id, note in here.notes.items():
                if note.ticket_id == ticket_id and note.note_type != "system":
                    here.known_notes.setdefault(note_id, KnownNote(remote_id, "before_link"))

    async def add_losers(
        self, overruled: Sequence[tuple[RemoteId, LocalId, Sequence[Conflict]]]
    ) -> None:
        def record() -> None:
            for remote_id, _, conflicts in overruled:
                self._record_conflicts(remote_id, conflicts)

        if overruled:
            self._stage("add losers", record)

    def _record_conflicts(self, remote_id: RemoteId, conflicts: Sequence[Conflict]) -> None:
        known = self._here.links.get(remote_id)
        for c in conflicts:
            kind = "needs_you" if c.needs_you else "settled"
            row = ConflictRow(
                remote_id, c.field, kind, c.local, c.remote, c.loser, self._began_at
            )  # fmt: skip
            if c.needs_you and (remote_id, c.field) in self._here.open_conflicts():
                continue
            is_known = any(
                replace(other, opened_at=row.opened_at) == row
                and known is not None
                and other.opened_at >= known.settled_at
                for other in self._here.conflicts
            )
            if c.needs_you or not is_known:
                self._here.conflicts.append(row)

    async def close(self, remote_id: RemoteId, field: str, resolution: str, by: str) -> None:
        self._stage("close conflict", lambda: self._decide(remote_id, {field}, (resolution, by)))

    async def record_choices(
        self,
        remote_id: RemoteId,
        ticket_id: LocalId,
        decided: Sequence[Conflict],
        resolution: str,
        by: str,
    ) -> None:
        choice = (resolution, by)
        self._stage("record choices", lambda: self._record_choices(remote_id, decided, choice))

    def _record_choices(
        self, remote_id: RemoteId, decided: Sequence[Conflict], choice: tuple[str, str]
    ) -> None:
        waiting = self._here.open_conflicts()
        self._decide(remote_id, {c.field for c in decided}, choice)
        for c in decided:
            if (remote_id, c.field) not in waiting:
                row = ConflictRow(
                    remote_id, c.field, "settled", c.local, c.remote, c.loser, self._began_at
                )
                self._here.conflicts.append(row)
                self._here.decided[len(self._here.conflicts) - 1] = choice

    def _decide(self, remote_id: RemoteId, fields: set[str], choice: tuple[str, str]) -> None:
        self._here.decided |= dict.fromkeys(self._close(remote_id, fields), choice)

    def _close(self, remote_id: RemoteId, fields: set[str]) -> set[int]:
        """The numbers of the open conflicts that this closes."""
        closed = {
            number
            for number, c in enumerate(self._here.conflicts)
            if c.remote_id == remote_id and c.field in fields and c.kind == "needs_you"
        } - self._here.resolved
        self._here.resolved |= closed
        return closed

    # --- what went out

    async def audit_sent(self, rows: Sequence[SentRow]) -> None:
        sent = [(r.remote_id, Direction.OUTBOUND, r.sync_type.value, "success") for r in rows]
        if sent:
            self._stage("audit", lambda: self._here.audit.extend(sent))

    async def count_sent(self, remote_ids: Sequence[RemoteId], updated: int) -> None:
        def count() -> None:
            for remote_id in remote_ids:
                self._here.links[remote_id].outbound_job = self._job_id
            skipped = len(remote_ids) - updated
            self._count(Counts(successful=updated, updated=updated, skipped=skipped))

        if remote_ids:
            self._stage("count sent", count)

    async def agree_assignments(self) -> None:
        self._stage("agree assignments", self._agree_assignments)

    def _agree_assignments(self) -> None:
        for remote_id, known in self._here.links.items():
            row = self._here.row_of(remote_id)
            if row is None or ASSIGNED_TO in known.link.frozen:
                continue
            agreed = {**known.link.base.local, ASSIGNED_TO: row.values[ASSIGNED_TO]}
            known.link = replace(known.link, base=known.link.base._replace(local=agreed))

    async def renew_marks(self, *, sent: SentNotes, compares_all: bool) -> None:
        """Nothing to do: this store always compares all tickets."""

    async def mark_gone(self, remote_ids: Sequence[RemoteId]) -> None:
        def mark() -> None:
            for remote_id in self._here.links.keys() & remote_ids:
                self._here.links[remote_id].is_gone = True

        self._stage("mark gone", mark)

    async def intend(
        self, note: Note, remote_id: RemoteId, key: str, equal_before: int | None
    ) -> None:
        def intend() -> None:
            known = self._here.known_notes.get(note.id)
            if known is None or known.state == "intended":
                self._here.known_notes[note.id] = KnownNote(remote_id, "intended", equal_before)

        self._stage("intend note", intend)

    async def settle(self, note: Note, remote_note_id: str | None) -> None:
        self._stage("settle note", lambda: self._end_note(note, "sent", remote_note_id))

    async def doubt(self, note: Note) -> None:
        self._stage("doubt note", lambda: self._end_note(note, "doubtful", None))

    def _end_note(self, note: Note, state: str, remote_note_id: str | None) -> None:
        if known := self._here.known_notes.get(note.id):
            known.state, known.remote_note_id = state, remote_note_id

    async def withdraw(self, note: Note) -> None:
        def withdraw() -> None:
            known = self._here.known_notes.get(note.id)
            if known and known.state == "intended":
                del self._here.known_notes[note.id]

        self._stage("withdraw note", withdraw)

    # --- what QContact's people wrote

    async def list_unread(
        self, stamps: Mapping[RemoteId, datetime | None], *, is_forced: bool
    ) -> Sequence[RemoteId]:
        here = self._here
        return [
            i
            for i, stamp in stamps.items()
            if here.row_of(i) is not None
            and (
                is_forced
                or stamp is None
                or here.links[i].notes_reads < 2
                or here.links[i].notes_read_for != stamp
            )
        ]

    async def read_known(
        self, remote_ids: Sequence[RemoteId], *, sent: SentNotes
    ) -> Mapping[RemoteId, KnownNotes]:
        here = self._here
        return {
            i: self._known_notes(i, here.links[i].link.ticket_id, sent)
            for i in remote_ids
            if i in here.links
        }

    def _known_notes(self, i: RemoteId, ticket_id: LocalId, sent: SentNotes) -> KnownNotes:
        here = self._here
        of_it = {n: known for n, known in here.known_notes.items() if known.remote_id == i}
        own = {n: known for n, known in of_it.items() if known.state != "received"}
        waiting = here.notes_to_send(ticket_id, sent=sent)
        unnamed = [n for n, known in own.items() if known.remote_note_id is None]
        unnamed += [n for n in waiting if n not in of_it]
        settled = ("sent", "dismissed", "before_link")
        return KnownNotes(
            ticket_id,
            {k.remote_note_id: k.is_taken_back for k in of_it.values() if k.state == "received"},
            frozenset(k.remote_note_id for k in own.values() if k.remote_note_id),
            tuple(
                OwnNote(n, note_digest(here.notes[n].content), n in own and own[n].state in settled)
                for n in unnamed
            ),
        )

    async def receive(self, received: Sequence[ReceivedNotes]) -> None:
        self._stage("receive notes", lambda: _each(self._receive, received))

    def _receive(self, ticket: ReceivedNotes) -> None:
        here = self._here
        for note in ticket.arrivals.new:
            note_id = received_note_id(ticket.remote_id, note)
            if note_id not in here.known_notes:
                kind = "internal" if note.is_internal else "client"
                here.notes[note_id] = NoteRow(ticket.ticket_id, note.content, kind)
                known = KnownNote(ticket.remote_id, "received", None, note.id)
                here.known_notes[note_id] = known
                here.audit.append((ticket.remote_id, Direction.INBOUND, "note_add", "success"))
        for note_id, remote_note_id in ticket.arrivals.named:
            here.known_notes[note_id].remote_note_id = remote_note_id
        for known in here.known_notes.values():
            if known.remote_id == ticket.remote_id and known.state == "received":
                known.is_taken_back ^= known.remote_note_id in (
                    *ticket.arrivals.taken_back,
                    *ticket.arrivals.returned,
                )
        link = here.links[ticket.remote_id]
        is_again = ticket.stamp is not None and link.notes_read_for == ticket.stamp
        link.notes_reads = link.notes_reads + 1 if is_again else 1
        link.notes_read_for = ticket.stamp

    # --- the record

    async def add(self, failures: Sequence[TicketFailure]) -> Counts:
        counts = Counts()
        for f in {f.remote_id: f for f in failures}.values():
            entry = self._here.quarantine.get((f.remote_id, self._direction))
            version = f.version if f.version is not None else entry and entry.version
            is_again = entry is not None and entry.version == version
            if (self._job_id, self._direction, f.remote_id) not in self._here.run_errors:
                counts += Counts(failed=not is_again, failed_again=is_again)
            self._stage("record failures", lambda f=f, v=version: self._enter(f, v))
        return counts

    def _enter(self, f: TicketFailure, version: str | None) -> None:
        here, key = self._here, (f.remote_id, self._direction)
        entry = here.quarantine.get(key)
        is_again = entry is not None and entry.version == version
        attempts = entry.attempts if entry and is_again else 0
        may_pass = f.recoverable and attempts < MAX_ATTEMPTS
        pause: timedelta = here.pause_after(attempts)
        next_try: datetime | None = self._began_at + pause if may_pass else None
        is_dismissed = bool(entry and is_again and entry.is_dismissed)
        here.quarantine[key] = Entry(version, f.code.value, next_try, attempts + 1, is_dismissed)
        here.run_errors.setdefault((self._job_id, self._direction, f.remote_id), is_again)
        here.audit.append((f.remote_id, self._direction, f.sync_type.value, "failed"))

    async def release(self, remote_ids: Sequence[RemoteId]) -> None:
        if remote_ids:
            self._stage("release", lambda: _each(self._release, remote_ids))

    def _release(self, remote_id: RemoteId) -> None:
        here = self._here
        if known := here.links.get(remote_id):
            known.is_gone = False
        was_again = here.run_errors.pop((self._job_id, self._direction, remote_id), None)
        if was_again is not None:
            self._count(Counts(failed=-(not was_again), failed_again=-was_again))
        for way in Direction:
            entry = here.quarantine.get((remote_id, way))
            is_ended = way == self._direction or (
                way is Direction.OUTBOUND and entry and entry.code == ErrorCode.NOT_FOUND
            )
            if entry and is_ended and not (way is Direction.OUTBOUND and self._doubts(remote_id)):
                del here.quarantine[remote_id, way]

    def _doubts(self, remote_id: RemoteId) -> bool:
        known = self._here.known_notes.values()
        return any(k.remote_id == remote_id and k.state == "doubtful" for k in known)

    async def release_moot(self, *, sent: SentNotes) -> None:
        def free() -> None:
            for remote_id, way in list(self._here.quarantine):
                if way is Direction.OUTBOUND and self._is_moot(remote_id, sent):
                    del self._here.quarantine[remote_id, way]

        self._stage("release moot", free)

    def _is_moot(self, remote_id: RemoteId, sent: SentNotes) -> bool:
        here = self._here
        if (known := here.links.get(remote_id)) is None or known.is_gone:
            return False
        row = here.row_of(remote_id)
        has_moved = row is not None and any(
            row.values[name] != value for name, value in known.link.base.local.items()
        )
        notes = here.notes_to_send(known.link.ticket_id, sent=sent)
        return not (has_moved or notes or self._doubts(remote_id))

    async def forget_unlinked(self, remote_ids: Sequence[RemoteId]) -> None:
        def forget() -> None:
            for key, entry in list(self._here.quarantine.items()):
                is_unknown = key[0] in remote_ids and key[0] not in self._here.links
                if is_unknown and entry.code == ErrorCode.NOT_FOUND:
                    del self._here.quarantine[key]
            for i in self._here.settled_rows.keys() & set(remote_ids) - self._here.links.keys():
                row = self._here.settled_rows[i]
                self._here.settled_rows[i] = replace(row, digest=READ_APART)

        if remote_ids:
            self._stage("forget", forget)

    async def add_counts(self, counts: Counts) -> None:
        if counts != Counts():
            self._stage("add counts", lambda: self._count(counts))

    def _count(self, counts: Counts) -> None:
        self._here.directions[self._job_id, self._direction].counts += counts

    async def settle_rows(self, digests: Mapping[RemoteId, str]) -> None:
        if digests:
            self._stage("settle rows", lambda: self._settle_rows(dict(digests)))

    def _settle_rows(self, digests: Mapping[RemoteId, str]) -> None:
        for remote_id, digest in digests.items():
            row = SettledRow(digest, self._began_at, self._job_id)
            self._here.settled_rows[remote_id] = row

    async def settle_until(self, moment: datetime) -> None:
        self._stage("settle until", lambda: self._settle(moment))

    def _settle(self, moment: datetime) -> None:
        run = self._here.runs[self._job_id]
        account = run.key.account
        reads_on = run.window.window.start == self._here.read_until(account)
        run.settled_until = max(run.settled_until or moment, moment)
        cursor = self._here.cursors.get(account)
        if run.window.moves_cursor and (cursor is None or cursor[0] < moment or reads_on):
            moved = max(cursor[0], moment) if cursor else moment
            self._here.cursors[account] = moved, self._job_id
        self._here.cursor_moved(self._job_id, moment)


def _each(act: Callable[[Any], None], things: Iterable[Any]) -> None:
    for thing in things:
        act(thing)
