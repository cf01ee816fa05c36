"""The page that compares both sides, and the decisions about many tickets at once.

It shows QContact's values from the last run: reading QContact's whole list takes longer than a page
may. Each decision names the version of the ticket that was shown, and is refused for another.
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse

from qcontact_sync.core.model import RemoteId
from qcontact_sync.core.request import ParamError, parse_request
from qcontact_sync.on_airflow.dashboard import sources, views
from qcontact_sync.on_airflow.dashboard.audit_log import log_decision
from qcontact_sync.on_airflow.dashboard.pages import remember_rights, show
from qcontact_sync.on_airflow.dashboard.security import account_of, check_form, may_read
from qcontact_sync.reporting.comparison_csv import HEADINGS, csv_lines
from qcontact_sync.services import comparison, review

LISTED = 500
"""Tickets on a page."""
MOST_CHOSEN = 5_000
"""Tickets in one decision, whose plan shows each of them."""
LOOKED_AT = 20_000
"""More takes longer than a page may."""
_CSV_AT_ONCE = 1_000

Selection = Literal["", "pending", "waits", "differs", "only_qcontact", "only_fibreflow",
               "done_here", "done_there"]  # fmt: skip

router = APIRouter(
    dependencies=[may_read, Depends(remember_rights)], default_response_class=HTMLResponse
)
_checked = [Depends(check_form)]
Shown = Annotated[Selection, Query(alias="show")]
After = Annotated[str, Query(max_length=200)]
Chosen = Annotated[list[str] | None, Form(max_length=MOST_CHOSEN)]
AllThat = Annotated[Selection, Form(alias="show")]
OtherPages = Annotated[bool, Form(alias="other_pages")]
Keep = Annotated[review.Keep, Form()]


@router.get("/compare")
async def compare(
    request: Request, wanted: Shown = "", after: After = "", pick: Literal["", "all"] = ""
) -> HTMLResponse:
    """Tickets that are not the same on both sides."""
    return await show(request, "compare.html", _differences, wanted, after, pick == "all")


@router.get("/compare/csv")
async def download(request: Request, wanted: Shown = "") -> StreamingResponse:
    """The same as a file."""
    at = await sources.both_sides(account_of(request).name)
    headers = {"Content-Disposition": 'attachment; filename="comparison.csv"'}
    return StreamingResponse(_csv(at, wanted or None), media_type="text/csv", headers=headers)


@router.post("/compare/plan", dependencies=_checked)
async def plan(
    request: Request,
    keep: Keep,
    ticket: Chosen = None,
    wanted: AllThat = "",
    other_pages: OtherPages = False,
) -> HTMLResponse:
    """What a decision about these tickets would do, with all values; nothing is written.

    With ``other_pages`` it is about all that match the filter, on every page.
    """
    if other_pages:
        return await show(request, "compare_plan.html", _plan_of_all, wanted, keep)
    return await show(request, "compare_plan.html", _plan, _versions(ticket or []), keep)


@router.post("/compare/decide", dependencies=_checked)
async def decide(request: Request, keep: Keep, ticket: Chosen = None) -> RedirectResponse:
    """Let one side win for these tickets."""
    versions = _versions(ticket or [])
    user = await log_decision(request, f"keep_{keep}", f"{len(versions)} tickets, compared")
    decision = comparison.Decision(
        keep, by=user, versions=versions, reads_now=False, patience_s=sources.DECISION_PATIENCE_S
    )
    chosen = await _choose(account_of(request).name, decision)
    is_whole = all(one.decided and not one.refused for one in chosen)
    said = keep if is_whole else "in_part"
    return RedirectResponse(f"{request.scope['root_path']}/compare?said=chosen_{said}", 303)


async def _differences(account: str, wanted: Selection, after: str, is_picked: bool) -> views.View:
    at = await sources.both_sides(account)
    found = await comparison.list_differences(
        at.fibreflow, at.qcontact, at.settings, wanted or None, after or None, LISTED, LOOKED_AT
    )
    return {
        "now": at.now,
        "zone": at.settings.zone,
        "wanted": wanted,
        "first": not after,
        "found": found,
        "is_picked": is_picked,
    }


async def _plan_of_all(account: str, wanted: Selection, keep: review.Keep) -> views.View:
    at = await sources.both_sides(account)
    found = await comparison.list_differences(
        at.fibreflow, at.qcontact, at.settings, wanted or None, limit=MOST_CHOSEN + 1
    )
    if len(found.tickets) > MOST_CHOSEN:
        raise ParamError(f"more than {MOST_CHOSEN:,} tickets match: choose a part by the filter")
    versions = {t.remote_id: t.version for t in found.tickets if t.remote_id and t.fields}
    return await _plan(account, versions, keep)


async def _plan(account: str, versions: Mapping[RemoteId, str], keep: review.Keep) -> views.View:
    at = await sources.both_sides(account)
    decision = comparison.Decision(keep, dry_run=True, versions=versions, reads_now=False)
    chosen = await _choose(account, decision)
    return {
        "now": at.now,
        "zone": at.settings.zone,
        "keep": keep,
        "chosen": chosen,
        "versions": versions,
    }


async def _choose(account: str, decision: comparison.Decision) -> Sequence[comparison.ChosenTicket]:
    at = await sources.both_sides(account)
    ids = [*decision.versions]
    return await comparison.choose_side(at.fibreflow, at.qcontact, at.settings, ids, decision)


def _versions(tickets: Sequence[str]) -> Mapping[RemoteId, str]:
    """Version by QContact id, of values like ``<version> <id>`` as the page's form has them."""
    pairs = [given.partition(" ") for given in tickets]
    versions = {RemoteId(remote_id): version for version, _, remote_id in pairs}
    parse_request({"ticket_ids": list(versions) or None})
    return versions


async def _csv(at: sources.BothSides, wanted: str | None) -> AsyncIterator[str]:
    yield _lines([HEADINGS])
    after: str | None = None
    while True:
        page = await comparison.list_differences(
            at.fibreflow, at.qcontact, at.settings, wanted, after, _CSV_AT_ONCE
        )
        yield _lines([line for ticket in page.tickets for line in csv_lines(ticket)])
        after = page.after
        if after is None:
            return


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
