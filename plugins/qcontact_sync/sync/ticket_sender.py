"""One ticket on its way to QContact: read, merge, send what changed, settle."""

from collections.abc import Sequence
from dataclasses import replace

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
from qcontact_sync.core.model import Direction, Pair, People, RemoteId, RemoteTicket
from qcontact_sync.core.outbound import Sending, agreed_on, arrived, kinds_of, sending_of
from qcontact_sync.core.plan import PlanLine, Sign
from qcontact_sync.core.ports import BeforeTry
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.store_ports import NoteToSend, OutboundPair, SentRow, Unit
from qcontact_sync.sync.context import Work, attempts
from qcontact_sync.sync.notes import NoteSender, Writing

MAX_TRIES = 3
MAX_WAITS = 10


class TicketSender:
    """Sends one ticket; what cannot pass is raised, and nothing is quarantined here.

    Args:
        writing: To be held around every write.
    """

    def __init__(self, work: Work, people: People, writing: Writing) -> None:
        self._work = work
        self._people = people
        self._writing = writing

    async def send(self, pair: OutboundPair, notes: Sequence[NoteToSend]) -> None:
        """Send a ticket's fields, then its notes."""
        await self._send_fields(pair, notes)
        if self._work.is_dry:
            return

        async def finish(unit: Unit) -> None:
            await self._finish(unit, pair, did_send=True)

        sender = NoteSender(self._work, pair.link.remote_id, self._writing, finish)
        await sender.send(notes)

    async def _send_fields(self, pair: OutboundPair, notes: Sequence[NoteToSend]) -> None:
        """Read, merge, write, settle; anew where the ticket moved or the write got lost."""
        tries_left, waits_left = MAX_TRIES, MAX_WAITS
        while True:
            # A single read is believed, whatever its stamp: clocks don't decide.
            remote = await self._work.remote.get(pair.link.remote_id)
            check = self._work.check_soon()
            sending = sending_of(self._decide(remote, pair))
            if self._work.is_dry:
                self._plan(pair, sending, notes)
                return
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
                await self._settle(pair, sending, answer, is_last=not notes)
                return

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
            NotApplied: QContact accepted the write and changed nothing.
        """
        remote_id, lost = pair.link.remote_id, None
        answer: RemoteTicket | None = None
        try:
            answer = await self._update(remote_id, sending, check)
        except OutcomeUnknown as error:
            lost = error
        if answer is None or not arrived(sending, answer):
            answer = await self._work.remote.get(remote_id)
        if arrived(sending, answer):
            return answer
        raise lost or NotApplied(", ".join(sending.remote))

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

    async def _settle(
        self, pair: OutboundPair, sending: Sending, answer: RemoteTicket, *, is_last: bool
    ) -> None:
        """Move the base on; what the answer shows beyond our own change comes in with it.

        Args:
            is_last: Nothing follows, so the ticket is counted in the same transaction: a crash
                between the two would leave it out of the counts for good.
        """
        work = self._work
        async for attempt in attempts():
            with attempt:
                async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
                    await self._settle_in(unit, pair, sending, answer)
                    if is_last:
                        await self._finish(unit, pair, did_send=bool(sending))

    async def _settle_in(
        self, unit: Unit, pair: OutboundPair, sending: Sending, answer: RemoteTicket
    ) -> None:
        remote_id, ticket_id = pair.link.remote_id, pair.link.ticket_id
        now = (await unit.read_pairs([remote_id]))[remote_id]
        link = agreed_on(now.link, sending, answer)
        decision = self._decide(answer, replace(now, link=link))
        if decision.kind is Kind.SKIP and link.base != now.link.base:
            decision = replace(decision, kind=Kind.RELINK)
        if decision.kind is not Kind.SKIP:
            await unit.write([decision])
        await unit.keep_losers(remote_id, ticket_id, sending.overruled)
        await unit.audit_sent(
            [
                SentRow(remote_id, ticket_id, kind, {name: value}, answer.payload)
                for kind, (name, value) in zip(
                    kinds_of(sending), sending.remote.items(), strict=True
                )
            ]
        )

    async def _finish(self, unit: Unit, pair: OutboundPair, *, did_send: bool) -> None:
        """Count the ticket, once per run, when all of it has gone out."""
        await unit.release([pair.link.remote_id])
        if not pair.is_counted:
            await unit.mark_counted(pair.link.remote_id)
            await unit.add_counts(
                Counts(successful=1, updated=1) if did_send else Counts(skipped=1)
            )
