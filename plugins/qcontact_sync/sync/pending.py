"""What is pending outbound, and each ticket of it as it is shortly before it is sent."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from qcontact_sync.core.errors import RowLocked
from qcontact_sync.core.model import Direction, KnownTicket, RemoteId
from qcontact_sync.core.outbound import version_with
from qcontact_sync.core.unit_ports import NoteToSend, UnitOfWork
from qcontact_sync.sync.context import Work, attempts

BATCH = 200

PendingTicket = tuple[KnownTicket, Sequence[NoteToSend]]
Failed = Callable[[KnownTicket, Exception], Awaitable[None]]


async def renew_marks(work: Work, unit: UnitOfWork) -> None:
    """Bring the marks of changed tickets up to date, where all that is pending will be listed."""
    request = work.run.request
    if not request.ticket_ids:
        await unit.tickets.renew_marks(
            sent=work.options.sent_notes, compares_all=request.force_resync
        )


async def list_pending(work: Work) -> Sequence[RemoteId]:
    """The tickets with something to send, oldest change first."""
    request = work.run.request
    only = None
    if request.ticket_ids:
        found = await work.store.resolve_ids(request.ticket_ids)
        only = sorted(set(found.values()))
    return await work.store.list_pending(
        work.run.window if work.run.is_dated else None,
        only,
        sent=work.options.sent_notes,
    )


async def read_pending(
    work: Work, pending: Sequence[RemoteId], failed: Failed
) -> AsyncGenerator[PendingTicket, None]:
    """The pending tickets with their notes, read in batches as they are needed.

    Args:
        failed: Called for a ticket that FibreFlow keeps locked: it is about to change, and what it
            held before is not sent.
    """
    for start in range(0, len(pending), BATCH):
        remote_ids = pending[start : start + BATCH]
        tickets, locked = await _read_linked(work, remote_ids)
        notes = await work.store.list_notes_to_send(remote_ids, sent=work.options.sent_notes)
        tickets = {i: _with_notes(ticket, notes.get(i, ())) for i, ticket in tickets.items()}
        for remote_id, error in locked.items():
            await failed(tickets.pop(remote_id), error)
        for remote_id in remote_ids:
            if remote_id in tickets:
                yield tickets[remote_id], notes.get(remote_id, ())


async def _read_linked(
    work: Work, remote_ids: Sequence[RemoteId]
) -> tuple[dict[RemoteId, KnownTicket], Mapping[RemoteId, RowLocked]]:
    """Tickets as they are now, and which of them FibreFlow keeps locked."""
    locked: dict[RemoteId, RowLocked] = {}
    try:
        return await _lock(work, remote_ids), locked
    except RowLocked:
        async with work.store.unit(work.run.job_id, Direction.OUTBOUND, None) as unit:
            tickets = await unit.tickets.read_linked(remote_ids)
    for remote_id in tickets:
        try:
            await _lock(work, [remote_id])
        except RowLocked as error:
            locked[remote_id] = error
    return dict(tickets), locked


async def _lock(work: Work, remote_ids: Sequence[RemoteId]) -> dict[RemoteId, KnownTicket]:
    async for attempt in attempts():
        with attempt:
            async with work.unit(Direction.OUTBOUND) as unit:
                return dict(await unit.tickets.read_linked(remote_ids))
    raise AssertionError("the last attempt returns or raises")


def _with_notes(ticket: KnownTicket, notes: Sequence[NoteToSend]) -> KnownTicket:
    return replace(ticket, version=version_with(ticket.version, (note.version for note in notes)))
