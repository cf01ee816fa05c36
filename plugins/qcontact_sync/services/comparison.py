"""Comparing both sides, and settling many differences at once; `jobs` has the same for callers
without an event loop.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.mapping_file import sent_notes
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.comparison import Gap, Standing, TicketComparison
from qcontact_sync.core.model import RemoteId
from qcontact_sync.core.ports import Remote, WalkedList
from qcontact_sync.core.request import ParamError
from qcontact_sync.fibreflow.comparison_records import PostgresComparison
from qcontact_sync.fibreflow.database import LEASE_PATIENCE_S, PERSON_PATIENCE_S, Database
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.services.collecting import rare_collections
from qcontact_sync.services.deciding import acquire_lease, person
from qcontact_sync.services.review import Keep, UnknownId
from qcontact_sync.services.wiring import SystemClock, open_database, open_remote, sync_options
from qcontact_sync.sync.choosing import Choosing, ChosenTicket
from qcontact_sync.sync.comparing import Advance, Comparing
from qcontact_sync.sync.last_seen import LastSeen

__all__ = [
    "ChosenTicket",
    "Decision",
    "Differences",
    "Tally",
    "TicketComparison",
    "choose_side",
    "compare_tickets",
    "list_differences",
]

OnTicket = Callable[[TicketComparison], None]


@dataclass(slots=True)
class Tally:
    """How many tickets stand how.

    Attributes:
        ways: Of the pending ones, by direction; a ticket may go both ways.
        gaps: Of those that differ, by the side that is done.
    """

    standings: Counter[Standing] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    gaps: Counter[Gap] = field(default_factory=Counter)

    def add(self, compared: TicketComparison) -> None:
        """Count one more."""
        self.standings[compared.standing] += 1
        if compared.fields:
            self.ways.update(way.value for way in compared.ways)
        if compared.gap:
            self.gaps[compared.gap] += 1

    @property
    def is_same(self) -> bool:
        """Whether every ticket is the same on both sides."""
        return self.standings.total() == self.standings[Standing.SAME]

    def to_dict(self) -> dict[str, int]:
        """Plain values for JSON."""
        return {
            "tickets": self.standings.total(),
            **{standing.value: self.standings[standing] for standing in Standing},
            "pending_inbound": self.ways["inbound"],
            "pending_outbound": self.ways["outbound"],
            **{gap.value: self.gaps[gap] for gap in Gap},
        }


async def compare_tickets(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    on_ticket: OnTicket,
    ticket_ids: Sequence[str] = (),
    advance: Advance | None = None,
) -> Tally:
    """Compare every ticket with the present state of both sides; nothing is written.

    Args:
        on_ticket: Called with each ticket, the same ones too.
        ticket_ids: Only these (FibreFlow uuids, ticket_uids or QContact ids).
        advance: Called with (tickets compared, tickets expected so far).

    Raises:
        UnknownId: Neither side has a ticket with a given id.
        SyncError: One of the sides cannot be read.
    """
    tally = Tally()
    async with open_database(fibreflow) as database, open_remote(qcontact, settings) as remote:
        await require_own(database, settings.account)
        comparing = await _comparing(database, remote, settings)
        if advance is not None:
            comparing.advance = advance
        if ticket_ids:
            found = await comparing.store.resolve_ids(ticket_ids)
            ids = [found.get(given, RemoteId(given)) for given in ticket_ids]
            compared = await comparing.compare_ids(ids)
            _require_all(ids, compared)
            for ticket in compared:
                tally.add(ticket)
                on_ticket(ticket)
            return tally
        with rare_collections():
            async for batch in comparing.compare_all(SystemClock().now()):
                for ticket in batch:
                    tally.add(ticket)
                    on_ticket(ticket)
    return tally


def _require_all(ids: Sequence[RemoteId], compared: Sequence[TicketComparison]) -> None:
    found = {ticket.remote_id for ticket in compared}
    for remote_id in ids:
        if remote_id not in found:
            raise UnknownId(remote_id, "ticket")


async def _comparing(database: Database, remote: Remote, settings: Settings) -> Comparing:
    store = PostgresStore(database, mapping=remote.mapping)
    reads = PostgresComparison(database, store)
    options = sync_options(settings, remote)
    is_walked = isinstance(remote, WalkedList)
    return Comparing(
        store,
        reads,
        remote,
        options.policy,
        options.policy.mapping.assignment.laid_over(await store.load_people()),
        await _pending(store, settings),
        None if is_walked else await reads.settled_until(settings.account),
        options.page_size,
    )


async def _pending(store: PostgresStore, settings: Settings) -> frozenset[RemoteId]:
    return frozenset(await store.list_pending(None, None, sent=sent_notes(settings)))


@dataclass(frozen=True, slots=True)
class Differences:
    """Linked tickets that are not the same, with QContact's values from the last run.

    Attributes:
        after: Where the rest begins; None if this is all.
        tally: Of all tickets that were looked at for this page.
    """

    tickets: Sequence[TicketComparison]
    after: RemoteId | None
    tally: Tally


async def list_differences(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    wanted: str | None = None,
    after: str | None = None,
    limit: int = 200,
    look_at: int | None = None,
) -> Differences:
    """A page of differences; QContact is not asked.

    Args:
        wanted: Only those with this standing (`Standing`) or this gap (`Gap`).
        look_at: The page ends after so many tickets, however few were found.
    """
    tally, found = Tally(), list[TicketComparison]()
    last: RemoteId | None = None
    async with (
        open_database(fibreflow, PERSON_PATIENCE_S) as database,
        open_remote(qcontact, settings) as remote,
    ):
        store = PostgresStore(database, mapping=remote.mapping)
        policy = sync_options(settings, remote).policy
        look = LastSeen(
            PostgresComparison(database, store),
            policy,
            policy.mapping.assignment.laid_over(await store.load_people()),
            await _pending(store, settings),
        )
        async for ticket in look.compare(RemoteId(after) if after else None):
            if len(found) == limit or tally.standings.total() == look_at:
                return Differences(found, last, tally)
            tally.add(ticket)
            last = ticket.remote_id
            if is_wanted(ticket, wanted):
                found.append(ticket)
    return Differences(found, None, tally)


def is_wanted(ticket: TicketComparison, wanted: str | None) -> bool:
    """Whether a ticket passes a filter by standing or gap; by default all that is not the same."""
    if wanted is None:
        return ticket.standing is not Standing.SAME
    return wanted in (ticket.standing.value, ticket.gap and ticket.gap.value)


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice about many tickets.

    Attributes:
        only: Only this field; None is every field that is not the same.
        dry_run: Nothing is written.
        by: Who decided, for the record; None for the user that this process runs as.
        versions: What tickets must still be (`TicketComparison.version`), by QContact id.
        reads_now: See `sync.choosing.Choosing`.
        patience_s: How long it waits for a run that is at work; None for as long as it takes.
    """

    keep: Keep
    only: str | None = None
    dry_run: bool = False
    by: str | None = None
    versions: Mapping[RemoteId, str] = field(default_factory=dict)
    reads_now: bool = True
    patience_s: float | None = None


async def choose_side(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    given: Sequence[str],
    decision: Decision,
    advance: Advance | None = None,
) -> Sequence[ChosenTicket]:
    """Let one side win for these tickets, for any kind of difference.

    Args:
        given: FibreFlow uuids, ticket_uids or QContact ids.

    Raises:
        ParamError: No field is named so.
        UnknownId: No linked ticket has one of these ids; nothing was decided.
        RunActive: A run is still active; nothing was decided.
    """
    async with (
        open_database(fibreflow) as database,
        open_database(fibreflow, LEASE_PATIENCE_S) as lease_database,
        open_remote(qcontact, settings) as remote,
        AsyncExitStack() as stack,
    ):
        await require_own(database, settings.account)
        store = PostgresStore(database, mapping=remote.mapping)
        policy = sync_options(settings, remote).policy
        if decision.only not in (None, *policy.mapping.known_fields):
            names = ", ".join(sorted(policy.mapping.known_fields))
            raise ParamError(f"no such field: choose one of {names}")
        found = await store.resolve_ids(given)
        for one in given:
            if one not in found:
                raise UnknownId(one, "ticket that came from QContact")
        lease = None
        if not decision.dry_run:
            leases = PostgresLeases(database, lease_database)
            active = await acquire_lease(stack, leases, settings.account, decision.patience_s)
            lease = active.lease
        choosing = Choosing(
            store,
            remote,
            policy,
            lease,
            person(decision.by),
            decision.keep,
            decision.only,
            decision.reads_now,
            decision.versions,
        )
        chosen: list[ChosenTicket] = []
        async for ticket in choosing.choose([found[one] for one in given]):
            chosen.append(ticket)
            if advance is not None:
                advance(len(chosen), len(given))
        return chosen
