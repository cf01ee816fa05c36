"""The envelope of every answer; its headers forbid caching and active content."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_BEGAN = "qcontact_sync.began"
_LONGEST_MESSAGE = 500

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Refusal(Exception):
    """A refused request.

    Args:
        message: For the caller; contains parts of the request only after authentication.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, dict(headers or {})


class Timed:
    """Notes when each request came in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        scope[_BEGAN] = time.monotonic()
        await self._app(scope, receive, send)


def success(
    request: Request,
    status: int,
    data: Mapping[str, object],
    message: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An answer with data."""
    content = {"success": True, "data": data, "message": message, "meta": _meta(request)}
    return JSONResponse(content, status, {**HEADERS, **(headers or {})})


def failure(request: Request, refusal: Refusal) -> JSONResponse:
    """An answer with an error."""
    error = {
        "code": refusal.code,
        "message": str(refusal)[:_LONGEST_MESSAGE],
        "details": None,
    }
    content = {"success": False, "error": error, "meta": _meta(request)}
    return JSONResponse(content, refusal.status, {**HEADERS, **refusal.headers})


def _meta(request: Request) -> dict[str, object]:
    took_s = time.monotonic() - request.scope[_BEGAN]
    return {
        "timestamp": datetime.now(UTC).isoformat(),
        "execution_time_ms": round(took_s * 1000, 1),
    }
