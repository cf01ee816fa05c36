"""Carrying out a person's choice about many tickets, batch by batch, under the account's lease."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from qcontact_sync.core.choice import Choice, choose
from qcontact_sync.core.decision import Conflict
from qcontact_sync.core.errors import ErrorCode, RetryableError, SyncError, TicketError
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    OUTSIDE_RUNS,
    Direction,
    KnownTicket,
    People,
    RemoteId,
    RemoteTicket,
)
from qcontact_sync.core.ports import TicketAccess
from qcontact_sync.core.store_ports import Lease, Store
from qcontact_sync.core.unit_ports import UnitOfWork
from qcontact_sync.sync.context import attempts
from qcontact_sync.sync.last_seen import as_last_seen
from qcontact_sync.sync.single_reads import read_each, rows_read_apart

BATCH = 100
NOT_LINKED = "not linked: a run that brings it in links it first"
CHANGED = "it changed since it was shown: look again"


@dataclass(frozen=True, slots=True)
class ChosenTicket:
    """What a choice made of one ticket, or in a dry run would.

    Attributes:
        decided: Fields that it ended, with the values before.
        refused: Why fields could not be decided so.
        problem: Why nothing could be decided.
    """

    remote_id: RemoteId
    ticket_uid: str | None = None
    decided: tuple[Conflict, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Choosing:
    """What choices are carried out with.

    Attributes:
        lease: None in a dry run: nothing is written.
        by: Who decided, for the record.
        keep: ``local`` or ``remote``.
        only: Only this field; None is every field that is not the same.
        reads_now: QContact is asked how the tickets are now; if not, they are taken as the sync
            saw them last, and what QContact changed since counts as a later edit.
        versions: What each ticket must still be (`TicketComparison.version`); others are not
            checked.
    """

    store: Store
    remote: TicketAccess
    policy: Policy
    lease: Lease | None
    by: str
    keep: str
    only: str | None = None
    reads_now: bool = True
    versions: Mapping[RemoteId, str] = field(default_factory=dict)

    async def choose(self, remote_ids: Sequence[RemoteId]) -> AsyncIterator[ChosenTicket]:
        """Decide about each ticket; each batch is one transaction."""
        people = await self.store.load_people()
        ids = list(dict.fromkeys(remote_ids))
        for start in range(0, len(ids), BATCH):
            for chosen in await self._batch(ids[start : start + BATCH], people):
                yield chosen

    async def _batch(
        self, remote_ids: Sequence[RemoteId], people: People
    ) -> Sequence[ChosenTicket]:
        """If the database refuses a ticket, the batch is divided until only that one is left."""
        try:
            return await self._together(remote_ids, people)
        except (TicketError, RetryableError) as error:
            if len(remote_ids) == 1 and isinstance(error, TicketError):
                return [ChosenTicket(remote_ids[0], problem=str(error))]
            if not isinstance(error, TicketError):
                raise
        middle = len(remote_ids) // 2
        return [
            *await self._batch(remote_ids[:middle], people),
            *await self._batch(remote_ids[middle:], people),
        ]

    async def _together(
        self, remote_ids: Sequence[RemoteId], people: People
    ) -> Sequence[ChosenTicket]:
        tickets, problems = await self._read(remote_ids)
        chosen: list[ChosenTicket] = []
        async for attempt in attempts():
            with attempt:
                async with self.store.unit(OUTSIDE_RUNS, Direction.INBOUND, self.lease) as unit:
                    known = await unit.tickets.read_linked(remote_ids)
                    choices = {
                        i: self._choose(found, tickets.get(i), people)
                        for i, found in known.items()
                        if i not in problems and self._is_as_shown(found)
                    }
                    if self.lease is not None:
                        await self._write(unit, known, choices)
                chosen = [self._outcome(i, known.get(i), choices, problems) for i in remote_ids]
        return chosen

    async def _read(
        self, remote_ids: Sequence[RemoteId]
    ) -> tuple[Mapping[RemoteId, RemoteTicket], Mapping[RemoteId, str]]:
        """The tickets as they are now, and why some cannot be decided about.

        For one that QContact does not have any more, FibreFlow's value can still be kept.
        """
        if not self.reads_now:
            return {}, {}
        reads = await read_each(self.remote, remote_ids)
        reads.raise_if_nothing_answered()
        failed: list[tuple[RemoteId, SyncError]] = [*reads.refused, *reads.unreachable]
        problems = {
            remote_id: f"QContact: {error}"
            for remote_id, error in failed
            if error.code is not ErrorCode.NOT_FOUND or self.keep == "remote"
        }
        return {ticket.id: ticket for ticket in reads.tickets}, problems

    def _is_as_shown(self, known: KnownTicket) -> bool:
        shown = self.versions.get(known.linked.remote_id)
        return shown is None or shown == known.version

    def _choose(self, known: KnownTicket, ticket: RemoteTicket | None, people: People) -> Choice:
        seen = ticket or as_last_seen(known.linked)
        return choose(self.keep, self.only, seen, known, people, self.policy)

    async def _write(
        self,
        unit: UnitOfWork,
        known: Mapping[RemoteId, KnownTicket],
        choices: Mapping[RemoteId, Choice],
    ) -> None:
        decisions = [choice.decision for choice in choices.values() if choice.decision]
        changed = [decision.remote.id for decision in decisions]
        for remote_id in changed:
            await unit.conflicts.record_choices(
                remote_id,
                known[remote_id].linked.ticket_id,
                choices[remote_id].decided,
                f"kept {self.keep}",
                self.by,
            )
        await unit.tickets.write(decisions)
        await unit.progress.settle_rows(rows_read_apart(self.remote, changed))

    def _outcome(
        self,
        remote_id: RemoteId,
        known: KnownTicket | None,
        choices: Mapping[RemoteId, Choice],
        problems: Mapping[RemoteId, str],
    ) -> ChosenTicket:
        uid = known.local.ticket_uid if known and known.local else None
        if remote_id in choices:
            choice = choices[remote_id]
            return ChosenTicket(remote_id, uid, choice.decided, choice.refused)
        problem = problems.get(remote_id) or (CHANGED if known else NOT_LINKED)
        return ChosenTicket(remote_id, uid, problem=problem)
