"""Questions and decisions: status, failures, conflicts, the state of one ticket.

Each function opens what it needs and closes it again. `jobs` contains them as blocking functions.
"""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Literal
from uuid import UUID

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.mapping_file import sends_internal_notes
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.model import RemoteId
from qcontact_sync.fibreflow.database import LEASE_PATIENCE_S, PERSON_PATIENCE_S, Database
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.store import PostgresStore, ReviewStore
from qcontact_sync.reporting.health import Health, judge
from qcontact_sync.services.deciding import held_lease, person
from qcontact_sync.services.ticket_story import StoryTeller, TicketStory
from qcontact_sync.services.wiring import open_database, open_remote, sync_options
from qcontact_sync.sync.resolving import Resolving

__all__ = [
    "Keep",
    "TicketStory",
    "UnknownId",
    "dismiss_failures",
    "explain_ticket",
    "get_status",
    "list_conflicts",
    "list_failures",
    "resolve_conflict",
    "retry_failures",
]

Row = Mapping[str, Any]
Keep = Literal["local", "remote"]
RETRY_BUDGET_S = 5.0


class UnknownId(TicketError):
    """The id is unknown."""

    def __init__(self, given: str, what: str) -> None:
        super().__init__(f"no {what} has the id {given}", ErrorCode.NOT_FOUND)


async def get_status(fibreflow: FibreFlowAccess, settings: Settings) -> Health:
    """An overview of the sync, and whether it is healthy."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        row = await Insights(database).status()
        pending = await PostgresStore(database).list_pending(
            None, None, internal_notes=sends_internal_notes(settings)
        )
    return judge(row, len(pending))


async def list_failures(
    fibreflow: FibreFlowAccess, wanted: Sequence[str] | None = None
) -> Sequence[Row]:
    """The quarantine, oldest entry first; of ``wanted`` ids, or all."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await _failures(database, wanted)


async def retry_failures(
    fibreflow: FibreFlowAccess, given: str, *, by: str | None = None
) -> Sequence[Row]:
    """Make entries due now; the next run tries them.

    Args:
        given: An entry's id, or any id that a ticket has.
        by: Who decided, for the record; None for the user that this process runs as.

    Raises:
        UnknownId: No entry in quarantine has it.
    """
    return await _change_failures(fibreflow, given, "retry_quarantine", by)


async def dismiss_failures(
    fibreflow: FibreFlowAccess, given: str, *, by: str | None = None
) -> Sequence[Row]:
    """Ignore entries until the ticket changes; a note with uncertain delivery counts as sent.

    Args:
        given: An entry's id, or any id that a ticket has.
        by: As for `retry_failures`.

    Raises:
        UnknownId: No entry in quarantine has it.
    """
    return await _change_failures(fibreflow, given, "dismiss_quarantine", by)


async def _change_failures(
    fibreflow: FibreFlowAccess, given: str, change: str, by: str | None
) -> Sequence[Row]:
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        entries = await _failures(database, [given])
        if not entries:
            raise UnknownId(given, "entry in quarantine")
        ids = [entry["id"] for entry in entries]
        await ReviewStore(database).change_failures(change, ids, person(by))
        return await Insights(database).failures([str(entry["id"]) for entry in entries])


async def _failures(database: Database, wanted: Sequence[str] | None) -> Sequence[Row]:
    if wanted is None:
        return await Insights(database).failures()
    # A ticket without a link is only known by its QContact id.
    known = await PostgresStore(database).resolve_ids(wanted)
    return await Insights(database).failures([*wanted, *known.values()])


async def list_conflicts(fibreflow: FibreFlowAccess, limit: int | None = None) -> Sequence[Row]:
    """Open conflicts first, then resolved ones, newest first; all, or ``limit``."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await Insights(database).conflicts(limit=limit)


async def resolve_conflict(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    given: str,
    keep: Keep,
    patience_s: float | None = None,
    *,
    by: str | None = None,
) -> Row:
    """Decide an open conflict: the next run sends ``local``; ``remote`` is written now.

    Waits while a run is active.

    Args:
        given: The conflict's id.
        patience_s: How long it waits for a run that is at work; None for as long as it takes.
        by: As for `retry_failures`.

    Returns:
        The conflict after the decision; ``resolution`` contains its end.

    Raises:
        UnknownId: No open conflict has this id.
        TicketError: QContact's value has no counterpart here.
        RetryableError: ``CONFLICT``, a run is still active; nothing was decided.
    """
    async with (
        open_database(fibreflow, PERSON_PATIENCE_S) as database,
        open_database(fibreflow, LEASE_PATIENCE_S) as lease_database,
        open_remote(qcontact, settings.quick(RETRY_BUDGET_S)) as remote,
    ):
        await require_own(database, settings.account)
        insights = Insights(database)
        conflict_id = _uuid(given)
        found = [row for row in await insights.conflicts(conflict_id) if row["is_open"]]
        if not found:
            raise UnknownId(given, "open conflict")
        leases = PostgresLeases(database, lease_database)
        async with AsyncExitStack() as stack:
            held = await held_lease(stack, leases, settings.account, patience_s)
            policy = sync_options(settings, remote).policy
            resolving = Resolving(
                PostgresStore(database, mapping=remote.mapping),
                remote,
                policy,
                held.lease,
                person(by),
            )
            await resolving.resolve(
                RemoteId(found[0]["qcontact_ticket_id"]), found[0]["field"], keep
            )
        return (await insights.conflicts(conflict_id))[0]


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise UnknownId(given, "open conflict") from None


async def explain_ticket(
    fibreflow: FibreFlowAccess, qcontact: QContactAccess, settings: Settings, given: str
) -> TicketStory:
    """The state of a ticket, and what the next run would do with it.

    If QContact cannot be read, its values are missing, and ``problem`` gives the reason.

    Args:
        given: A FibreFlow uuid, ticket_uid or QContact id.

    Raises:
        UnknownId: No ticket that came from QContact has it.
    """
    async with (
        open_database(fibreflow, PERSON_PATIENCE_S) as database,
        open_remote(qcontact, settings.quick(RETRY_BUDGET_S)) as remote,
    ):
        options = sync_options(settings, remote)
        teller = StoryTeller(
            PostgresStore(database, mapping=remote.mapping), Insights(database), remote, options
        )
        story = await teller.tell(given)
    if story is None:
        raise UnknownId(given, "ticket that came from QContact")
    return story
