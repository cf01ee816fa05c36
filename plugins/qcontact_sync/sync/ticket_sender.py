"""Sending one ticket to QContact: read, merge, send the changed fields."""

from collections.abc import Collection, Sequence, Set
from dataclasses import replace

from qcontact_sync.core.decide import decide
from qcontact_sync.core.errors import (
    ErrorCode,
    NeedsConfirmation,
    NotApplied,
    OutcomeUnknown,
    ReadTooOld,
    RemoteMoved,
    TicketError,
)
from qcontact_sync.core.model import (
    KIND_OF_FIELD,
    STATUS,
    Direction,
    KnownTicket,
    People,
    RemoteId,
    RemoteTicket,
    SyncType,
)
from qcontact_sync.core.outbound import Sending, arrived, kinds_of, sending_of
from qcontact_sync.core.ports import BeforeTry
from qcontact_sync.core.unit_ports import NoteToSend, UnitOfWork
from qcontact_sync.sync.context import Work
from qcontact_sync.sync.group_commit import GroupCommit
from qcontact_sync.sync.notes import NoteSender, Writing
from qcontact_sync.sync.settling import SETTLED_AT_ONCE, Sent, Settle, Settling

MAX_TRIES = 3
MAX_WAITS = 10


class TicketSender:
    """Sends the tickets of one pass; failures are raised to the caller, who quarantines.

    Args:
        writing: Held around each write of these kinds.
        stopped: Kinds of write that are not sent (any more).
    """

    def __init__(
        self, work: Work, people: People, writing: Writing, stopped: Set[SyncType]
    ) -> None:
        self._work = work
        self._people = people
        self._writing = writing
        self._stopped = stopped
        self._is_proven = False
        self._sent_in_part: list[tuple[KnownTicket, TicketError]] = []
        self._settling = Settling(work, people)
        self._overruling = GroupCommit(self._keep_losers, SETTLED_AT_ONCE)

    def require_confirmation(self, pending: int, limit: int) -> None:
        """More is pending than is sent without confirmation.

        Raises:
            NeedsConfirmation: Always.
        """
        raise NeedsConfirmation(pending, limit)

    async def send(self, ticket: KnownTicket, notes: Sequence[NoteToSend]) -> Settle | None:
        """Send a ticket's fields, then its notes; what is refused does not hold up the rest.

        Returns:
            What is left to be done for the ticket.

        Raises:
            TicketError: Something was refused; what was accepted is settled.
        """
        refused: list[TicketError] = []
        with self._settling.expected():
            sent = await self._send_all_fields(ticket, refused, has_notes=bool(notes))
            if sent and sent[-1].is_last:
                return self._settling.soon(sent[-1])
            for part in sent:
                await self._settling.now(part)
            if notes:
                await self._send_notes(ticket, notes, refused)
        if refused:
            raise self._refusal(ticket, sent, refused)
        if sent and not notes:
            await self._settling.count([ticket])
        return None

    def _refusal(
        self, ticket: KnownTicket, sent: Sequence[Sent], refused: Sequence[TicketError]
    ) -> TicketError:
        error = _together(refused)
        if any(part.sending for part in sent):
            self._sent_in_part.append((ticket, error))
        return error

    async def count_sent_in_part(self) -> None:
        """Count tickets of which only what the account may not do was not sent."""
        await self._settling.count(
            [t for t, error in self._sent_in_part if self._stopped >= set(error.writes)]
        )

    async def _send_all_fields(
        self, ticket: KnownTicket, refused: list[TicketError], *, has_notes: bool
    ) -> Sequence[Sent]:
        """All fields in one write; one write each where the account may not do all of it."""
        kinds = tuple(kind for kind in KIND_OF_FIELD.values() if kind not in self._stopped)
        try:
            sent = await self._send_fields(ticket, kinds)
        except TicketError as error:
            if error.code is not ErrorCode.AUTHORIZATION_ERROR:
                raise
            if len(error.writes) < len(kinds) or len(kinds) == 1:
                refused.append(error)
                return ()
            return await self._send_apart(ticket, error.writes, refused)
        refused += (
            TicketError(why, ErrorCode.VALIDATION_ERROR, field=name)
            for name, why in sent.sending.refusals.items()
        )
        return [replace(sent, is_last=not (has_notes or refused))]

    async def _send_apart(
        self, ticket: KnownTicket, kinds: Collection[SyncType], refused: list[TicketError]
    ) -> Sequence[Sent]:
        parts: list[Sent] = []
        for kind in kinds:
            try:
                parts.append(await self._send_fields(ticket, (kind,)))
            except TicketError as error:
                if error.code is not ErrorCode.AUTHORIZATION_ERROR:
                    raise
                refused.append(error)
            else:
                # The parts are settled in turn, each on what the one before it agreed.
                ticket = parts[-1].agreed()
        return parts

    async def _send_notes(
        self, ticket: KnownTicket, notes: Sequence[NoteToSend], refused: list[TicketError]
    ) -> None:
        async def finish(unit: UnitOfWork) -> None:
            if not refused:
                await self._settling.finish(unit, [(ticket, True)])

        sender = NoteSender(self._work, ticket.linked.remote_id, self._writing, finish)
        try:
            await sender.send(notes)
        except TicketError as error:
            if error.code is not ErrorCode.AUTHORIZATION_ERROR:
                raise
            refused.append(error)

    async def _send_fields(self, ticket: KnownTicket, kinds: Collection[SyncType]) -> Sent:
        """Read, merge, write; again if the ticket changed or the write was lost."""
        tries_left, waits_left = MAX_TRIES, MAX_WAITS
        policy = self._work.options.policy
        while True:
            # A read by id counts, with any timestamp: clocks do not decide.
            remote = await self._work.remote.get(ticket.linked.remote_id)
            check = self._work.check_soon()
            sending = sending_of(decide(remote, ticket, self._people, policy), kinds)
            if sending.overruled:
                # Recorded before it is overwritten: after a crash it would be unknown.
                await self._overruling.submit((ticket, sending))
            try:
                answer = await self._write(ticket, sending, check) if sending else remote
            except (OutcomeUnknown, RemoteMoved):
                # Setting a field to a value twice is setting it once.
                tries_left -= 1
                if not tries_left:
                    raise
            except ReadTooOld:
                waits_left -= 1
                if not waits_left:
                    raise
            except TicketError as error:
                if policy.is_final_refused or not self._is_final(error, remote, sending):
                    raise
                # The status becomes an open conflict; the other fields are sent without it.
                policy = replace(policy, is_final_refused=True)
            else:
                return Sent(ticket, sending, answer, policy, is_last=False)

    def _is_final(self, error: TicketError, remote: RemoteTicket, sending: Sending) -> bool:
        is_refused = error.code is ErrorCode.VALIDATION_ERROR and STATUS in sending.remote
        rules = self._work.options.policy.mapping.status
        return is_refused and rules.is_final(remote.values.get(STATUS))

    async def _keep_losers(self, overruled: Sequence[tuple[KnownTicket, Sending]]) -> None:
        links = [(ticket.linked, sending.overruled) for ticket, sending in overruled]
        async with self._work.unit(Direction.OUTBOUND) as unit:
            await unit.conflicts.add_losers(
                [(link.remote_id, link.ticket_id, conflicts) for link, conflicts in links]
            )

    async def _write(self, ticket: KnownTicket, sending: Sending, check: BeforeTry) -> RemoteTicket:
        """Send the changed fields; returns the ticket as QContact then has it.

        Raises:
            OutcomeUnknown: No answer came, and a read shows that it was not applied.
            RemoteMoved: QContact's ticket changed: decide again.
            ReadTooOld: The write waited too long: decide again.
            NotApplied: QContact accepted the write and did not change the ticket.
        """
        remote_id, lost = ticket.linked.remote_id, None
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
        """Read the ticket again until one write of this run is known to have been applied."""
        if not self._is_proven:
            if not arrived(sending, await self._work.remote.get(remote_id)):
                raise NotApplied(", ".join(sending.remote))
            self._is_proven = True

    async def _update(
        self, remote_id: RemoteId, sending: Sending, check: BeforeTry
    ) -> RemoteTicket | None:
        try:
            async with self._writing(kinds_of(sending)):
                return await self._work.remote.update(remote_id, sending.remote, check)
        except TicketError as error:
            if error.code is ErrorCode.CONFLICT:
                raise RemoteMoved from error
            raise


def _together(refused: Sequence[TicketError]) -> TicketError:
    """One error for all that was refused of a ticket."""
    if len(refused) == 1:
        return refused[0]
    writes = dict.fromkeys(kind for error in refused for kind in error.writes)
    message = "; ".join(dict.fromkeys(str(error) for error in refused))
    return TicketError(message, refused[0].code, field=refused[0].field, writes=tuple(writes))
