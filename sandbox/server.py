"""The ASGI application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from sandbox import control
from sandbox.calls import answer_json
from sandbox.dialects import DIALECTS
from sandbox.gate import Gate
from sandbox.world import World
from sandbox.writes import ApiError


def _answer_error(
    request: Request, status: int, message: str, field: str | None = None
) -> Response:
    world: World = request.app.state.world
    control_path = request.scope["path"].startswith("/_sandbox/")
    dialect = DIALECTS["tickets" if control_path else world.dialect]
    return answer_json(dialect.error(status, message, field), status)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this type alone
    return _answer_error(request, error.status, error.message, error.field)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    return _answer_error(request, error.status_code, error.detail)


def create_app(world: World, prefix: str = "") -> Starlette:
    """Serve `world`, with all paths below `prefix`."""
    app = Starlette(
        routes=[*DIALECTS[world.dialect].routes, *control.ROUTES],
        middleware=[Middleware(Gate, world=world, prefix=prefix)],
        exception_handlers={ApiError: _refuse, HTTPException: _unrouted},
    )
    app.state.world = world
    return app
