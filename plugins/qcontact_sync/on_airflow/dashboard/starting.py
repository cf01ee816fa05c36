"""Starting a run from the dashboard: an ordinary one, or one that sends held changes."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse

from qcontact_sync.core.request import RunRequest, parse_request
from qcontact_sync.on_airflow.dashboard import sources, views
from qcontact_sync.on_airflow.dashboard.audit_log import log_decision
from qcontact_sync.on_airflow.dashboard.pages import remember_rights, show
from qcontact_sync.on_airflow.dashboard.security import account_of, check_form, may_read

router = APIRouter(
    dependencies=[may_read, Depends(remember_rights)], default_response_class=HTMLResponse
)
_checked = [Depends(check_form)]


@router.get("/run")
async def ask_about_run(request: Request) -> HTMLResponse:
    """Show what a run does, and whether the DAG is paused, with the button that starts it."""
    return await show(request, "start_run.html", views.start)


@router.post("/run", dependencies=_checked)
async def start_run(request: Request) -> RedirectResponse:
    """Start a run as the schedule does it, or join an equal one that is active."""
    at = await sources.fibreflow(account_of(request).name)
    return await _start(request, "start_run", {"sync_direction": at.settings.direction})


@router.get("/pending/confirm")
async def ask_about_held(request: Request) -> HTMLResponse:
    """Show what would be sent, and ask for confirmation."""
    return await show(request, "confirm_held.html", views.pending)


@router.post("/pending/confirm", dependencies=_checked)
async def send_held(request: Request) -> RedirectResponse:
    """Start a run that sends all pending changes, whatever their number."""
    return await _start(request, "confirm_outbound", {"confirm_outbound": True})


async def _start(request: Request, decision: str, params: dict[str, object]) -> RedirectResponse:
    wanted: RunRequest = parse_request(params)
    user = await log_decision(request, decision, str(params))
    await sources.start(account_of(request), wanted, user)
    # 303: reloading the target page does not repeat the action.
    return RedirectResponse(f"{request.scope['root_path']}/?said={decision}", 303)
