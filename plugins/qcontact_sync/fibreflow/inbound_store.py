"""The inbound direction's transaction on PostgreSQL: a constant number of statements a batch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from qcontact_sync.core.decision import Kind, TicketDecision
from qcontact_sync.core.model import (
    Direction,
    JobId,
    LocalTicket,
    Pair,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.store_ports import Match
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.outcome_store import OutcomeUnit
from qcontact_sync.fibreflow.rows import (
    agreed_row,
    conflict_row,
    decision_row,
    link,
    local_ticket,
)

REFERENCE_REACH = 100_000
"""A case reference this far beyond the highest number in use is not taken for one."""
_CASE_REFERENCE = re.compile(r"\bFT[0-9]{6}\b")


class AdoptionScan:
    """What a look at all of FibreFlow's rows found, once per run.

    Attributes:
        is_done: Rows without a link were looked up in this run already.
        highest_uid: The highest number of six digits in use then; None where there was none.
    """

    is_done = False
    highest_uid: int | None = None


class InboundUnit(OutcomeUnit):
    """Looking up, writing and settling what came from QContact."""

    def __init__(
        self,
        database: Database,
        job_id: JobId,
        direction: Direction,
        scan: AdoptionScan,
        *,
        read_only: bool,
    ) -> None:
        super().__init__(database, job_id, direction)
        self._scan = scan
        self._has_scanned = False
        self._read_only = read_only

    async def match(
        self, tickets: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> Mapping[RemoteId, Match]:
        """Look up (ticket, fingerprint) pairs and lock the rows of those that differ."""
        linked = await self._linked(tickets, force=force)
        unknown = [ticket.id for ticket, _ in tickets if ticket.id not in linked]
        if not unknown:
            return linked
        unlinked = await self._unlinked(unknown)
        return {**linked, **{i: Match(Pair(unlinked=unlinked.get(i, ()))) for i in unknown}}

    async def _linked(
        self, tickets: Sequence[tuple[RemoteTicket, str]], *, force: bool
    ) -> dict[RemoteId, Match]:
        rows = await self._database.fetch(
            "match_links",
            {
                "remote_ids": [ticket.id for ticket, _ in tickets],
                "fingerprints": [fingerprint for _, fingerprint in tickets],
                "job_id": self._job_id,
                "is_forced": force,
            },
        )
        locals_by_id = await self.tickets(
            row["ticket_id"] for row in rows if not row["is_unchanged"]
        )
        return {
            RemoteId(row["remote_id"]): Match(
                Pair()
                if row["is_unchanged"]
                else Pair(link(row), locals_by_id.get(row["ticket_id"])),
                row["is_unchanged"],
                row["is_counted"],
            )
            for row in rows
        }

    async def tickets(self, ids: Iterable[UUID]) -> dict[UUID, LocalTicket]:
        """FibreFlow's rows by id, locked unless this is a dry run."""
        wanted = list(ids)
        if not wanted:
            return {}
        name = "read_tickets" if self._read_only else "lock_tickets"
        rows = await self._database.fetch(name, {"ticket_ids": wanted})
        return {row["id"]: local_ticket(row) for row in rows}

    async def _unlinked(self, ids: Sequence[RemoteId]) -> dict[RemoteId, tuple[LocalTicket, ...]]:
        if not self._scan.is_done and not self._read_only:
            await self._database.fetch("note_unlinked")
            (numbers,) = await self._database.fetch("advance_ticket_uids")
            self._scan.highest_uid = numbers["highest"]
            self._has_scanned = True
        name = "preview_unlinked" if self._read_only else "find_unlinked"
        rows = await self._database.fetch(name, {"remote_ids": list(ids)})
        tickets = await self.tickets(row["ticket_id"] for row in rows)
        found: dict[RemoteId, tuple[LocalTicket, ...]] = {}
        for row in rows:
            if row["ticket_id"] in tickets:
                key = RemoteId(row["remote_id"])
                found[key] = (*found.get(key, ()), tickets[row["ticket_id"]])
        return found

    async def write(self, decisions: Sequence[TicketDecision]) -> None:
        """Carry out decisions: rows, links, conflicts, audit."""
        if not decisions:
            return
        created = [d for d in decisions if d.kind is Kind.CREATE]
        uids = await self._ticket_uids(created) if created else {}
        ids = {d.remote.id: d.local.id if d.local else uuid4() for d in decisions}
        rows = [decision_row(d, ids[d.remote.id], uids.get(d.remote.id)) for d in decisions]
        await self._database.fetch(
            "write_inbound", {"decisions": _json(rows), "job_id": self._job_id}
        )
        await self._hold_back_notes([ids[d.remote.id] for d in decisions if d.kind is Kind.ADOPT])
        await self._record_conflicts(decisions, ids)

    async def _hold_back_notes(self, adopted: list[UUID]) -> None:
        if adopted:
            await self._database.fetch(
                "hold_back_notes", {"ticket_ids": adopted, "job_id": self._job_id}
            )

    async def _record_conflicts(
        self, decisions: Sequence[TicketDecision], ids: Mapping[RemoteId, UUID]
    ) -> None:
        rows = [
            row
            for d in decisions
            for row in (
                *(conflict_row(d.remote.id, ids[d.remote.id], c) for c in d.conflicts),
                *(agreed_row(d.remote.id, ids[d.remote.id], name) for name in d.agreed),
            )
        ]
        await self.record_conflict_rows(rows)

    async def _ticket_uids(self, created: Sequence[TicketDecision]) -> dict[RemoteId, str]:
        """The case reference where there is one and it is free, else the next free number."""
        wanted = {d.remote.id: self._reference(d.remote) for d in created}
        references = [reference for reference in wanted.values() if reference]
        taken = (
            {
                row["ticket_uid"]
                for row in await self._database.fetch(
                    "taken_ticket_uids", {"ticket_uids": references}
                )
            }
            if references
            else set()
        )
        uids: dict[RemoteId, str] = {}
        for remote_id, reference in wanted.items():
            if reference and reference not in taken:
                uids[remote_id] = reference
                taken.add(reference)
        rest = [remote_id for remote_id in wanted if remote_id not in uids]
        uids.update(zip(rest, await self._next_uids(len(rest), taken), strict=True))
        return uids

    def _reference(self, remote: RemoteTicket) -> str | None:
        """The ticket's case reference, if it can be one."""
        reference, highest = _case_reference(remote), self._scan.highest_uid
        if reference and highest is not None and int(reference[2:]) > highest + REFERENCE_REACH:
            return None
        return reference

    async def _next_uids(self, count: int, taken: set[str]) -> list[str]:
        fresh: list[str] = []
        while len(fresh) < count:
            rows = await self._database.fetch("next_ticket_uids", {"count": count - len(fresh)})
            fresh += [row["ticket_uid"] for row in rows if row["ticket_uid"] not in taken]
        return fresh

    def committed(self) -> None:
        """What was scanned in this transaction has come to stay."""
        self._scan.is_done = self._scan.is_done or self._has_scanned

    async def settle_until(self, moment: datetime) -> None:
        """Everything of the window before this instant is settled; may move the cursor."""
        await self._database.fetch(
            "settle_until", {"job_id": self._job_id, "settled_until": moment}
        )


def _case_reference(remote: RemoteTicket) -> str | None:
    found = _CASE_REFERENCE.search(f"{remote.id} {remote.values.get('title') or ''}")
    return found.group() if found else None


def _json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()
