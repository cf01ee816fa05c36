"""The app: its routes; every other request is refused in the same envelope."""

import asyncio
from http import HTTPStatus
from importlib.metadata import version
from uuid import UUID

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse

from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow.endpoint import request_parsing, runs, schema
from qcontact_sync.on_airflow.endpoint.answers import Refusal, Timed, failure, success
from qcontact_sync.on_airflow.endpoint.auth import CallerAuth
from qcontact_sync.on_airflow.endpoint.record import Record
from qcontact_sync.on_airflow.endpoint.runs import SeenRun
from qcontact_sync.on_airflow.endpoint.sync_health import HealthChecks
from qcontact_sync.on_airflow.endpoint.waiting import Waiting
from qcontact_sync.on_airflow.threads import Threads

URL_PREFIX = "/api/ticketing"
SYNC_PATH = "/cron/sync-qcontact"
HEALTH_PATH = "/sync/health"

# Only for the OpenAPI document: `CallerAuth` authenticates callers.
_SECRET = [Depends(HTTPBearer(auto_error=False, description="CRON_SECRET, or Airflow's own token"))]


class Endpoint:
    """The routes' functions, and what they share in one process."""

    def __init__(self) -> None:
        self._auth = CallerAuth()
        self._airflow = Threads()
        self._record = Record(self._airflow)
        self._waiting = Waiting(self._airflow)
        self._health = HealthChecks(self._airflow)
        # Other requests of this process wait here and hold no connection meanwhile.
        self._starting = asyncio.Lock()

    async def trigger(self, request: Request) -> JSONResponse:
        """Start a run of the DAG, or join an equal one, and wait for its end."""
        caller, account = await self._admit(request)
        key, wait_s = request_parsing.read_key(request), request_parsing.read_wait(request)
        wanted = await request_parsing.read_request(request)
        async with self._starting:
            run_id = await self._airflow.run(runs.start, account.dag_id, wanted, key, caller)
        seen = await self._waiting.for_end(account.dag_id, run_id, wait_s, request)
        return await self._run_answer(request, account, seen, 200 if seen.is_over else 202)

    async def get_run(self, request: Request, job_id: str) -> JSONResponse:
        """Return the state of a run."""
        _, account = await self._admit(request)
        run_id = await self._airflow.run(runs.find, account.dag_id, _uuid(job_id))
        if run_id is None:
            raise _unknown_run()
        seen = await self._airflow.run(runs.get_run, account.dag_id, run_id)
        if seen is None:
            raise _unknown_run()
        return await self._run_answer(request, account, seen, 200)

    async def health(self, request: Request) -> JSONResponse:
        """Whether the sync is healthy; for an uptime monitor.

        Only callers with the secret get the health of one account. Other callers get the same
        answer for every name, so that it does not show which accounts exist.
        """
        named = request_parsing.read_account(request)
        is_for_one = named is not None and "authorization" in request.headers
        account = (await self._admit(request))[1] if is_for_one else None
        if not await self._health.of(account).answer():
            raise Refusal(503, "UNHEALTHY", "the sync needs attention")
        return success(request, 200, {"is_healthy": True}, "the sync is healthy")

    async def _account(self, name: str | None) -> Account | Refusal:
        return await self._airflow.run(request_parsing.account_named, name)

    async def _admit(self, request: Request) -> tuple[str, Account]:
        """The caller and the account; a refused caller learns nothing about accounts."""
        named = await self._account(request_parsing.read_account(request))
        asked = Account() if isinstance(named, Refusal) else named
        caller = await self._auth.admit(request, asked.dag_id)
        if isinstance(named, Refusal):
            raise named
        return caller, named

    async def _run_answer(
        self, request: Request, account: Account, seen: SeenRun, status: int
    ) -> JSONResponse:
        data = await self._record.describe(seen, account.name)
        location = f"{request.scope.get('root_path', '')}{SYNC_PATH}/{seen.job_id}"
        if account.suffix:
            location += f"?account={account.name}"
        headers = {"Location": location} if status == HTTPStatus.ACCEPTED else None
        return success(request, status, data, f"the run's status is {data['status']}", headers)


def create_app() -> FastAPI:
    """The app that Airflow mounts at `URL_PREFIX`."""
    app = FastAPI(
        title="QContact sync",
        description="Starts runs of the ticket sync, and returns their state.",
        version=version("qcontact-sync"),
        servers=[{"url": URL_PREFIX}],
        # Only the routes below exist: the OpenAPI document is in docs/.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Timed)],
        exception_handlers={
            Refusal: _refused,
            HTTPException: _not_here,
            Exception: _broke,
        },
    )
    _add_routes(app, Endpoint())
    return app


def _add_routes(app: FastAPI, endpoint: Endpoint) -> None:
    app.add_api_route(
        SYNC_PATH,
        endpoint.trigger,
        methods=["POST"],
        dependencies=_SECRET,
        operation_id="startSync",
        response_model=None,
        responses={
            200: {
                "model": schema.RunAnswer,
                "description": "The run has ended, with any status",
            },
            202: {
                "model": schema.RunAnswer,
                "description": "The run is queued or running",
                "headers": {"Location": {"schema": {"type": "string"}}},
            },
            **schema.refused(400, 401, 403, 409, 413, 415, 422, 429, 500),
        },
        openapi_extra=schema.BODY,
    )
    app.add_api_route(
        SYNC_PATH + "/{job_id}",
        endpoint.get_run,
        methods=["GET"],
        dependencies=_SECRET,
        operation_id="readSync",
        response_model=None,
        openapi_extra={"parameters": [schema.ACCOUNT]},
        responses={
            200: {"model": schema.RunAnswer},
            **schema.refused(401, 403, 404, 422, 429, 500),
        },
    )
    app.add_api_route(
        HEALTH_PATH,
        endpoint.health,
        methods=["GET"],
        operation_id="readHealth",
        response_model=None,
        # The secret is not required: it selects one account.
        openapi_extra={
            "parameters": [schema.ACCOUNT],
            "security": [{}, {HTTPBearer.__name__: []}],
        },
        responses={
            200: {"model": schema.HealthAnswer},
            **schema.refused(401, 403, 422, 429, 500, 503),
        },
    )
    app.add_api_route(
        HEALTH_PATH, endpoint.health, methods=["HEAD"], response_model=None, include_in_schema=False
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _unknown_run() from None


def _unknown_run() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Airflow knows no run with this id")


async def _refused(request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)  # noqa: S101 what it is registered for
    return failure(request, refusal)


async def _not_here(request: Request, error: Exception) -> JSONResponse:
    """No such path, or not by this method."""
    assert isinstance(error, HTTPException)  # noqa: S101 what it is registered for
    status = HTTPStatus(error.status_code)
    return failure(request, Refusal(status, status.name, status.phrase, error.headers))


async def _broke(request: Request, error: Exception) -> JSONResponse:
    """An internal error or a failed database; Starlette logs it after this answer."""
    message = "the request failed; see the API server's log"
    return failure(request, Refusal(500, "CRON_JOB_ERROR", message))
