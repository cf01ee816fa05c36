"""Reading a QContact that cannot be asked what changed: the whole list, and some details."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from qcontact_sync.core.errors import RetryableError, TicketError
from qcontact_sync.core.model import RemoteId, RemoteTicket, Window
from qcontact_sync.core.ports import WalkedTickets
from qcontact_sync.core.walk import NOT_LISTED, KnownRow, LookPlan, has_shrunk, plan_looks
from qcontact_sync.sync.list_walk import Walk, walk_lists
from qcontact_sync.sync.page_delta import PageDelta
from qcontact_sync.sync.single_reads import SingleReads

log = logging.getLogger(__name__)

DETAILS_AT_ONCE = 50
"""Settled together: a killed run reads at most this many again."""


class WalkReader:
    """One walk of the list, with the details that it calls for.

    Args:
        known: What is remembered of all cases.
        since_last_walk: How long ago the last complete walk began.
        connections: Details asked for at once.
    """

    def __init__(
        self,
        remote: WalkedTickets,
        known: Mapping[RemoteId, KnownRow],
        since_last_walk: timedelta | None,
        *,
        page_size: int,
        connections: int,
    ) -> None:
        self._remote = remote
        self._known = known
        self._since_last_walk = since_last_walk
        self._page_size = page_size
        self._connections = connections
        self._digests: dict[RemoteId, str] = {}
        self.shortfall: str | None = None

    async def read(self, latest: datetime, *, force: bool) -> AsyncGenerator[PageDelta, None]:
        """Hand out changed tickets, then settle, then those that were not looked at for long.

        Args:
            latest: The cursor if QContact does not send its time.
            force: Read every listed case.
        """
        walk = await self._walk()
        plan = plan_looks(self._digests, self._known, self._since_last_walk, force=force)
        self._log(plan)
        yield PageDelta(
            malformed=walk.all_malformed,
            expected=plan.details + plan.unchanged,
            unchanged=plan.unchanged,
        )
        async for delta in self._details([*plan.changed, *plan.unlisted]):
            yield delta
        if walk.is_complete:
            yield PageDelta(settled_until=walk.began_at or latest)
        async for delta in self._details(plan.overdue):
            yield delta

    async def read_window(self, window: Window) -> AsyncGenerator[PageDelta, None]:
        """Hand out tickets that were created in the window, and changed ones that were updated in
        it, where their details say when.
        """
        walk = await self._walk()
        created = [i for i, row in walk.rows.items() if _is_inside(row.created_at, window)]
        plan = plan_looks(self._digests, self._known, None)
        changed = sorted(set(plan.changed).difference(created))
        yield PageDelta(malformed=walk.all_malformed, expected=len(created))
        async for delta in self._details(created):
            yield delta
        async for delta in self._details(changed):
            inside = tuple(t for t in delta.tickets if _is_inside(t.updated_at, window))
            yield PageDelta(inside, digests={t.id: delta.digests[t.id] for t in inside})

    async def _walk(self) -> Walk:
        walk = await walk_lists(self._remote, self._page_size)
        self._digests = {i: row.digest for i, row in walk.rows.items()}
        if not walk.is_complete:
            self.shortfall = (
                f"QContact's list kept changing, or its count is wrong: the {len(walk.rows)} "
                "listed cases are synced, and the next run reads the list again"
            )
        return walk

    def _log(self, plan: LookPlan) -> None:
        if has_shrunk(self._digests, self._known):
            log.warning(
                "walk.shrunk listed=%d unlisted=%d: each is read by its id",
                len(self._digests),
                len(plan.unlisted),
            )
        log.info(
            "walk.planned listed=%d changed=%d unlisted=%d overdue=%d unchanged=%d",
            len(self._digests),
            len(plan.changed),
            len(plan.unlisted),
            len(plan.overdue),
            plan.unchanged,
        )

    async def _details(self, remote_ids: Sequence[RemoteId]) -> AsyncIterator[PageDelta]:
        reads = SingleReads()
        async with aclosing(self._read_each(remote_ids)) as outcomes:
            async for remote_id, outcome in outcomes:
                reads.add(remote_id, outcome)
                if reads.done >= DETAILS_AT_ONCE:
                    yield self._delta(reads)
                    reads = SingleReads()
        if reads.done:
            yield self._delta(reads)

    def _delta(self, reads: SingleReads) -> PageDelta:
        reads.raise_if_nothing_answered()
        asked = [t.id for t in reads.tickets] + [remote_id for remote_id, _ in reads.refused]
        return PageDelta(
            tuple(reads.tickets),
            unread=(*reads.refused, *reads.unreachable),
            digests={i: self._digests.get(i, NOT_LISTED) for i in asked},
        )

    async def _read_each(
        self, remote_ids: Iterable[RemoteId]
    ) -> AsyncGenerator[tuple[RemoteId, RemoteTicket | TicketError | RetryableError], None]:
        """Details as they arrive, so many at once."""
        waiting = iter(remote_ids)
        running: dict[asyncio.Task[RemoteTicket], RemoteId] = {}
        try:
            while True:
                while len(running) < self._connections and (i := next(waiting, None)) is not None:
                    running[asyncio.ensure_future(self._remote.get(i))] = i
                if not running:
                    return
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield running.pop(task), _outcome_of(task)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def _outcome_of(task: asyncio.Task[RemoteTicket]) -> RemoteTicket | TicketError | RetryableError:
    try:
        return task.result()
    except (TicketError, RetryableError) as error:
        return error


def _is_inside(moment: datetime | None, window: Window) -> bool:
    if moment is None or moment >= window.end:
        return False
    return window.start is None or moment >= window.start
