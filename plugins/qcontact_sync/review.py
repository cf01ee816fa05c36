"""What a person asks and decides: status, failures, conflicts, one ticket's story.

Functions for the CLI and for Python callers; each opens what it needs and closes it again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from qcontact_sync.clock import SystemClock
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.explain import FieldStory, explain
from qcontact_sync.core.health import Health, judge
from qcontact_sync.core.model import Direction, JobId, Pair, RemoteId
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.review_store import ReviewStore
from qcontact_sync.fibreflow.store import PostgresStore
from qcontact_sync.settings import Endpoints, Settings
from qcontact_sync.sync.leases import hold_lease
from qcontact_sync.sync.resolving import Resolving
from qcontact_sync.wiring import ACCOUNT, open_database, open_remote, sync_options

__all__ = [
    "TicketStory",
    "dismiss_failures",
    "explain_ticket",
    "get_status",
    "list_conflicts",
    "list_failures",
    "resolve_conflict",
    "retry_failures",
]

Row = Mapping[str, Any]
NO_JOB = JobId(UUID(int=0))
"""What is written outside any run."""


@dataclass(frozen=True, slots=True)
class TicketStory:
    """Why a ticket is as it is.

    Attributes:
        fields: Empty where the ticket is not linked yet, or its row is gone.
        problem: Why it cannot be told or would fail, for a person.
    """

    qcontact_ticket_id: str
    ticket_uid: str | None
    fields: tuple[FieldStory, ...]
    failures: Sequence[Row]
    history: Sequence[Row]
    problem: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


class UnknownId(TicketError):
    """An id that nothing here has."""

    def __init__(self, given: str, what: str) -> None:
        super().__init__(f"no {what} has the id {given}", ErrorCode.NOT_FOUND)


def get_status(endpoints: Endpoints, settings: Settings) -> Health:
    """The sync at a glance, and whether a person should look at it."""

    async def read() -> Health:
        async with open_database(endpoints.database_url) as database:
            row = await Insights(database).status()
            pending = await PostgresStore(database).list_pending(
                None, None, internal_notes=settings.internal_notes == "send"
            )
        return judge(row, len(pending))

    return asyncio.run(read())


def list_failures(endpoints: Endpoints, wanted: Sequence[str] | None = None) -> Sequence[Row]:
    """The quarantine, oldest entry first; of ``wanted`` ids, or all."""

    async def read() -> Sequence[Row]:
        async with open_database(endpoints.database_url) as database:
            return await Insights(database).failures(wanted)

    return asyncio.run(read())


def retry_failures(endpoints: Endpoints, given: str) -> Sequence[Row]:
    """Make entries due now; the next run tries them.

    Args:
        given: An entry's id, or any id that a ticket has.

    Raises:
        UnknownId: Nothing in quarantine has it.
    """
    return asyncio.run(_change_failures(endpoints, given, "retry_quarantine"))


def dismiss_failures(endpoints: Endpoints, given: str) -> Sequence[Row]:
    """Leave entries alone until the ticket changes; a doubtful note counts as sent.

    Raises:
        UnknownId: Nothing in quarantine has it.
    """
    return asyncio.run(_change_failures(endpoints, given, "dismiss_quarantine"))


async def _change_failures(endpoints: Endpoints, given: str, change: str) -> Sequence[Row]:
    async with open_database(endpoints.database_url) as database:
        insights = Insights(database)
        entries = await insights.failures([given])
        if not entries:
            raise UnknownId(given, "entry in quarantine")
        await ReviewStore(database).change_failures(change, [entry["id"] for entry in entries])
        return await insights.failures([str(entry["id"]) for entry in entries])


def list_conflicts(endpoints: Endpoints) -> Sequence[Row]:
    """What waits for a person first, then values that lost, newest first."""

    async def read() -> Sequence[Row]:
        async with open_database(endpoints.database_url) as database:
            return await Insights(database).conflicts()

    return asyncio.run(read())


def resolve_conflict(endpoints: Endpoints, settings: Settings, given: str, keep: str) -> Row:
    """Decide an open conflict; ``local`` goes out with the next run, ``remote`` comes in now.

    Args:
        given: The conflict's id.
        keep: ``local`` or ``remote``.

    Raises:
        UnknownId: No open conflict has this id.
        TicketError: QContact's value has no counterpart here.
    """
    return asyncio.run(_resolve_conflict(endpoints, settings, given, keep))


async def _resolve_conflict(endpoints: Endpoints, settings: Settings, given: str, keep: str) -> Row:
    async with (
        open_database(endpoints.database_url) as database,
        open_database(endpoints.database_url) as lease_database,
        open_remote(endpoints, settings) as remote,
    ):
        insights = Insights(database)
        found = [row for row in await insights.conflicts(_uuid(given)) if row["is_open"]]
        if not found:
            raise UnknownId(given, "open conflict")
        leases = PostgresLeases(lease_database)
        async with hold_lease(leases, ACCOUNT, SystemClock()) as held:
            resolving = Resolving(
                PostgresStore(database), remote, sync_options(settings, remote).policy, held.lease
            )
            await resolving.resolve(
                RemoteId(found[0]["qcontact_ticket_id"]), found[0]["field"], keep
            )
        return next(row for row in await insights.conflicts(_uuid(given)))


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise UnknownId(given, "conflict") from None


def explain_ticket(endpoints: Endpoints, settings: Settings, given: str) -> TicketStory:
    """Why a ticket is as it is, and what the next run would do about it.

    Args:
        given: A FibreFlow uuid, ticket_uid or QContact id.
    """
    return asyncio.run(_explain_ticket(endpoints, settings, given))


async def _explain_ticket(endpoints: Endpoints, settings: Settings, given: str) -> TicketStory:
    async with (
        open_database(endpoints.database_url) as database,
        open_remote(endpoints, settings) as remote,
    ):
        store, insights = PostgresStore(database), Insights(database)
        remote_id = (await store.resolve_ids([given])).get(given, RemoteId(given))
        async with store.unit(NO_JOB, Direction.OUTBOUND, None) as unit:
            pair = (await unit.read_pairs([remote_id])).get(remote_id)
        fields: tuple[FieldStory, ...] = ()
        problem = None if pair else "not linked: no run has brought this ticket in yet"
        try:
            ticket = await remote.get(remote_id)
            if pair is not None:
                people = await store.load_people()
                policy = sync_options(settings, remote).policy
                fields = explain(ticket, Pair(pair.link, pair.local), people, policy)
        except TicketError as error:
            problem = str(error)
        return TicketStory(
            remote_id,
            pair.local.ticket_uid if pair and pair.local else None,
            fields,
            await insights.failures([remote_id]),
            await insights.ticket_history(remote_id),
            problem or (None if fields else "its row was deleted in FibreFlow"),
        )
