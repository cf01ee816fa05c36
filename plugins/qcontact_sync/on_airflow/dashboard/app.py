"""The dashboard as an ASGI app, to be mounted in Airflow's API server."""

from collections.abc import Sequence
from typing import cast

from airflow.api_fastapi.app import get_auth_manager
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from qcontact_sync.core.errors import ErrorCode, SyncError, TicketError
from qcontact_sync.core.request import ParamError
from qcontact_sync.on_airflow.dashboard import (
    actions,
    comparison,
    help_pages,
    pages,
    starting,
)
from qcontact_sync.on_airflow.dashboard.rendering import FOLDER, problem
from qcontact_sync.on_airflow.dashboard.security import SecureHeaders, account_of
from qcontact_sync.on_airflow.dashboard.views import NotThere
from qcontact_sync.on_airflow.endpoint.answers import Refusal
from qcontact_sync.reporting.advice import advice_of
from qcontact_sync.reporting.periods import PeriodError
from qcontact_sync.reporting.places import Names, Place, connection_of, correcting, places_of

_TITLES = {
    401: "You are not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
}


def create_app() -> Starlette:
    """Build the app; it reads no connection before the first request."""
    pages_of_an_account = _pages()
    return Starlette(
        routes=[
            Mount("/accounts/{account}", pages_of_an_account),
            Mount("", pages_of_an_account),
        ],
        middleware=[Middleware(SecureHeaders)],
    )


def _pages() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    app.include_router(pages.router)
    app.include_router(actions.router)
    app.include_router(comparison.router)
    app.include_router(starting.router)
    pictures = help_pages.docs_folder() / "pictures"
    app.mount("/help/pictures", StaticFiles(directory=pictures, check_dir=False))
    app.include_router(help_pages.router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(PeriodError, _not_understood)
    app.add_exception_handler(NotThere, _not_there)
    app.add_exception_handler(SyncError, _broken)
    app.add_exception_handler(Refusal, _not_started)
    return app


async def _refused(request: Request, error: Exception) -> HTMLResponse:
    status = getattr(error, "status_code", 500)
    if status == 401:
        # Without the host: behind a proxy it differs from the browser's.
        here = request.url.replace(scheme="", netloc="")
        login = get_auth_manager().get_url_login(next_url=str(here))
        return problem(request, 401, _TITLES[401], login=login)
    detail = str(getattr(error, "detail", ""))
    return problem(request, status, _TITLES.get(status, "The request failed"), detail)


async def _not_understood(request: Request, error: Exception) -> HTMLResponse:
    reason = str(error) if isinstance(error, PeriodError) else "Part of the address is invalid"
    return problem(request, 400, "Invalid address", f"{reason}.")


async def _not_there(request: Request, error: Exception) -> HTMLResponse:
    return problem(request, 404, "Not found", str(error))


async def _not_started(request: Request, error: Exception) -> HTMLResponse:
    """Airflow cannot start the run: its DAG is paused, or is not there."""
    status = getattr(error, "status", 500)
    names = Names(dag_id=account_of(request).dag_id)
    places = places_of("paused", None, names) if status == 409 else ()
    return problem(request, status, "No run was started", f"{error}.", places=places)


async def _broken(request: Request, raised: Exception) -> HTMLResponse:
    """An expected failure; its message is for users and contains no secret."""
    error = cast(SyncError, raised)  # Starlette knows only Exception, whatever is registered.
    if isinstance(error, ParamError):
        return problem(request, 400, "Invalid request", f"{error}.")
    if error.code is ErrorCode.NOT_FOUND:
        return problem(request, 404, "Not found", f"{error}.")
    status = 409 if isinstance(error, TicketError) else 503
    advice = advice_of(error)
    return problem(
        request,
        status,
        f"{advice.meaning[:1].upper()}{advice.meaning[1:]}",
        f"{error}.",
        f"What to do: {advice.remedy}.",
        places=_places(request, error.code),
    )


def _places(request: Request, code: ErrorCode) -> Sequence[Place]:
    """The connection that may be wrong; all of them where the accounts themselves are unknown."""
    if code is ErrorCode.CONFIG_ERROR:
        return (Place("/connections", "Open Airflow's connections", is_airflows=True),)
    account = account_of(request)
    names = Names(None, account.dag_id, account.qcontact_conn_id, account.fibreflow_conn_id)
    connection = connection_of(code, names)
    return (correcting(connection),) if connection else ()
