"""The pages without forms; each has one view and one template."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVarTuple, Unpack
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from qcontact_sync.core.failure_filter import FailureState
from qcontact_sync.core.request import parse_request
from qcontact_sync.on_airflow.dashboard import views
from qcontact_sync.on_airflow.dashboard.rendering import page, problem
from qcontact_sync.on_airflow.dashboard.security import MayAct, account_of, may_read
from qcontact_sync.on_airflow.dashboard.sources import patience
from qcontact_sync.services import review

_Ts = TypeVarTuple("_Ts")
_SAID = {
    "retry": "The next run tries it again.",
    "retry_all": "The next run tries them again.",
    "none": "No ticket matched any more; nothing was changed.",
    "dismiss": "The sync ignores it until the ticket changes.",
    "local": "FibreFlow's value is kept; the next run sends it.",
    "remote": "QContact's value was written to FibreFlow.",
    "chosen_local": "FibreFlow's values are kept; the next run sends them.",
    "chosen_remote": "QContact's values were written to FibreFlow.",
    "chosen_in_part": "Some tickets were not decided, for example because they have changed.",
    "start_run": "A run starts in a few seconds. This page shows its result.",
    "confirm_outbound": "A run starts in a few seconds and sends all pending changes.",
}
_FOR_THE_NEXT_RUN = frozenset({"retry", "retry_all", "local", "chosen_local"})

_SEARCHED = (
    "The search looks for a part of the FT number, the QContact id, the title, the DR number or "
    "the ONT number, in any case."
)


def remember_rights(request: Request, may_act: MayAct) -> None:
    """Store the user's rights, for the page's buttons."""
    request.state.may_act = may_act


router = APIRouter(
    dependencies=[may_read, Depends(remember_rights)], default_response_class=HTMLResponse
)


def span(
    period: Annotated[str, Query(max_length=10)] = "",
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
) -> views.Span:
    """The period of an address."""
    return views.Span(period, first, last)


Span = Annotated[views.Span, Depends(span)]


async def show(
    request: Request,
    template: str,
    view: Callable[[str, Unpack[_Ts]], Awaitable[views.View]],
    *args: *_Ts,
) -> HTMLResponse:
    """Render a page from its view; its top says what the last action did, and what follows."""
    account, said = account_of(request).name, request.query_params.get("said", "")
    made = await patience.wait_for(view, account, *args)
    then = await patience.wait_for(views.next_run, account) if said in _FOR_THE_NEXT_RUN else None
    return page(request, template, {**made, "said": _SAID.get(said), "then": then})


@router.get("/")
async def overview(request: Request, span: Span) -> HTMLResponse:
    """The first page: the health, the charts of a period, and what went wrong in it."""
    return await show(request, "overview.html", views.overview, span)


@router.get("/runs")
async def runs(
    request: Request,
    span: Span,
    status: Literal["", "running", "success", "partial", "failed"] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> HTMLResponse:
    """The runs of a period."""
    return await show(request, "runs.html", views.runs, span, status or None, page)


@router.get("/runs/{job_id}")
async def run(request: Request, job_id: UUID) -> HTMLResponse:
    """A run with its window, counts and failed tickets, and the way to its logs in Airflow."""
    return await show(request, "run.html", views.run, job_id)


@router.get("/pending")
async def pending(request: Request) -> HTMLResponse:
    """Tickets with pending changes or notes."""
    return await show(request, "pending.html", views.pending)


def failure_filter(
    direction: Literal["", "inbound", "outbound"] = "",
    error_code: Annotated[str, Query(max_length=60)] = "",
    state: Literal[""] | FailureState = "",
) -> review.FailureFilter:
    """The part of the quarantine that an address names."""
    return review.FailureFilter(direction or None, error_code or None, state or None)


Failures = Annotated[review.FailureFilter, Depends(failure_filter)]


@router.get("/quarantine")
async def quarantine(request: Request, only: Failures) -> HTMLResponse:
    """The quarantine, or a part of it."""
    return await show(request, "quarantine.html", views.quarantine, only)


@router.get("/conflicts")
async def conflicts(
    request: Request, page: Annotated[int, Query(ge=1, le=1000)] = 1
) -> HTMLResponse:
    """Open conflicts, and resolved ones, a page of them."""
    return await show(request, "conflicts.html", views.conflicts, page)


@router.get("/fields")
async def fields(request: Request) -> HTMLResponse:
    """The account's rules: fields and statuses."""
    return await show(request, "fields.html", views.fields)


@router.get("/ticket")
async def ticket(
    request: Request, ticket_id: Annotated[str, Query(alias="id", max_length=200)] = ""
) -> Response:
    """The state of a ticket, or the tickets that the search finds."""
    if not ticket_id.strip():
        return RedirectResponse(request.scope["root_path"] + "/", 303)
    (given,) = parse_request({"ticket_ids": [ticket_id]}).ticket_ids
    view = await patience.wait_for(views.tickets, account_of(request).name, given)
    if len(view["found"]) > 1:
        return page(request, "tickets.html", view)
    # A ticket that is only in QContact is known there by its id.
    known = view["found"][0]["qcontact_ticket_id"] if view["found"] else given
    try:
        return await show(request, "ticket.html", views.ticket, known)
    except review.UnknownId as error:
        return problem(request, 404, "Not found", f"{error}.", _SEARCHED)
