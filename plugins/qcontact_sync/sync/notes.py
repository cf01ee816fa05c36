"""Sending FibreFlow's notes, each at most once: record the intent, send, settle."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import NAMESPACE_URL, uuid5

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.errors import (
    ErrorCode,
    LeaseLost,
    OutcomeUnknown,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import Direction, Note, RemoteId, RemoteNote, SyncType
from qcontact_sync.core.unit_ports import NoteToSend, SentRow, UnitOfWork
from qcontact_sync.sync.context import Work

Writing = Callable[[Collection[SyncType]], AbstractAsyncContextManager[None]]
Finish = Callable[[UnitOfWork], Awaitable[None]]


class NoteDoubtful(TicketError):
    """The sync cannot find out whether a note arrived: a user decides."""

    def __init__(self, note: Note) -> None:
        super().__init__(
            "a note was sent and no answer came, and QContact cannot be asked whether it arrived; "
            "`failures retry` sends it again, `failures dismiss` counts it as sent",
            ErrorCode.TIMEOUT,
        )
        self.note = note


def idempotency_key(note: Note) -> str:
    """The key of a note, the same in every try and every run."""
    return str(uuid5(NAMESPACE_URL, f"qcontact-sync/note/{note.id}"))


class NoteSender:
    """Sends the notes of one ticket, in order.

    Args:
        writing: Held around each write.
        finish: Called in the transaction that settles the last note.
    """

    def __init__(self, work: Work, remote_id: RemoteId, writing: Writing, finish: Finish) -> None:
        self._work = work
        self._remote_id = remote_id
        self._writing = writing
        self._finish = finish
        self._sent_ids: set[str] = set()
        self._sent_unnamed = 0

    async def send(self, notes: Sequence[NoteToSend]) -> None:
        """Send what did not arrive yet.

        Raises:
            NoteDoubtful: The outcome of one is unknown; the notes after it wait.
        """
        for waiting in notes:
            self._sent_ids |= waiting.sent_ids
            self._sent_unnamed = max(self._sent_unnamed, waiting.sent_unnamed)
            equal_now = await self._list_equal(waiting.note)
            if self._is_there(waiting, equal_now):
                remote_note_id = None
            else:
                remote_note_id = await self._send(waiting.note, _count(equal_now))
            await self._settle(waiting.note, remote_note_id, is_last=waiting is notes[-1])

    def _is_there(self, waiting: NoteToSend, equal_now: Sequence[RemoteNote] | None) -> bool:
        if waiting.is_intended:
            return _has_arrived(waiting, _count(equal_now))
        return self._is_unaccounted_for(waiting.note, equal_now or ())

    def _is_unaccounted_for(self, note: Note, equal: Sequence[RemoteNote]) -> bool:
        """Whether QContact has more of our notes than the record (a backup was restored)."""
        ours = [
            other
            for other in equal
            if (other.author_id, other.is_internal) == (note.author_id, note.is_internal)
            and other.id not in self._sent_ids
        ]
        return len(ours) > self._sent_unnamed

    async def _list_equal(self, note: Note) -> Sequence[RemoteNote] | None:
        """The equal notes that QContact lists; None if it cannot list notes."""
        listed = await self._work.remote.list_notes(self._remote_id)
        if listed is None:
            return None
        wanted = canonical_text(note.content)[0]
        return [other for other in listed if canonical_text(other.content)[0] == wanted]

    async def _send(self, note: Note, equal_before: int | None) -> str | None:
        """Record the intent and send; QContact's id of the note, if the answer has it."""
        async with self._work.unit(Direction.OUTBOUND) as unit:
            key = idempotency_key(note)
            await unit.notes.intend(note, self._remote_id, key, equal_before)
        try:
            async with self._writing((SyncType.NOTE_ADD,)):
                return await self._work.remote.add_note(
                    self._remote_id, note, key, self._work.check_lease
                )
        except OutcomeUnknown:
            intended = NoteToSend(note, is_intended=True, equal_before=equal_before)
            if not _has_arrived(intended, _count(await self._list_equal(note))):
                raise
            return None
        except LeaseLost:
            raise
        except SyncError:
            # It certainly has not arrived: later runs need not look for it.
            async with self._work.unit(Direction.OUTBOUND) as unit:
                await unit.notes.withdraw(note)
            raise

    async def _settle(self, note: Note, remote_note_id: str | None, *, is_last: bool) -> None:
        """Close the intent and write the audit row in one transaction."""
        row = SentRow(
            self._remote_id,
            note.ticket_id,
            SyncType.NOTE_ADD,
            {"note_id": str(note.id), "is_internal": note.is_internal},
            {"id": remote_note_id} if remote_note_id else None,
        )
        if remote_note_id is None:
            self._sent_unnamed += 1
        else:
            self._sent_ids.add(remote_note_id)
        async with self._work.unit(Direction.OUTBOUND) as unit:
            await unit.notes.settle(note, remote_note_id)
            await unit.progress.audit_sent([row])
            if is_last:
                await self._finish(unit)


def _count(notes: Sequence[RemoteNote] | None) -> int | None:
    return None if notes is None else len(notes)


def _has_arrived(waiting: NoteToSend, equal_now: int | None) -> bool:
    """Whether QContact lists a note that was about to be sent.

    Raises:
        NoteDoubtful: QContact cannot list notes now, or could not before the note was sent.
    """
    if equal_now is None or waiting.equal_before is None:
        raise NoteDoubtful(waiting.note)
    return equal_now > waiting.equal_before
