"""Decisions: each page asks for confirmation, then does the same as the command line."""

from dataclasses import asdict
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse

from qcontact_sync.on_airflow.dashboard import sources, views
from qcontact_sync.on_airflow.dashboard.audit_log import log_decision
from qcontact_sync.on_airflow.dashboard.pages import Failures, remember_rights, show
from qcontact_sync.on_airflow.dashboard.security import account_of, check_form, may_read
from qcontact_sync.services import review

EntryAction = Literal["retry", "dismiss"]

router = APIRouter(
    dependencies=[may_read, Depends(remember_rights)], default_response_class=HTMLResponse
)
_checked = [Depends(check_form)]


@router.get("/quarantine/all/retry")
async def ask_about_failures(request: Request, only: Failures) -> HTMLResponse:
    """List the entries that match, the first 20 by name, with the button that retries them."""
    return await show(request, "retry_all.html", views.failures, only)


@router.post("/quarantine/all/retry", dependencies=_checked)
async def retry_failures(request: Request, only: Failures) -> RedirectResponse:
    """Make all entries due now that match."""
    at = await sources.fibreflow(account_of(request).name)
    subject = ", ".join(f"{name}={value}" for name, value in asdict(only).items() if value)
    user = await log_decision(request, "retry", subject or "all")
    changed = await review.retry_matching(at.fibreflow, only, by=user)
    return _back(request, "/quarantine", "retry_all" if changed else "none")


@router.get("/quarantine/{entry_id}/{action}")
async def ask_about_failure(request: Request, entry_id: UUID, action: EntryAction) -> HTMLResponse:
    """Show the entry and what the action does to it, with the button that does it."""
    return await show(request, f"{action}.html", views.failure, entry_id)


@router.post("/quarantine/{entry_id}/{action}", dependencies=_checked)
async def change_failure(request: Request, entry_id: UUID, action: EntryAction) -> RedirectResponse:
    """Make an entry due now, or ignore it until the ticket changes."""
    at = await sources.fibreflow(account_of(request).name)
    decide = review.retry_failures if action == "retry" else review.dismiss_failures
    user = await log_decision(request, action, str(entry_id))
    await decide(at.fibreflow, str(entry_id), by=user)
    return _back(request, "/quarantine", action)


@router.get("/conflicts/{conflict_id}/{keep}")
async def ask_about_conflict(
    request: Request, conflict_id: UUID, keep: review.Keep
) -> HTMLResponse:
    """Show both values and what becomes of the other one, with the button that decides."""
    return await show(request, f"keep_{keep}.html", views.conflict, conflict_id)


@router.post("/conflicts/{conflict_id}/{keep}", dependencies=_checked)
async def resolve_conflict(
    request: Request, conflict_id: UUID, keep: review.Keep
) -> RedirectResponse:
    """Keep the value of one side."""
    at = await sources.both_sides(account_of(request).name)
    user = await log_decision(request, f"keep_{keep}", str(conflict_id))
    await review.resolve_conflict(
        at.fibreflow,
        at.qcontact,
        at.settings,
        str(conflict_id),
        keep,
        patience_s=sources.DECISION_PATIENCE_S,
        by=user,
    )
    return _back(request, "/conflicts", keep)


def _back(request: Request, path: str, said: str) -> RedirectResponse:
    # 303: reloading the target page does not repeat the action.
    return RedirectResponse(f"{request.scope['root_path']}{path}?said={said}", 303)
