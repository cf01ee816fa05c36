"""The `Store` port on `FibreFlow`: transactions stage what they do and apply it at their end."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from qcontact_sync.core.errors import LeaseLost
from qcontact_sync.core.model import (
    Direction,
    JobId,
    Note,
    People,
    RemoteId,
    Window,
)
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.outbound import version_with
from qcontact_sync.core.store_ports import Lease
from qcontact_sync.core.unit_ports import NoteToSend, UnitOfWork
from qcontact_sync.core.walk import KnownRow

from tests.fakes.fake_fibreflow import FibreFlow
from tests.fakes.fake_gate import Gate
from tests.fakes.fake_runs import renew
from tests.fakes.fake_unit import FakeUnit

AT_ONCE = 2


class FakeStore:
    """FibreFlow's database as one direction of a run uses it.

    Attributes:
        seen: By ticket and field, the number of the edit that was read last, to send from.
    """

    def __init__(self, fibreflow: FibreFlow, gate: Gate) -> None:
        self._fibreflow = fibreflow
        self._gate = gate
        self._free = asyncio.Semaphore(AT_ONCE)
        self.seen: dict[tuple[RemoteId, str], int] = {}

    @asynccontextmanager
    async def unit(
        self, job_id: JobId, direction: Direction, lease: Lease | None
    ) -> AsyncIterator[UnitOfWork]:
        async with self._free:
            unit = FakeUnit(
                self._fibreflow, self._gate.time, job_id, direction, self.seen,
                is_dry=lease is None,
            )  # fmt: skip
            try:
                yield UnitOfWork(unit, unit, unit, unit, unit)
                if lease is not None:
                    async with self._gate.io(f"commit of {', '.join(unit.deeds)}"):
                        if not renew(self._fibreflow, lease):
                            raise LeaseLost
                        unit.commit()
            finally:
                unit.end()

    async def cursor_age(self, job_id: JobId) -> timedelta | None:
        async with self._gate.io("read of the cursor's age"):
            cursor = self._fibreflow.cursors.get(self._fibreflow.runs[job_id].key.account)
            if cursor is None:
                return None
            return self._fibreflow.now() - self._fibreflow.runs[cursor[1]].opened_at

    async def load_people(self) -> People:
        async with self._gate.io("read of the users"):
            return self._fibreflow.people()

    async def list_due(self, direction: Direction, limit: int) -> Sequence[RemoteId]:
        async with self._gate.io("read of what is due"):
            here = self._fibreflow
            due = [
                remote_id
                for (remote_id, way), entry in here.quarantine.items()
                if way == direction
                and not entry.is_dismissed
                and entry.next_try_at is not None
                and entry.next_try_at <= here.now()
            ]
            frozen = [
                i
                for i, known in here.links.items()
                if known.link.frozen
                and not known.is_gone
                and (i, Direction.INBOUND) not in here.quarantine
            ]
            inbound = frozen if direction is Direction.INBOUND else []
            return [*due, *inbound][:limit]

    async def resolve_ids(self, given: Sequence[str]) -> Mapping[str, RemoteId]:
        async with self._gate.io("read of ids"):
            here = self._fibreflow
            linked = {known.link.ticket_id: i for i, known in here.links.items()}
            found = {str(i): RemoteId(i) for i in given if i in here.links}
            for ticket_id, row in here.tickets.items():
                remote_id = linked.get(ticket_id) or row.external_id
                for name in {str(ticket_id), row.ticket_uid} & set(given):
                    if remote_id is not None:
                        found[name] = RemoteId(remote_id)
            return found

    async def list_pending(
        self, window: Window | None, remote_ids: Sequence[RemoteId] | None, *, sent: SentNotes
    ) -> Sequence[RemoteId]:
        async with self._gate.io("read of what is pending"):
            here = self._fibreflow
            rows = {i: row for i in here.links if (row := here.row_of(i)) is not None}
            pending = [
                i
                for i, row in rows.items()
                if (remote_ids is None or i in remote_ids)
                and (window is None or _lies_in(row.updated_at, window))
                and self._is_pending(i, sent=sent, is_dated=window is not None)
            ]
            return sorted(pending, key=lambda i: (rows[i].updated_at, i))

    def _is_pending(self, remote_id: RemoteId, *, sent: SentNotes, is_dated: bool) -> bool:
        here, found = self._fibreflow, self._fibreflow.links[remote_id]
        notes = here.notes_to_send(found.link.ticket_id, sent=sent)
        if found.is_gone or not (notes or here.has_moved(remote_id)):
            return False
        entry = here.quarantine.get((remote_id, Direction.OUTBOUND))
        if entry is None:
            return True
        is_due = entry.next_try_at is not None and entry.next_try_at <= here.now()
        if is_due and not entry.is_dismissed and not is_dated:
            return True
        waiting = (self._to_send(i, sent).version for i in notes)
        return entry.version != version_with(here.pair_version(remote_id), waiting)

    def _to_send(self, note_id: UUID, sent: SentNotes) -> NoteToSend:
        note, known = self._fibreflow.notes[note_id], self._fibreflow.known_notes.get(note_id)
        return NoteToSend(
            Note(note_id, note.ticket_id, note.content, note.note_type in sent.internal),
            known is not None,
            known.equal_before if known else None,
            f"{note_id}{note.content}",
        )

    async def list_notes_to_send(
        self, remote_ids: Sequence[RemoteId], *, sent: SentNotes
    ) -> Mapping[RemoteId, Sequence[NoteToSend]]:
        async with self._gate.io("read of notes to send"):
            here = self._fibreflow
            notes = {
                i: here.notes_to_send(here.links[i].link.ticket_id, sent=sent)
                for i in remote_ids
                if i in here.links
            }
            return {
                i: [self._to_send(n, sent) for n in found] for i, found in notes.items() if found
            }

    async def read_listed_rows(
        self, job_id: JobId, finished: Collection[str]
    ) -> Mapping[RemoteId, KnownRow]:
        async with self._gate.io("read of settled rows"):
            here = self._fibreflow
            return {
                i: self._known_row(i, job_id, finished) for i in {**here.links, **here.settled_rows}
            }

    def _known_row(self, remote_id: RemoteId, job_id: JobId, finished: Collection[str]) -> KnownRow:
        here = self._fibreflow
        settled, known = here.settled_rows.get(remote_id), here.links.get(remote_id)
        return KnownRow(
            settled.digest if settled else None,
            here.now() - settled.looked_at if settled else None,
            is_finished=known is not None and known.link.base.local["status"] in finished,
            is_linked=known is not None,
            is_gone=known is not None and known.is_gone,
            is_counted=settled is not None and settled.job_id == job_id,
        )

    async def count_links(self, at_most: int | None = None) -> int:
        async with self._gate.io("count of links"):
            links = len(self._fibreflow.links)
            return links if at_most is None else min(links, at_most)


def _lies_in(moment: datetime, window: Window) -> bool:
    return (window.start is None or window.start <= moment) and moment < window.end
