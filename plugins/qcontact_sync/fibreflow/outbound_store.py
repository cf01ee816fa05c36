"""The outbound direction's statements: what is to be sent, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qcontact_sync.core.decision import Conflict
from qcontact_sync.core.model import LocalId, LocalTicket, Note, RemoteId
from qcontact_sync.core.store_ports import NoteToSend, OutboundPair, SentRow
from qcontact_sync.fibreflow.inbound_store import InboundUnit
from qcontact_sync.fibreflow.rows import conflict_row, link


class PostgresUnit(InboundUnit):
    """The `Unit` port inside one open transaction."""

    async def read_pairs(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, OutboundPair]:
        """Links and rows as they stand, the rows locked."""
        rows = await self._database.fetch(
            "read_links", {"remote_ids": list(remote_ids), "job_id": self._job_id}
        )
        tickets: dict[Any, LocalTicket] = await self.tickets(row["ticket_id"] for row in rows)
        return {
            RemoteId(row["remote_id"]): OutboundPair(
                link(row),
                tickets.get(row["ticket_id"]),
                row["outbound_version"],
                row["is_counted"],
            )
            for row in rows
        }

    async def audit_sent(self, rows: Sequence[SentRow]) -> None:
        """Put on record what was sent."""
        if rows:
            await self._database.fetch(
                "audit_sent",
                {"rows": msgspec.json.encode(rows).decode(), "job_id": self._job_id},
            )

    async def mark_counted(self, remote_ids: Sequence[RemoteId]) -> None:
        """These tickets are part of this run's outbound counts."""
        if remote_ids:
            await self._database.fetch(
                "mark_counted", {"remote_ids": list(remote_ids), "job_id": self._job_id}
            )

    async def keep_losers(
        self, remote_id: RemoteId, ticket_id: LocalId, conflicts: Sequence[Conflict]
    ) -> None:
        """Put settled conflicts on record."""
        await self.record_conflict_rows([conflict_row(remote_id, ticket_id, c) for c in conflicts])

    async def close_conflict(
        self, remote_id: RemoteId, field: str, resolution: str, by: str
    ) -> None:
        """A person, ``by`` name, decided about a frozen field."""
        await self._database.fetch(
            "close_conflict",
            {"remote_id": remote_id, "field": field, "resolution": resolution, "by": by},
        )

    async def release_moot(self, *, internal_notes: bool) -> None:
        """Take tickets that have nothing to send any more out of quarantine."""
        await self._database.fetch("release_moot", {"internal_notes": internal_notes})

    async def mark_gone(self, remote_ids: Sequence[RemoteId]) -> None:
        """QContact does not know these tickets any more: stop trying."""
        if remote_ids:
            await self._database.fetch("mark_gone", {"remote_ids": list(remote_ids)})

    async def intend_note(
        self, note: Note, remote_id: RemoteId, key: str, equal_before: int | None
    ) -> None:
        """Put on record that a note is about to be sent, under this idempotency key."""
        await self._database.fetch(
            "intend_note",
            {
                "note_id": note.id,
                "ticket_id": note.ticket_id,
                "remote_id": remote_id,
                "idempotency_key": key,
                "equal_before": equal_before,
                "job_id": self._job_id,
            },
        )

    async def settle_note(self, note: Note, remote_note_id: str | None) -> None:
        """The note has arrived: close its intent."""
        await self._end_note(note, "sent", remote_note_id)

    async def withdraw_note(self, note: Note) -> None:
        """The note was refused and has not arrived: forget the intent."""
        await self._database.fetch("withdraw_note", {"note_id": note.id})

    async def doubt_note(self, note: Note) -> None:
        """Whether the note arrived cannot be known: it waits for a person."""
        await self._end_note(note, "doubtful", None)

    async def _end_note(self, note: Note, state: str, remote_note_id: str | None) -> None:
        await self._database.fetch(
            "settle_note",
            {
                "note_id": note.id,
                "state": state,
                "remote_note_id": remote_note_id,
                "job_id": self._job_id,
            },
        )


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
