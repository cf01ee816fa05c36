"""A server that answers from a script, and a clock that waits without time."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

KEY = "qk-very-secret-0123456789"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WaitlessClock:
    """`core.ports.Clock` whose `sleep` moves the time instead of waiting for it."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        end = self.elapsed_s + seconds
        await asyncio.sleep(0)
        self.elapsed_s = max(self.elapsed_s, end)


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Script:
    """Answers requests in the order they come; the last answer is given for ever."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.at_once = 0
        self.over = asyncio.Event()
        self._answers: deque[Handler] = deque()

    def answer(self, *answers: Handler) -> None:
        self._answers.extend(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(
            Seen(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                dict(request.headers),
                await request.read(),
            )
        )
        handler = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        self.at_once += 1
        try:
            return await handler(request)
        finally:
            self.at_once -= 1


def reply(status: int = 200, body: object = b"", **headers: str) -> Handler:
    """An answer with this body, bytes as they are and anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handler(_request: web.Request) -> web.Response:
        # Lets concurrent requests arrive before the first is answered.
        await asyncio.sleep(0.001)
        return web.Response(status=status, body=content, headers=sent)

    return handler


def a_ticket(**fields: object) -> dict[str, object]:
    return {"id": "T-1", "title": "No signal", **fields}


def a_listing(*tickets: object, **fields: object) -> dict[str, object]:
    counts = {"total": len(tickets), "page": 1, "page_size": 100, "has_more": False}
    return {"data": {"tickets": tickets, **counts, **fields}}


async def reset(request: web.Request) -> web.StreamResponse:
    """Close the connection instead of answering."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half_a_body(request: web.Request) -> web.StreamResponse:
    """Promise more than is sent, then close the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"data": {"tickets": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def not_http(request: web.Request) -> web.StreamResponse:
    """Answer with something that is no HTTP."""
    assert request.transport is not None
    request.transport.write(b"220 mail.example.test ESMTP\r\n\r\n")
    request.transport.close()
    return web.Response()


async def corrupt_gzip(_request: web.Request) -> web.StreamResponse:
    """Announce gzip and send none."""
    response = web.Response(body=b"no gzip at all")
    response.headers["Content-Encoding"] = "gzip"
    return response


def silence(script: Script) -> Handler:
    """Take the request and never answer."""

    async def handler(_request: web.Request) -> web.Response:
        await script.over.wait()
        return web.Response()

    return handler


def slow_drip(script: Script, pause_s: float) -> Handler:
    """Send a body byte by byte, for ever: something always comes, but never the end."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not script.over.is_set():
            await response.write(b" ")
            await asyncio.sleep(pause_s)
        return response

    return handler
