"""FibreFlow's notes that are sent to QContact, and QContact's notes that come in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qcontact_sync.core.inbound_notes import (
    KnownNotes,
    OwnNote,
    ReceivedNotes,
    note_digest,
    received_note_id,
)
from qcontact_sync.core.model import LocalId, Note, RemoteId
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.unit_ports import NoteToSend
from qcontact_sync.fibreflow.unit_of_work import OpenUnit, jsonb

_RECEIVE = {"notes": "receive_notes", "activities": "receive_activities"}


class PostgresNotes:
    """The `NoteRecords` port.

    Args:
        into: What QContact's notes become, a key of `_RECEIVE`.
    """

    def __init__(self, unit: OpenUnit, into: str = "notes") -> None:
        self._unit = unit
        self._into = into

    async def intend(
        self, note: Note, remote_id: RemoteId, key: str, equal_before: int | None
    ) -> None:
        await self._unit.fetch(
            "intend_note",
            {
                "note_id": note.id,
                "ticket_id": note.ticket_id,
                "remote_id": remote_id,
                "idempotency_key": key,
                "equal_before": equal_before,
                "content_digest": note_digest(note.content),
            },
        )

    async def settle(self, note: Note, remote_note_id: str | None) -> None:
        await self._end(note, "sent", remote_note_id)

    async def withdraw(self, note: Note) -> None:
        await self._unit.fetch("withdraw_note", {"note_id": note.id})

    async def doubt(self, note: Note) -> None:
        await self._end(note, "doubtful", None)

    async def list_unread(
        self, stamps: Mapping[RemoteId, datetime | None], *, is_forced: bool
    ) -> Sequence[RemoteId]:
        params = {
            "remote_ids": list(stamps),
            "stamps": list(stamps.values()),
            "is_forced": is_forced,
        }
        rows = await self._unit.fetch("list_unread_notes", params)
        return [RemoteId(row["remote_id"]) for row in rows]

    async def read_known(
        self, remote_ids: Sequence[RemoteId], *, sent: SentNotes
    ) -> Mapping[RemoteId, KnownNotes]:
        params = {"remote_ids": list(remote_ids), **note_params(sent)}
        rows = await self._unit.fetch("read_known_notes", params)
        return {
            RemoteId(row["remote_id"]): KnownNotes(
                LocalId(row["ticket_id"]),
                row["received"],
                frozenset(row["sent_ids"]),
                tuple(map(_own_note, row["unnamed"])),
            )
            for row in rows
        }

    async def receive(self, received: Sequence[ReceivedNotes]) -> None:
        new = [row for ticket in received for row in _new_rows(ticket)]
        if new:
            await self._unit.fetch(_RECEIVE[self._into], {"notes": jsonb(new)})
        await self._unit.fetch(
            "settle_read_notes",
            {
                "named": jsonb(
                    [
                        {"note_id": note_id, "remote_note_id": remote_note_id}
                        for ticket in received
                        for note_id, remote_note_id in ticket.arrivals.named
                    ]
                ),
                "taken_back": jsonb([row for t in received for row in _taken_back_rows(t)]),
                "remote_ids": [ticket.remote_id for ticket in received],
                "stamps": [ticket.stamp for ticket in received],
            },
        )

    async def _end(self, note: Note, state: str, remote_note_id: str | None) -> None:
        params = {"note_id": note.id, "state": state, "remote_note_id": remote_note_id}
        await self._unit.fetch("settle_note", params)


def _own_note(entry: Mapping[str, Any]) -> OwnNote:
    content = entry["content"]
    digest = entry["digest"] or (None if content is None else note_digest(content))
    return OwnNote(UUID(entry["id"]), digest, entry["is_settled"])


def _new_rows(ticket: ReceivedNotes) -> Iterator[Mapping[str, Any]]:
    for note in ticket.arrivals.new:
        yield {
            "id": received_note_id(ticket.remote_id, note),
            "ticket_id": ticket.ticket_id,
            "remote_id": ticket.remote_id,
            "remote_note_id": note.id,
            "content": note.content,
            "is_internal": note.is_internal,
            "author": note.author or note.author_id,
            "author_id": ticket.authors.get(note.id),
            "written_at": note.written_at,
        }


def _taken_back_rows(ticket: ReceivedNotes) -> Iterator[Mapping[str, Any]]:
    changes = ((ticket.arrivals.taken_back, True), (ticket.arrivals.returned, False))
    for ids, is_back in changes:
        for remote_note_id in ids:
            yield {
                "remote_id": ticket.remote_id,
                "remote_note_id": remote_note_id,
                "is_back": is_back,
            }


def note_params(sent: SentNotes) -> Mapping[str, list[str]]:
    """The params of statements that look at notes that leave."""
    return {"public_notes": list(sent.public), "internal_notes": list(sent.internal)}


def note_to_send(row: Mapping[str, Any]) -> NoteToSend:
    """A row of ``list_notes_to_send``."""
    return NoteToSend(
        Note(
            id=row["id"],
            ticket_id=LocalId(row["ticket_id"]),
            content=row["content"],
            is_internal=row["is_internal"],
            author_id=row["author_id"],
        ),
        row["is_intended"],
        row["equal_before"],
        row["version"],
        frozenset(row["sent_ids"] or ()),
        row["sent_unnamed"],
    )
