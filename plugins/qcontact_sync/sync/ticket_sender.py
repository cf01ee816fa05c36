"""One ticket on its way to QContact: read, merge, send what changed, settle."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qcontact_sync.core.decide import decide
from qcontact_sync.core.decision import Kind, TicketDecision
from qcontact_sync.core.errors import (
    ErrorCode,
    NotApplied,
    OutcomeUnknown,
    ReadTooOld,
    RemoteMoved,
    TicketError,
)
from qcontact_sync.core.model import Direction, LocalId, Pair, People, RemoteId, RemoteTicket
from qcontact_sync.core.outbound import Sending, agreed_on, arrived, kinds_of, sending_of
from qcontact_sync.core.plan import PlanLine, Sign
from qcontact_sync.core.ports import BeforeTry
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.store_ports import NoteToSend, OutboundPair, SentRow, UnitOfWork
from qcontact_sync.sync.context import Work, attempts
from qcontact_sync.sync.group_commit import GroupCommit
from qcontact_sync.sync.notes import NoteSender, Writing

MAX_TRIES = 3
MAX_WAITS = 10
SETTLED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Sent:
    """A ticket that QContact has taken.

    Attributes:
        is_last: Nothing follows, so the ticket is counted in the transaction that settles it: a
            crash between the two would leave it out of the counts for good.
    """

    pair: OutboundPair
    sending: Sending
    answer: RemoteTicket
    is_last: bool

    @property
    def remote_id(self) -> RemoteId:
        return self.pair.link.remote_id

    @property
    def ticket_id(self) -> LocalId:
        return self.pair.link.ticket_id

    def audit_rows(self) -> list[SentRow]:
        """One row per kind sent."""
        return [
            SentRow(self.remote_id, self.ticket_id, kind, {name: value}, self.answer.payload)
            for kind, (name, value) in zip(
                kinds_of(self.sending), self.sending.remote.items(), strict=True
            )
        ]


class TicketSender:
    """Sends tickets of one pass; what cannot pass is raised, and nothing is quarantined here.

    Args:
        writing: To be held around every write.
    """

    def __init__(self, work: Work, people: People, writing: Writing) -> None:
        self._work = work
        self._people = people
        self._writing = writing
        self._is_proven = False
        self._slots = asyncio.Semaphore(work.options.connections)
        self._settling = GroupCommit(self._settle_group, SETTLED_AT_ONCE)

    async def send(self, pair: OutboundPair, notes: Sequence[NoteToSend]) -> None:
        """Send a ticket's fields, then its notes."""
        if self._work.is_dry:
            remote = await self._work.remote.get(pair.link.remote_id)
            self._plan(pair, sending_of(self._decide(remote, pair)), notes)
            return
        # Held from read to write, so that no other ticket's requests come in between; but not while
        # the last of a ticket is settled: the database need not keep QContact waiting.
        async with self._slots:
            sent = await self._send_fields(pair, is_last=not notes)
            if notes:
                await self._settling.submit(sent)
                await self._send_notes(pair, notes)
        if not notes:
            await self._settling.submit(sent)

    async def _send_notes(self, pair: OutboundPair, notes: Sequence[NoteToSend]) -> None:
        async def finish(unit: UnitOfWork) -> None:
            await self._finish(unit, [(pair, True)])

        await NoteSender(self._work, pair.link.remote_id, self._writing, finish).send(notes)

    async def _send_fields(self, pair: OutboundPair, *, is_last: bool) -> _Sent:
        """Read, merge, write; anew where the ticket moved or the write got lost."""
        tries_left, waits_left = MAX_TRIES, MAX_WAITS
        while True:
            # A single read is believed, whatever its stamp: clocks don't decide.
            remote = await self._work.remote.get(pair.link.remote_id)
            check = self._work.check_soon()
            sending = sending_of(self._decide(remote, pair))
            # Before it is overwritten: a crash after that would leave nobody who knows of it.
            await self._keep_losers(pair, sending)
            try:
                answer = await self._write(pair, sending, check) if sending else remote
            except (OutcomeUnknown, RemoteMoved):
                # Setting a field to a value twice is setting it once.
                tries_left -= 1
                if not tries_left:
                    raise
            except ReadTooOld:
                waits_left -= 1
                if not waits_left:
                    raise
            else:
                return _Sent(pair, sending, answer, is_last=is_last)

    async def _keep_losers(self, pair: OutboundPair, sending: Sending) -> None:
        work, link = self._work, pair.link
        if sending.overruled:
            async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
                await unit.keep_losers(link.remote_id, link.ticket_id, sending.overruled)

    def _decide(self, remote: RemoteTicket, pair: OutboundPair) -> TicketDecision:
        return decide(remote, Pair(pair.link, pair.local), self._people, self._work.options.policy)

    def _plan(self, pair: OutboundPair, sending: Sending, notes: Sequence[NoteToSend]) -> None:
        fields = (*sending.remote, *("note" for _ in notes))
        if fields and pair.local:
            uid = pair.local.ticket_uid
            self._work.plan.add(PlanLine(Sign.SEND, pair.link.remote_id, uid, fields))

    async def _write(self, pair: OutboundPair, sending: Sending, check: BeforeTry) -> RemoteTicket:
        """Send the changed fields; the ticket as QContact has it then.

        Raises:
            OutcomeUnknown: No answer came, and a look shows that it was not applied.
            RemoteMoved: QContact wants it to be decided anew.
            ReadTooOld: It had to wait for long.
            NotApplied: QContact accepted the write, perhaps even showed it, and changed nothing.
        """
        remote_id, lost = pair.link.remote_id, None
        answer: RemoteTicket | None = None
        try:
            answer = await self._update(remote_id, sending, check)
        except OutcomeUnknown as error:
            lost = error
        if answer is None or not arrived(sending, answer):
            answer = await self._work.remote.get(remote_id)
            self._is_proven = self._is_proven or arrived(sending, answer)
        if arrived(sending, answer):
            await self._prove(remote_id, sending)
            return answer
        raise lost or NotApplied(", ".join(sending.remote))

    async def _prove(self, remote_id: RemoteId, sending: Sending) -> None:
        """Until a write of this run was seen to last, answers are not taken for the deed."""
        if not self._is_proven:
            if not arrived(sending, await self._work.remote.get(remote_id)):
                raise NotApplied(", ".join(sending.remote))
            self._is_proven = True

    async def _update(
        self, remote_id: RemoteId, sending: Sending, check: BeforeTry
    ) -> RemoteTicket | None:
        try:
            async with self._writing():
                return await self._work.remote.update(remote_id, sending.remote, check)
        except TicketError as error:
            if error.code is ErrorCode.CONFLICT:
                raise RemoteMoved from error
            raise

    async def _settle_group(self, group: Sequence[_Sent]) -> None:
        """Move the bases on; what the answers show beyond our own changes comes in with them."""
        work = self._work
        async for attempt in attempts():
            with attempt:
                async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
                    await self._settle_in(unit, group)
                    await self._finish(
                        unit, [(s.pair, bool(s.sending)) for s in group if s.is_last]
                    )

    async def _settle_in(self, unit: UnitOfWork, group: Sequence[_Sent]) -> None:
        now = await unit.read_pairs([sent.remote_id for sent in group])
        await unit.write([d for s in group if (d := self._settled(s, now[s.remote_id]))])
        await unit.audit_sent([row for sent in group for row in sent.audit_rows()])

    def _settled(self, sent: _Sent, now: OutboundPair) -> TicketDecision | None:
        """What the ticket's answer means for FibreFlow's side, as it stands by now."""
        link = agreed_on(now.link, sent.sending, sent.answer)
        decision = self._decide(sent.answer, replace(now, link=link))
        if decision.kind is not Kind.SKIP:
            return decision
        return replace(decision, kind=Kind.RELINK) if link.base != now.link.base else None

    async def _finish(self, unit: UnitOfWork, ended: Sequence[tuple[OutboundPair, bool]]) -> None:
        """Count tickets, once per run, when all of each has gone out.

        Args:
            ended: With whether anything was sent.
        """
        await unit.release([pair.link.remote_id for pair, _ in ended])
        fresh = [(pair.link.remote_id, did_send) for pair, did_send in ended if not pair.is_counted]
        await unit.mark_counted([remote_id for remote_id, _ in fresh])
        updated = sum(did_send for _, did_send in fresh)
        await unit.add_counts(
            Counts(successful=updated, updated=updated, skipped=len(fresh) - updated)
        )
