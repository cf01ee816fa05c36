"""FibreFlow's notes on their way to QContact."""

from collections.abc import Mapping
from typing import Any

from qcontact_sync.core.model import LocalId, Note, RemoteId
from qcontact_sync.core.unit_ports import NoteToSend
from qcontact_sync.fibreflow.unit_of_work import OpenUnit


class PostgresNotes:
    """The `NoteRecords` port."""

    def __init__(self, unit: OpenUnit) -> None:
        self._unit = unit

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
            },
        )

    async def settle(self, note: Note, remote_note_id: str | None) -> None:
        await self._end(note, "sent", remote_note_id)

    async def withdraw(self, note: Note) -> None:
        await self._unit.fetch("withdraw_note", {"note_id": note.id})

    async def doubt(self, note: Note) -> None:
        await self._end(note, "doubtful", None)

    async def _end(self, note: Note, state: str, remote_note_id: str | None) -> None:
        params = {"note_id": note.id, "state": state, "remote_note_id": remote_note_id}
        await self._unit.fetch("settle_note", params)


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
