"""Reading the present state of both sides, and comparing every ticket; nothing is written.

What is kept in memory of all tickets is their ids; the tickets themselves pass by in batches.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from qcontact_sync.core.canon import printable
from qcontact_sync.core.compare import compare_ticket
from qcontact_sync.core.comparison import RecordedState, Standing, TicketComparison, only_here
from qcontact_sync.core.comparison_ports import Blockers, ComparisonReads
from qcontact_sync.core.errors import ErrorCode, FatalError, SyncError, TicketError
from qcontact_sync.core.fingerprint import fingerprint
from qcontact_sync.core.listed import Listed, decoded
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import (
    KnownTicket,
    LocalId,
    People,
    RemoteId,
    RemoteTicket,
    Window,
)
from qcontact_sync.core.ports import Remote, RemoteTickets, WalkedList
from qcontact_sync.core.store_ports import Store
from qcontact_sync.sync.list_walk import walk_lists
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.reader import ListReader
from qcontact_sync.sync.single_reads import SingleReads, read_each
from qcontact_sync.sync.unmoved import UnmovedTickets
from qcontact_sync.sync.versions import may_be_older

log = logging.getLogger(__name__)

BATCH = 1_000
LINKS_AT_ONCE = 10_000
DETAILS_AT_ONCE = 100
"""Tickets read by their id together."""

Advance = Callable[[int, int], None]
"""Called with (tickets compared, tickets expected so far)."""


@dataclass(slots=True)
class Comparing:
    """One comparison.

    Attributes:
        settled_until: The cursor, where QContact can be asked what changed.
        pending: Tickets of which the next run sends something.
        seen: QContact's tickets that were compared.
        adoptable: FibreFlow's rows that stand for one of them without being linked.
    """

    store: Store
    reads: ComparisonReads
    remote: Remote
    policy: Policy
    people: People
    pending: frozenset[RemoteId] = frozenset()
    settled_until: datetime | None = None
    page_size: int = 100
    advance: Advance = lambda done, expected: None
    seen: set[RemoteId] = field(default_factory=set)
    adoptable: set[LocalId] = field(default_factory=set)
    _expected: int = 0
    _unmoved: UnmovedTickets = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what is the same for all tickets."""
        self._unmoved = UnmovedTickets(self.reads, self.people, self.policy)

    @property
    def _is_walked(self) -> bool:
        return isinstance(self.remote, WalkedList)

    async def compare_all(self, now: datetime) -> AsyncIterator[Sequence[TicketComparison]]:
        """Every ticket that either side has, each once, in batches.

        Raises:
            SyncError: One of the sides cannot be read.
        """
        listed = self._walk() if self._is_walked else self._list(now)
        async with aclosing(listed) as batches:
            async for batch in batches:
                yield batch
        async for batch in self._unlisted():
            yield batch
        async for batch in self._unlinked():
            yield batch

    async def compare_ids(self, remote_ids: Sequence[RemoteId]) -> Sequence[TicketComparison]:
        """These tickets, each read by its id; those that neither side has are left out."""
        return await self._compare_single(remote_ids)

    async def _list(self, now: datetime) -> AsyncGenerator[Sequence[TicketComparison], None]:
        reader = ListReader(cast(RemoteTickets, self.remote), page_size=self.page_size)
        window = Window(None, now)
        window = Window(None, await reader.server_time(window) or now)
        batch, doubted = list[Listed](), set[RemoteId]()
        async with aclosing(reader.read(window, takes_later=True)) as deltas:
            async for delta in deltas:
                self._expected = max(self._expected, delta.expected)
                if delta.malformed:
                    yield self._malformed(delta)
                batch += self._unseen(delta.tickets)
                doubted |= delta.doubted
                if len(batch) >= BATCH:
                    yield await self._compare_listed(batch, doubted)
                    batch, doubted = [], set()
        yield await self._compare_listed(batch, doubted)

    async def _walk(self) -> AsyncGenerator[Sequence[TicketComparison], None]:
        walk = await walk_lists(cast(WalkedList, self.remote), self.page_size)
        self._expected = len(walk.rows)
        yield self._malformed(PageDelta(malformed=walk.all_malformed))
        for ids in _batches(list(walk.rows), DETAILS_AT_ONCE):
            yield await self._compare_single(ids)

    def _unseen(self, tickets: Sequence[Listed]) -> Sequence[Listed]:
        """Those that were not compared yet: a list that moves shows some twice."""
        unseen = []
        for ticket in tickets:
            if ticket.id not in self.seen:
                self.seen.add(ticket.id)
                unseen.append(ticket)
        return unseen

    async def _compare_listed(
        self, listed: Sequence[Listed], doubted: set[RemoteId]
    ) -> Sequence[TicketComparison]:
        """Compare listed versions; of those that may be older the present one."""
        apart = doubted.union(self.pending.intersection(t.id for t in listed))
        same = await self._unmoved.recognised([t for t in listed if t.id not in apart])
        tickets, unreadable = _decoded(t for t in listed if t.id not in same)
        prints = {ticket.id: fingerprint(ticket.values) for ticket in tickets}
        also = await self._unmoved.unchanged(prints, [t for t in tickets if t.id not in apart])
        tickets = [ticket for ticket in tickets if ticket.id not in also]
        known = await self.reads.look_up(tickets) if tickets else {}
        suspects = {
            ticket.id
            for ticket in tickets
            if ticket.id in doubted or may_be_older(ticket, prints[ticket.id], known[ticket.id])
        }
        believed = [ticket for ticket in tickets if ticket.id not in suspects]
        self._report()
        return [
            *same.values(),
            *also.values(),
            *await self._compare(believed, known),
            *await self._compare_single([*unreadable, *suspects]),
        ]

    async def _compare_single(
        self, remote_ids: Sequence[RemoteId], *, is_listed: bool = True
    ) -> Sequence[TicketComparison]:
        """Read tickets by their id and compare them."""
        if not remote_ids:
            return ()
        self.seen.update(remote_ids)
        reads = await read_each(self.remote, remote_ids)
        reads.raise_if_nothing_answered()
        known = await self.reads.look_up(reads.tickets) if reads.tickets else {}
        return [
            *await self._compare(reads.tickets, known, is_listed=is_listed),
            *await self._unread(reads),
        ]

    async def _compare(
        self,
        tickets: Sequence[RemoteTicket],
        known: Mapping[RemoteId, KnownTicket],
        *,
        is_listed: bool = True,
    ) -> Sequence[TicketComparison]:
        if not tickets:
            return ()
        blockers = await self.reads.read_blockers([ticket.id for ticket in tickets])
        self.adoptable.update(found.unlinked[0].id for found in known.values() if found.unlinked)
        self._report()
        return [
            self._judge(ticket, known[ticket.id], blockers.get(ticket.id), is_listed=is_listed)
            for ticket in tickets
        ]

    def _report(self) -> None:
        self.advance(len(self.seen), max(self._expected, len(self.seen)))

    def _judge(
        self,
        ticket: RemoteTicket,
        known: KnownTicket,
        blockers: Blockers | None,
        *,
        is_listed: bool,
    ) -> TicketComparison:
        blockers = blockers or Blockers()
        recorded = RecordedState(
            blockers.inbound,
            blockers.outbound,
            is_pending=ticket.id in self.pending,
            is_listed=is_listed,
            settled_until=self.settled_until,
        )
        return judge(ticket, known, recorded, self.people, self.policy)

    async def _unread(self, reads: SingleReads) -> Sequence[TicketComparison]:
        """Tickets that QContact does not show: gone, or not to be read now."""
        errors: dict[RemoteId, SyncError] = {**dict(reads.refused), **dict(reads.unreachable)}
        known = await self.reads.read_linked(list(errors)) if errors else {}
        unread = []
        for remote_id, error in errors.items():
            local = found.local if (found := known.get(remote_id)) else None
            if not _is_gone(error):
                uid = local.ticket_uid if local else None
                unread.append(_waits(remote_id, uid, f"QContact: {error}"))
            elif local is not None:
                unread.append(only_here(remote_id, local.ticket_uid, GONE))
        return unread

    async def _unlisted(self) -> AsyncIterator[Sequence[TicketComparison]]:
        """Linked tickets that QContact does not list: each is read by its id."""
        after: RemoteId | None = None
        while page := await self.reads.page_of_links(after, LINKS_AT_ONCE):
            after = page[-1]
            missing = [remote_id for remote_id in page if remote_id not in self.seen]
            for ids in _batches(missing, DETAILS_AT_ONCE):
                yield await self._compare_single(ids, is_listed=not self._is_walked)

    async def _unlinked(self) -> AsyncIterator[Sequence[TicketComparison]]:
        """FibreFlow's rows without a ticket in QContact."""
        after: LocalId | None = None
        while page := await self.reads.page_of_unlinked(after, BATCH):
            after = page[-1].id
            yield [
                only_here(
                    row.remote_id,
                    row.ticket_uid,
                    SECOND if row.remote_id in self.seen else NO_SUCH_TICKET,
                )
                for row in page
                if row.id not in self.adoptable
            ]

    def _malformed(self, delta: PageDelta) -> Sequence[TicketComparison]:
        self.seen.update(RemoteId(remote_id) for remote_id, _ in delta.malformed if remote_id)
        return [
            _waits(RemoteId(remote_id) if remote_id else None, None, reason)
            for remote_id, reason in delta.malformed
        ]


GONE = "QContact does not have the ticket, or not any more"
SECOND = "another row stands for this QContact ticket: this one is left unlinked"
NO_SUCH_TICKET = "not linked, and QContact does not list such a ticket"


def judge(
    ticket: RemoteTicket,
    known: KnownTicket,
    recorded: RecordedState,
    people: People,
    policy: Policy,
) -> TicketComparison:
    """Compare one ticket; one that breaks the comparison waits, and the others are compared."""
    local = known.local or (known.unlinked[0] if known.unlinked else None)
    uid = local.ticket_uid if local else None
    try:
        return compare_ticket(ticket, known, recorded, people, policy)
    except FatalError:
        raise
    except SyncError as error:
        return _waits(ticket.id, uid, str(error))
    except Exception as error:  # the guard: a ticket that breaks the code is alone too
        log.exception("ticket.unexpected qcontact_id=%s", printable(ticket.id))
        reason = f"the comparison failed: unexpected {type(error).__name__}"
        return _waits(ticket.id, uid, reason)


def _waits(remote_id: RemoteId | None, ticket_uid: str | None, reason: str) -> TicketComparison:
    return TicketComparison(remote_id, ticket_uid, Standing.WAITS, reason=reason)


def _is_gone(error: SyncError) -> bool:
    return isinstance(error, TicketError) and error.code is ErrorCode.NOT_FOUND


def _decoded(listed: Iterable[Listed]) -> tuple[list[RemoteTicket], list[RemoteId]]:
    """Tickets, and the ids of those that cannot be decoded."""
    tickets, unreadable = list[RemoteTicket](), list[RemoteId]()
    for ticket in listed:
        try:
            tickets.append(decoded(ticket))
        except TicketError:
            unreadable.append(ticket.id)
    return tickets, unreadable


def _batches(ids: Sequence[RemoteId], size: int) -> Sequence[Sequence[RemoteId]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
