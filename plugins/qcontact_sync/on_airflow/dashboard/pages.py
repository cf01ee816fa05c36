"""The pages to look at; each is one view and one template."""

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
    "dismiss": "It is left alone until the ticket changes.",
    "local": "FibreFlow's value stays and goes out with the next run.",
    "remote": "QContact's value was written to FibreFlow.",
}


def remember_rights(request: Request, may_act: MayAct) -> None:
    """Note what who asks may do, for the page's buttons."""
    request.state.may_act = may_act


router = APIRouter(
    dependencies=[may_read, Depends(remember_rights)], default_response_class=HTMLResponse
)


def span(
    period: Annotated[str, Query(max_length=10)] = "",
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
) -> views.Span:
    """The period that an address asks for."""
    return views.Span(period, first, last)


Span = Annotated[views.Span, Depends(span)]


async def show(
    request: Request,
    template: str,
    view: Callable[[str, Unpack[_Ts]], Awaitable[views.View]],
    *args: *_Ts,
) -> HTMLResponse:
    """A page from its view; a sentence about what was just done stands on top of it."""
    made = await patience.wait_for(view, account_of(request).name, *args)
    return page(
        request, template, {**made, "said": _SAID.get(request.query_params.get("said", ""))}
    )


@router.get("/")
async def overview(request: Request, span: Span) -> HTMLResponse:
    """Everything at a glance."""
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
    """What waits to go out."""
    return await show(request, "pending.html", views.pending)


@router.get("/quarantine")
async def quarantine(request: Request) -> HTMLResponse:
    """What failed and is tried again."""
    return await show(request, "quarantine.html", views.quarantine)


@router.get("/conflicts")
async def conflicts(request: Request) -> HTMLResponse:
    """What waits for a person."""
    return await show(request, "conflicts.html", views.conflicts)


@router.get("/ticket")
async def ticket(
    request: Request, ticket_id: Annotated[str, Query(alias="id", max_length=200)] = ""
) -> Response:
    """Why a ticket is as it is; without an id, the question for it."""
    if not ticket_id.strip():
        return RedirectResponse(request.scope["root_path"] + "/", 303)
    (given,) = parse_request({"ticket_ids": [ticket_id]}).ticket_ids
    return await show(request, "ticket.html", views.ticket, given)
