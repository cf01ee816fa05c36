"""The pages without forms; each has one view and one template."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVarTuple, Unpack
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from qcontact_sync.core.request import parse_request
from qcontact_sync.on_airflow.dashboard import views
from qcontact_sync.on_airflow.dashboard.rendering import page
from qcontact_sync.on_airflow.dashboard.security import MayAct, account_of, may_read
from qcontact_sync.on_airflow.dashboard.sources import patience

_Ts = TypeVarTuple("_Ts")
_SAID = {
    "retry": "The next run tries it again.",
    "dismiss": "The sync ignores it until the ticket changes.",
    "local": "FibreFlow's value is kept; the next run sends it.",
    "remote": "QContact's value was written to FibreFlow.",
    "chosen_local": "FibreFlow's values are kept; the next run sends them.",
    "chosen_remote": "QContact's values were written to FibreFlow.",
    "chosen_in_part": "Some tickets were not decided, for example because they have changed.",
}


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
    """Render a page from its view; at its top, a sentence confirms the last action."""
    made = await patience.wait_for(view, account_of(request).name, *args)
    return page(
        request, template, {**made, "said": _SAID.get(request.query_params.get("said", ""))}
    )


@router.get("/")
async def overview(request: Request, span: Span) -> HTMLResponse:
    """The overview."""
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
    """One run."""
    return await show(request, "run.html", views.run, job_id)


@router.get("/pending")
async def pending(request: Request) -> HTMLResponse:
    """Tickets with pending changes or notes."""
    return await show(request, "pending.html", views.pending)


@router.get("/quarantine")
async def quarantine(request: Request) -> HTMLResponse:
    """The quarantine."""
    return await show(request, "quarantine.html", views.quarantine)


@router.get("/conflicts")
async def conflicts(request: Request) -> HTMLResponse:
    """Open conflicts, and resolved ones."""
    return await show(request, "conflicts.html", views.conflicts)


@router.get("/fields")
async def fields(request: Request) -> HTMLResponse:
    """The account's rules: fields and statuses."""
    return await show(request, "fields.html", views.fields)


@router.get("/ticket")
async def ticket(
    request: Request, ticket_id: Annotated[str, Query(alias="id", max_length=200)] = ""
) -> Response:
    """The state of a ticket."""
    if not ticket_id.strip():
        return RedirectResponse(request.scope["root_path"] + "/", 303)
    (given,) = parse_request({"ticket_ids": [ticket_id]}).ticket_ids
    return await show(request, "ticket.html", views.ticket, given)
