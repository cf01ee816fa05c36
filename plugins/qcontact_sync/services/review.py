"""Questions and decisions: status, failures, conflicts, the state of one ticket.

Each function opens what it needs and closes it again. `jobs` contains them as blocking functions.
"""

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Literal
from uuid import UUID

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.mapping_file import sent_notes
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.failure_filter import EVERY_FAILURE, FailureFilter
from qcontact_sync.core.model import RemoteId
from qcontact_sync.core.request import ParamError
from qcontact_sync.fibreflow.alert_store import AlertStore
from qcontact_sync.fibreflow.database import (
    LEASE_PATIENCE_S,
    PERSON_PATIENCE_S,
    STATUS_BUDGET_S,
    Database,
)
from qcontact_sync.fibreflow.insights import Insights
from qcontact_sync.fibreflow.lease_store import PostgresLeases
from qcontact_sync.fibreflow.ownership import require_own
from qcontact_sync.fibreflow.store import PostgresStore, ReviewStore
from qcontact_sync.reporting.alerts import evaluate
from qcontact_sync.reporting.formats import shown_briefly
from qcontact_sync.reporting.health import Health, judge
from qcontact_sync.reporting.surroundings import Surroundings
from qcontact_sync.services.deciding import acquire_lease, person
from qcontact_sync.services.naming import names_of
from qcontact_sync.services.ticket_story import StoryReader, TicketStory
from qcontact_sync.services.wiring import open_database, open_remote, sync_options
from qcontact_sync.sync.resolving import Resolving

__all__ = [
    "FailureFilter",
    "Keep",
    "TicketStory",
    "UnknownId",
    "dismiss_failures",
    "explain_ticket",
    "find_tickets",
    "get_status",
    "list_conflicts",
    "list_failures",
    "resolve_conflict",
    "retry_failures",
    "retry_matching",
]

Row = Mapping[str, Any]
Keep = Literal["local", "remote"]
MOST_FOUND = 50
RETRY_BUDGET_S = 5.0


class UnknownId(TicketError):
    """No ticket, entry or conflict has the id that a person gave."""

    def __init__(self, given: str, what: str) -> None:
        super().__init__(f"no {what} has the id {given}", ErrorCode.NOT_FOUND)


async def get_status(
    fibreflow: FibreFlowAccess,
    settings: Settings,
    surroundings: Surroundings | Awaitable[Surroundings] | None = None,
) -> Health:
    """An overview of the sync, and how healthy it is.

    Args:
        surroundings: What Airflow knows, also if it is still being asked; None outside Airflow.
    """
    async with open_database(fibreflow, PERSON_PATIENCE_S, STATUS_BUDGET_S) as database:
        row = await Insights(database).status(settings.account)
        pending = await PostgresStore(database).list_pending(None, None, sent=sent_notes(settings))
        async with database.transaction(read_only=True) as reading:
            recorded = AlertStore(reading, settings.account)
            facts = await recorded.read_facts(None)
            alerts, _ = evaluate(facts, await recorded.read_open())
    show = partial(shown_briefly, zone=settings.zone)
    known = await surroundings if isinstance(surroundings, Awaitable) else surroundings
    around = known or Surroundings()
    return judge(row, len(pending), facts, alerts, around, names_of(settings), show)


async def list_failures(
    fibreflow: FibreFlowAccess,
    wanted: Sequence[str] | None = None,
    only: FailureFilter = EVERY_FAILURE,
) -> Sequence[Row]:
    """The quarantine, oldest entry first; of ``wanted`` ids, or all."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await _failures(database, wanted, only)


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


async def retry_matching(
    fibreflow: FibreFlowAccess, only: FailureFilter, *, by: str | None = None
) -> Sequence[Row]:
    """Make all entries due now that match; dismissed ones only if ``only`` asks for them.

    Args:
        by: As for `retry_failures`.

    Returns:
        The entries as they are now; empty if none matched.
    """
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        entries = to_retry(await Insights(database).failures(only=only), only)
        ids = [entry["id"] for entry in entries]
        await ReviewStore(database).change_failures("retry_quarantine", ids, person(by))
        return await Insights(database).failures(list(map(str, ids)))


def to_retry(entries: Sequence[Row], only: FailureFilter) -> Sequence[Row]:
    """Those of the entries that `retry_matching` makes due."""
    return [row for row in entries if only.state == "dismissed" or row["state"] != "dismissed"]


async def _failures(
    database: Database, wanted: Sequence[str] | None, only: FailureFilter = EVERY_FAILURE
) -> Sequence[Row]:
    if wanted is None:
        return await Insights(database).failures(only=only)
    # A ticket without a link is only known by its QContact id.
    known = await PostgresStore(database).resolve_ids(wanted)
    return await Insights(database).failures([*wanted, *known.values()])


async def list_conflicts(
    fibreflow: FibreFlowAccess, limit: int | None = None, offset: int = 0
) -> Sequence[Row]:
    """Open conflicts first, then resolved ones, newest first; all, or ``limit`` from ``offset``."""
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await Insights(database).conflicts(limit=limit, offset=offset)


async def resolve_conflict(
    fibreflow: FibreFlowAccess,
    qcontact: QContactAccess,
    settings: Settings,
    given: str,
    keep: Keep,
    patience_s: float | None = None,
    *,
    field: str | None = None,
    by: str | None = None,
) -> Row:
    """Decide an open conflict: the next run sends ``local``; ``remote`` is written now.

    Waits while a run is active.

    Args:
        given: The conflict's id, or any id that a ticket has.
        field: Which of the ticket's open conflicts; None if there is only one.
        patience_s: How long it waits for a run that is at work; None for as long as it takes.
        by: As for `retry_failures`.

    Returns:
        The conflict after the decision; ``resolution`` contains its end.

    Raises:
        UnknownId: No open conflict has this id.
        ParamError: The ticket has several open conflicts, and ``field`` is None.
        TicketError: QContact's value has no counterpart here.
        RunActive: A run is still active; nothing was decided.
    """
    async with (
        open_database(fibreflow, PERSON_PATIENCE_S) as database,
        open_database(fibreflow, LEASE_PATIENCE_S) as lease_database,
        open_remote(qcontact, settings.quick(RETRY_BUDGET_S)) as remote,
    ):
        await require_own(database, settings.account)
        insights = Insights(database)
        conflict = await _open_conflict(database, given, field)
        leases = PostgresLeases(database, lease_database)
        async with AsyncExitStack() as stack:
            active = await acquire_lease(stack, leases, settings.account, patience_s)
            policy = sync_options(settings, remote).policy
            resolving = Resolving(
                PostgresStore(database, mapping=remote.mapping),
                remote,
                policy,
                active.lease,
                person(by),
            )
            await resolving.resolve(
                RemoteId(conflict["qcontact_ticket_id"]), conflict["field"], keep
            )
        return (await insights.conflicts(conflict["id"]))[0]


async def _open_conflict(database: Database, given: str, field: str | None) -> Row:
    """The open conflict that a person means."""
    insights = Insights(database)
    found = await insights.conflicts(_uuid(given)) if _uuid(given) else []
    if not found:
        known = await _find(database, given)
        ids = [row["qcontact_ticket_id"] for row in known if row["is_exact"]] or [given]
        found = await insights.conflicts(remote_ids=ids)
    waiting = [row for row in found if row["is_open"] and field in (None, row["field"])]
    if not waiting:
        what = "open conflict" if field is None else f"open conflict about {field}"
        raise UnknownId(given, what)
    if len(waiting) > 1:
        fields = ", ".join(sorted(row["field"] for row in waiting))
        raise ParamError(f"{given} has open conflicts about {fields}: name the field")
    return waiting[0]


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


async def find_tickets(fibreflow: FibreFlowAccess, given: str) -> Sequence[Row]:
    """Tickets by a part of FT number, id, title, DR or ONT number, in any case.

    Returns:
        Rows of ``find_tickets``, at most `MOST_FOUND`; only the exact ones if there are any.
    """
    async with open_database(fibreflow, PERSON_PATIENCE_S) as database:
        return await _find(database, given)


async def _find(database: Database, given: str) -> Sequence[Row]:
    found = await Insights(database).find_tickets(given, MOST_FOUND)
    return [row for row in found if row["is_exact"]] or found


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
        reader = StoryReader(
            PostgresStore(database, mapping=remote.mapping), Insights(database), remote, options
        )
        story = await reader.read(given)
    if story is None:
        raise UnknownId(given, "ticket that came from QContact")
    return story
