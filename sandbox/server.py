"""The ASGI application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from sandbox import api, control
from sandbox.gate import Gate
from sandbox.world import World
from sandbox.writes import ApiError, error_body


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this type alone
    return api.answer_json(error.body, error.status)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    return api.answer_json(error_body(error.status_code, error.detail), error.status_code)


def create_app(world: World, prefix: str = "") -> Starlette:
    """Serve `world`, with all paths below `prefix`."""
    app = Starlette(
        routes=[*api.ROUTES, *control.ROUTES],
        middleware=[Middleware(Gate, world=world, prefix=prefix)],
        exception_handlers={ApiError: _refuse, HTTPException: _unrouted},
    )
    app.state.world = world
    return app
