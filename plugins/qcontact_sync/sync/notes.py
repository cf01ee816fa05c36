"""FibreFlow's notes go out, at most once each: intent, send, settle; never guessed."""

from collections.abc import Callable, Sequence
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
from qcontact_sync.core.model import Direction, Note, RemoteId, SyncType
from qcontact_sync.core.store_ports import NoteToSend, SentRow
from qcontact_sync.sync.context import Work

Writing = Callable[[], AbstractAsyncContextManager[None]]


class NoteDoubtful(TicketError):
    """Whether a note arrived cannot be known: a person decides."""

    def __init__(self) -> None:
        super().__init__(
            "a note was sent and no answer came, and QContact cannot be asked whether it arrived; "
            "`failures retry` sends it again, `failures dismiss` counts it as sent",
            ErrorCode.TIMEOUT,
        )


def idempotency_key(note: Note) -> str:
    """The same for a note in every try and every run."""
    return str(uuid5(NAMESPACE_URL, f"qcontact-sync/note/{note.id}"))


async def send_notes(
    work: Work, remote_id: RemoteId, notes: Sequence[NoteToSend], writing: Writing
) -> int:
    """Send a ticket's notes in order.

    Args:
        writing: To be held around every write.

    Returns:
        How many were sent now.

    Raises:
        NoteDoubtful: One has an unknown outcome; the rest wait behind it.
    """
    sent = 0
    for waiting in notes:
        equal_now = await _count_equal(work, remote_id, waiting.note)
        if waiting.is_intended and await _has_arrived(work, remote_id, waiting, equal_now):
            continue
        sent += await _send(work, remote_id, waiting.note, equal_now, writing)
    return sent


async def _count_equal(work: Work, remote_id: RemoteId, note: Note) -> int | None:
    """How many notes QContact lists that say the same; None where it cannot list."""
    listed = await work.remote.list_notes(remote_id)
    if listed is None:
        return None
    wanted = canonical_text(note.content)[0]
    return sum(canonical_text(other.content)[0] == wanted for other in listed)


async def _has_arrived(
    work: Work, remote_id: RemoteId, waiting: NoteToSend, equal_now: int | None
) -> bool:
    """Settle a note that an earlier run was about to send, if QContact shows it."""
    if equal_now is None or waiting.equal_before is None:
        async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
            await unit.doubt_note(waiting.note)
        raise NoteDoubtful
    if equal_now <= waiting.equal_before:
        return False
    await _settle(work, remote_id, waiting.note, None)
    return True


async def _send(
    work: Work, remote_id: RemoteId, note: Note, equal_before: int | None, writing: Writing
) -> int:
    key = idempotency_key(note)
    async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
        await unit.intend_note(note, remote_id, key, equal_before)
    try:
        async with writing():
            remote_note_id = await work.remote.add_note(remote_id, note, key, work.check_lease)
    except OutcomeUnknown:
        intended = NoteToSend(note, is_intended=True, equal_before=equal_before)
        equal_now = await _count_equal(work, remote_id, note)
        if not await _has_arrived(work, remote_id, intended, equal_now):
            raise
        return 1
    except LeaseLost:
        raise
    except SyncError:
        # It has not arrived for certain: no later run need ask itself.
        async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
            await unit.withdraw_note(note)
        raise
    await _settle(work, remote_id, note, remote_note_id)
    return 1


async def _settle(work: Work, remote_id: RemoteId, note: Note, remote_note_id: str | None) -> None:
    """Close the intent and write the audit row in one transaction."""
    row = SentRow(
        remote_id,
        note.ticket_id,
        SyncType.NOTE_ADD,
        {"note_id": str(note.id), "is_internal": note.is_internal},
        {"id": remote_note_id} if remote_note_id else None,
    )
    async with work.store.unit(work.run.job_id, Direction.OUTBOUND, work.lease) as unit:
        await unit.settle_note(note, remote_note_id)
        await unit.audit_sent([row])
