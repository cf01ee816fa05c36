"""The content of each page: from the read-only service to the names in a template."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.on_airflow.dashboard import charts, sources
from qcontact_sync.reporting.alerts import Rule
from qcontact_sync.reporting.field_tables import rule_tables
from qcontact_sync.reporting.periods import DEFAULT_PERIOD, Period, period_between, period_named
from qcontact_sync.reporting.places import Names, Place, connection_of, correcting, places_of
from qcontact_sync.reporting.surroundings import Surroundings
from qcontact_sync.services import review, run_reports
from qcontact_sync.services.mapping_report import describe_mapping
from qcontact_sync.services.naming import names_of
from qcontact_sync.services.ticket_story import ticket_links

MAX_LISTED = 200
NEWEST_RUNS = 12
PAGE = 50

View = dict[str, Any]


class NotThere(LookupError):
    """The address names something that does not exist; the message is for users."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period as in an address: a name, or two days."""

    period: str = ""
    first: str = ""
    last: str = ""

    def resolved(self, now: datetime, zone: ZoneInfo) -> Period:
        """The period of the address.

        Raises:
            PeriodError: It is invalid.
        """
        if self.first or self.last:
            return period_between(self.first, self.last, zone)
        return period_named(self.period or DEFAULT_PERIOD, now, zone)


async def overview(account: str, span: Span) -> View:
    """Health, pending work, and a period with its charts."""
    at = await sources.fibreflow(account)
    zone = at.settings.zone
    period = span.resolved(at.now, zone)
    report = await run_reports.report_period(at.fibreflow, at.settings, period, NEWEST_RUNS)
    parts = charts.parts_of(period, report.buckets, zone)
    return {
        **_common(at),
        "health": await review.get_status(
            at.fibreflow, at.settings, await sources.airflow(account, at.settings)
        ),
        "period": period,
        "report": report,
        "parts_of_period": parts,
        "drawn": charts.charts_of(parts),
    }


async def runs(account: str, span: Span, status: str | None, page: int) -> View:
    """The runs of a period, a page of them."""
    at = await sources.fibreflow(account)
    period = span.resolved(at.now, at.settings.zone)
    found = await run_reports.list_runs(
        at.fibreflow, period, status, limit=PAGE + 1, offset=(page - 1) * PAGE
    )
    return {
        **_common(at),
        "period": period,
        "status": status,
        "page": page,
        "runs": found[:PAGE],
        "has_more": len(found) > PAGE,
    }


async def run(account: str, job_id: UUID) -> View:
    """One run.

    Raises:
        NotThere: No run has this id.
    """
    at = await sources.fibreflow(account)
    report = await run_reports.report_run(at.fibreflow, job_id, MAX_LISTED)
    if report is None:
        raise NotThere("No recorded run has this id.")
    return {
        **_common(at),
        "report": report,
        "run": report.run,
        "places": _places(report.run, names_of(at.settings)),
    }


def _places(run: Mapping[str, Any], names: Names) -> Sequence[Place] | None:
    """Where a failed run is settled that is still the newest; None for another one."""
    if run["status"] != "failed" or run["next_id"]:
        return None
    if run["error_code"] == ErrorCode.NEEDS_CONFIRMATION:
        return places_of(Rule.HELD, None, names)
    connection = connection_of(run["error_code"], names)
    return (correcting(connection),) if connection else ()


async def quarantine(account: str, only: review.FailureFilter) -> View:
    """Tickets that failed, of those that match."""
    at = await sources.fibreflow(account)
    return {
        **_common(at),
        "only": only,
        "query": asdict(only),
        "most": MAX_LISTED,
        "quarantine": await run_reports.list_quarantine(at.fibreflow, MAX_LISTED, only),
    }


async def failures(account: str, only: review.FailureFilter) -> View:
    """The entries that a retry of all that match makes due.

    Raises:
        NotThere: There is none.
    """
    at = await sources.fibreflow(account)
    found = review.to_retry(await review.list_failures(at.fibreflow, None, only), only)
    if not found:
        raise NotThere("No ticket in quarantine matches any more.")
    return {**_common(at), "only": only, "query": asdict(only), "entries": found}


async def failure(account: str, entry_id: UUID) -> View:
    """One entry of the quarantine.

    Raises:
        NotThere: It is not in quarantine any more.
    """
    at = await sources.fibreflow(account)
    found = await review.list_failures(at.fibreflow, [str(entry_id)])
    if not found:
        raise NotThere("This ticket is no longer in quarantine.")
    return {**_common(at), "entry": found[0]}


async def conflicts(account: str, page: int) -> View:
    """Open conflicts, and resolved ones, a page of them."""
    at = await sources.fibreflow(account)
    rows = await review.list_conflicts(at.fibreflow, MAX_LISTED + 1, (page - 1) * MAX_LISTED)
    found = rows[:MAX_LISTED]
    return {
        **_common(at),
        "page": page,
        "has_more": len(rows) > MAX_LISTED,
        "waiting": [row for row in found if row["is_open"]],
        "ended": [row for row in found if not row["is_open"]],
    }


async def conflict(account: str, conflict_id: UUID) -> View:
    """One open conflict.

    Raises:
        NotThere: It is not open, or not any more.
    """
    at = await sources.fibreflow(account)
    found = [row for row in await review.list_conflicts(at.fibreflow) if row["id"] == conflict_id]
    if not found or not found[0]["is_open"]:
        raise NotThere("This conflict is no longer open.")
    return {**_common(at), "conflict": found[0]}


async def plain(account: str) -> View:
    """A page without facts of its own."""
    return dict(_common(await sources.fibreflow(account)))


async def start(account: str) -> View:
    """Whether a run can start."""
    at = await sources.fibreflow(account)
    return {**_common(at), "around": await sources.airflow(account, at.settings)}


async def pending(account: str) -> View:
    """What the next run would send."""
    at = await sources.fibreflow(account)
    return {
        **_common(at),
        "pending": await run_reports.list_pending(at.fibreflow, at.settings, MAX_LISTED),
    }


async def fields(account: str) -> View:
    """The rules by which the account's tickets are translated."""
    at = await sources.both_sides(account)
    return {
        **_common(at),
        "tables": rule_tables(describe_mapping(at.settings, at.qcontact.dialect)),
    }


async def tickets(account: str, given: str) -> View:
    """Tickets by a part of what people know them by."""
    at = await sources.fibreflow(account)
    return {
        **_common(at),
        "given": given,
        "found": await review.find_tickets(at.fibreflow, given),
        "most": review.MOST_FOUND,
    }


async def next_run(account: str) -> Surroundings:
    """When the next run begins by itself, or that none does."""
    at = await sources.fibreflow(account)
    return await sources.airflow(account, at.settings)


async def ticket(account: str, ticket_id: str) -> View:
    """The state of a ticket.

    Raises:
        UnknownId: No ticket that came from QContact has this id.
    """
    at = await sources.both_sides(account)
    story = await review.explain_ticket(at.fibreflow, at.qcontact, at.settings, ticket_id)
    return {**_common(at), "story": story, "links": ticket_links(at.settings, story)}


def _common(at: sources.PageSources) -> Mapping[str, Any]:
    return {"now": at.now, "zone": at.settings.zone}
