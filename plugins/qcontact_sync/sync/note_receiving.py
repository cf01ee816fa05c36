"""Bringing in what the call centre writes: each note once, after the ticket itself."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.inbound_notes import KnownNotes, ReceivedNotes, sort_notes
from qcontact_sync.core.listed import Listed
from qcontact_sync.core.model import Direction, People, RemoteId, RemoteNote
from qcontact_sync.sync.concurrency import run_all
from qcontact_sync.sync.context import Work, attempts

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Tickets whose notes are settled together."""
MAX_UNLISTABLE = 3


class NoteReceiver:
    """Receives the notes of tickets that moved.

    Attributes:
        is_asked_for: Whether the setting says so; never in a dry run.
        asked: How many tickets' notes were asked for.
    """

    def __init__(self, work: Work, people: People) -> None:
        self._work = work
        self._people = people
        self.is_asked_for = work.options.inbound_notes and not work.is_dry
        self._is_on = self.is_asked_for
        self._unlistable = 0
        self._has_listed = False
        self.asked = 0

    async def receive(self, tickets: Sequence[Listed]) -> Sequence[tuple[RemoteId, TicketError]]:
        """Ask for the notes of tickets that moved since they were asked for last.

        Returns:
            Tickets whose notes cannot be read or written, with the error.

        Raises:
            RetryableError: QContact does not answer; what was not settled is asked for again.
        """
        stamps = {ticket.id: ticket.updated_at for ticket in tickets} if self._is_on else {}
        if not stamps:
            return ()
        is_forced = bool(self._work.run.request.ticket_ids)
        async with self._work.unit(Direction.INBOUND) as unit:
            wanted = await unit.notes.list_unread(stamps, is_forced=is_forced)
        failed: list[tuple[RemoteId, TicketError]] = []
        for start in range(0, len(wanted), AT_ONCE):
            if self._is_on:
                ids = wanted[start : start + AT_ONCE]
                failed += await self._receive_together(ids, stamps)
        return failed

    async def _receive_together(
        self, remote_ids: Sequence[RemoteId], stamps: Mapping[RemoteId, datetime | None]
    ) -> Sequence[tuple[RemoteId, TicketError]]:
        listed, failed = await self._list(remote_ids)
        try:
            await self._settle(listed, stamps)
        except TicketError as error:
            if len(listed) == 1:
                return [*failed, *((remote_id, error) for remote_id in listed)]
            for remote_id in listed:
                failed += await self._receive_together([remote_id], stamps)
        return failed

    async def _list(
        self, remote_ids: Sequence[RemoteId]
    ) -> tuple[Mapping[RemoteId, Sequence[RemoteNote]], list[tuple[RemoteId, TicketError]]]:
        listed: dict[RemoteId, Sequence[RemoteNote]] = {}
        failed: list[tuple[RemoteId, TicketError]] = []

        async def ask(remote_id: RemoteId) -> None:
            if not self._is_on:
                return
            self.asked += 1
            try:
                notes = await self._work.remote.list_notes(remote_id)
            except TicketError as error:
                if error.code is ErrorCode.AUTHORIZATION_ERROR:
                    self._stop(f"refused: {error.code}")
                else:
                    failed.append((remote_id, error))
                return
            if notes is None:
                self._count_unlistable()
            else:
                self._has_listed = True
                listed[remote_id] = notes

        waiting = deque(remote_ids)
        # One at a time until one was listed: a QContact that lists none is noticed after three.
        while waiting and self._is_on and not self._has_listed:
            await ask(waiting.popleft())
        await run_all(ask(remote_id) for remote_id in waiting)
        return listed, failed

    def _count_unlistable(self) -> None:
        """A QContact that lists no notes is not asked about each of its tickets."""
        self._unlistable += 1
        if self._unlistable >= MAX_UNLISTABLE and not self._has_listed:
            self._stop("QContact does not list notes")

    def _stop(self, reason: str) -> None:
        if self._is_on:
            log.warning("inbound.notes_off %s: no more are asked for in this run", reason)
        self._is_on = False

    async def _settle(
        self,
        listed: Mapping[RemoteId, Sequence[RemoteNote]],
        stamps: Mapping[RemoteId, datetime | None],
    ) -> None:
        if not listed:
            return
        async for attempt in attempts():
            with attempt:
                async with self._work.unit(Direction.INBOUND) as unit:
                    sent = self._work.options.sent_notes
                    known = await unit.notes.read_known(list(listed), sent=sent)
                    received = [
                        self._received(remote_id, listed[remote_id], found, stamps[remote_id])
                        for remote_id, found in known.items()
                    ]
                    await unit.notes.receive(received)

    def _received(
        self,
        remote_id: RemoteId,
        listed: Sequence[RemoteNote],
        known: KnownNotes,
        stamp: datetime | None,
    ) -> ReceivedNotes:
        arrivals = sort_notes(listed, known)
        authors = {note.id: user for note in arrivals.new if (user := self._user(note))}
        return ReceivedNotes(remote_id, known.ticket_id, arrivals, stamp, authors)

    def _user(self, note: RemoteNote) -> str | None:
        """The FibreFlow user who wrote a note in QContact, if there is one."""
        if note.author_id in self._people.name_by_id:
            return note.author_id
        return self._people.id_by_name.get(note.author or note.author_id or "")
