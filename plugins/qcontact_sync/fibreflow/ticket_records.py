"""Tickets and links on PostgreSQL: a constant number of statements a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from qcontact_sync.core.decision import DecisionKind, TicketDecision
from qcontact_sync.core.errors import ChangeDropped
from qcontact_sync.core.model import KnownTicket, LocalTicket, RemoteId, RemoteTicket
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.fibreflow.change_mark import marked_tickets, renew_marks
from qcontact_sync.fibreflow.copied_rows import copy_new
from qcontact_sync.fibreflow.new_ids import new_ids
from qcontact_sync.fibreflow.rows import (
    agreed_row,
    conflict_row,
    link,
    link_row,
    local_ticket,
    text_array,
    ticket_row,
)
from qcontact_sync.fibreflow.ticket_uids import AdoptionScan, TicketUids
from qcontact_sync.fibreflow.unit_of_work import OpenUnit, jsonb


class PostgresTickets:
    """The `TicketRecords` port."""

    def __init__(self, unit: OpenUnit, scan: AdoptionScan) -> None:
        self._unit = unit
        self._scan = scan
        self._has_scanned = False
        self._not_linked = frozenset[RemoteId]()

    async def recognise(self, digests: Mapping[RemoteId, str]) -> Mapping[RemoteId, KnownTicket]:
        params = {"remote_ids": text_array(digests), "digests": text_array(digests.values())}
        rows = await self._unit.fetch("match_received", params)
        self._not_linked = frozenset(digests).difference(*(row["remote_ids"] for row in rows))
        settled: dict[RemoteId, KnownTicket] = {}
        for row in rows:
            if row["is_settled"]:
                known = KnownTicket(is_unchanged=True, is_counted=row["is_counted"])
                settled |= dict.fromkeys(row["remote_ids"], known)
        return settled

    async def look_up(
        self, listed: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> Mapping[RemoteId, KnownTicket]:
        if not listed:
            return {}
        # The lease keeps other writers away: what had no link a moment ago has none.
        maybe = [
            (ticket, version) for ticket, version in listed if ticket.id not in self._not_linked
        ]
        linked = await self._linked(maybe, force=force) if maybe else {}
        unknown = [ticket.id for ticket, _ in listed if ticket.id not in linked]
        if not unknown:
            return linked
        unlinked = await self._unlinked(unknown)
        found = {i: KnownTicket(unlinked=rows) for i, rows in unlinked.items()}
        return {**linked, **dict.fromkeys(unknown, KnownTicket()), **found}

    async def _linked(
        self, listed: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> dict[RemoteId, KnownTicket]:
        rows = await self._unit.fetch(
            "match_links",
            {
                "remote_ids": text_array([ticket.id for ticket, _ in listed]),
                "fingerprints": text_array([fingerprint for _, fingerprint in listed]),
                "is_forced": force,
            },
        )
        changed = [row["ticket_id"] for row in rows if not row["is_unchanged"]]
        tickets = await self._tickets(changed)
        hidden = await self._hidden(changed, tickets)
        return {
            RemoteId(row["remote_id"]): KnownTicket(is_unchanged=True, is_counted=row["is_counted"])
            if row["is_unchanged"]
            else KnownTicket(
                link(row),
                tickets.get(row["ticket_id"]),
                is_counted=row["is_counted"],
                is_hidden=row["ticket_id"] in hidden,
            )
            for row in rows
        }

    async def read_linked(self, remote_ids: Sequence[RemoteId]) -> Mapping[RemoteId, KnownTicket]:
        rows = await self._unit.fetch("read_links", {"remote_ids": list(remote_ids)})
        ids = [row["ticket_id"] for row in rows]
        tickets = await self._tickets(ids)
        hidden = await self._hidden(ids, tickets)
        return {
            RemoteId(row["remote_id"]): KnownTicket(
                link(row),
                tickets.get(row["ticket_id"]),
                version=row["outbound_version"],
                is_counted=row["is_counted"],
                has_failed=row["has_failed"],
                is_hidden=row["ticket_id"] in hidden,
            )
            for row in rows
        }

    async def read_again(self, tickets: Iterable[KnownTicket]) -> Mapping[RemoteId, KnownTicket]:
        known = {ticket.linked.ticket_id: ticket for ticket in tickets}
        rows = await self._tickets(known)
        hidden = await self._hidden(list(known), rows)
        return {
            ticket.linked.remote_id: replace(ticket, local=rows.get(i), is_hidden=i in hidden)
            for i, ticket in known.items()
        }

    async def _tickets(self, ids: Iterable[UUID]) -> dict[UUID, LocalTicket]:
        """FibreFlow's rows by id, locked unless this is a dry run."""
        wanted = list(ids)
        if not wanted:
            return {}
        name = "read_tickets" if self._unit.read_only else "lock_tickets"
        rows = await self._unit.fetch(name, {"ticket_ids": wanted})
        more = self._unit.schema.updated
        return {row["id"]: local_ticket(row, more) for row in rows}

    async def _hidden(
        self, ids: Sequence[UUID], found: Mapping[UUID, LocalTicket]
    ) -> frozenset[UUID]:
        """Those not found that may be there: where policies apply, absent is not deleted."""
        absent = frozenset(ids).difference(found)
        if not absent:
            return absent
        (policies,) = await self._unit.fetch("hides_rows")
        return absent if policies["hides_rows"] else frozenset()

    async def _unlinked(self, ids: Sequence[RemoteId]) -> dict[RemoteId, tuple[LocalTicket, ...]]:
        if not self._scan.is_done and not self._unit.read_only:
            await self._unit.fetch("note_unlinked")
            (numbers,) = await self._unit.fetch("advance_ticket_uids")
            self._scan.highest_uid = numbers["highest"]
            self._has_scanned = True
        name = "preview_unlinked" if self._unit.read_only else "find_unlinked"
        rows = await self._unit.fetch(name, {"remote_ids": text_array(ids)})
        tickets = await self._tickets(row["ticket_id"] for row in rows)
        found: dict[RemoteId, tuple[LocalTicket, ...]] = {}
        for row in rows:
            if row["ticket_id"] in tickets:
                key = RemoteId(row["remote_id"])
                found[key] = (*found.get(key, ()), tickets[row["ticket_id"]])
        return found

    async def agree_assignments(self) -> None:
        marked = await marked_tickets(self._unit.database)
        await self._unit.fetch("agree_assignments", {"ticket_ids": marked})

    async def renew_marks(self, *, sent: SentNotes, compares_all: bool) -> None:
        await renew_marks(self._unit.database, sent, compares_all=compares_all)

    async def mark_gone(self, remote_ids: Sequence[RemoteId]) -> None:
        if remote_ids:
            await self._unit.fetch("mark_gone", {"remote_ids": list(remote_ids)})

    async def write(self, decisions: Sequence[TicketDecision]) -> None:
        if not decisions:
            return
        created = [d for d in decisions if d.kind is DecisionKind.CREATE]
        uids = await TicketUids(self._unit, self._scan).new_ones(created) if created else {}
        fresh = iter(new_ids(len(decisions)))
        ids = {d.remote.id: str(d.local.id) if d.local else next(fresh) for d in decisions}
        stated = decisions
        if created and await copy_new(self._unit, created, ids, uids):
            stated = [d for d in decisions if d.kind is not DecisionKind.CREATE]
        if stated:
            await self._state(stated, ids, uids)
        await self._hold_back_notes(
            [d.local.id for d in decisions if d.local and d.kind is DecisionKind.ADOPT]
        )
        await self._record_conflicts(stated, ids)

    async def _state(
        self,
        decisions: Sequence[TicketDecision],
        ids: Mapping[RemoteId, str],
        uids: Mapping[RemoteId, str],
    ) -> None:
        """Carry out decisions by statements, which return what was dropped."""
        written = [
            ticket_row(d, ids[d.remote.id], uids.get(d.remote.id), self._unit)
            for d in decisions
            if d.writes_ticket
        ]
        if written:
            await self._write_tickets(written)
        await self._write_links([link_row(d, ids[d.remote.id]) for d in decisions])

    async def write_nothing(self) -> None:
        await self._unit.fetch("lock_tickets", {"ticket_ids": []})
        await self._write_tickets([])
        await self._write_links([])

    async def _write_tickets(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Everything that the sync writes into FibreFlow's tickets."""
        dropped = await self._unit.fetch("write_tickets", {"tickets": jsonb(rows)})
        if dropped:
            raise ChangeDropped([row["remote_id"] for row in dropped], "tickets")

    async def _write_links(self, rows: Sequence[Mapping[str, Any]]) -> None:
        dropped = await self._unit.fetch("write_links", {"links": jsonb(rows)})
        if dropped:
            raise ChangeDropped([row["remote_id"] for row in dropped], dropped[0]["table_name"])

    async def _hold_back_notes(self, adopted: list[UUID]) -> None:
        if adopted:
            await self._unit.fetch("hold_back_notes", {"ticket_ids": adopted})

    async def _record_conflicts(
        self, decisions: Sequence[TicketDecision], ids: Mapping[RemoteId, str]
    ) -> None:
        rows = [
            row
            for d in decisions
            for row in (
                *(conflict_row(d.remote.id, ids[d.remote.id], c) for c in d.conflicts),
                *(agreed_row(d.remote.id, ids[d.remote.id], name) for name in d.agreed),
            )
        ]
        await self._unit.record_conflicts(rows)

    def committed(self) -> None:
        """The transaction has committed: its scan need not be repeated."""
        self._scan.is_done = self._scan.is_done or self._has_scanned
