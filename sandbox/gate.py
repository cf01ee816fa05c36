"""The gate in front of every endpoint: key, journal, faults, the server's clock."""

import asyncio
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, NamedTuple

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.calls import Call
from sandbox.dialects import DIALECTS, Dialect, has_key
from sandbox.faults import Fault
from sandbox.instants import SECOND
from sandbox.journal import Entry
from sandbox.world import World
from sandbox.writes import error_body

_HTML = b"<html><body><h1>502 Bad Gateway</h1><p>proxy</p></body></html>"
# Bytes that were written must reach the socket before the connection is cut.
_FLUSH_S = 0.02

Work = Callable[[], Awaitable["Answer"]]


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def _make(status: int, body: bytes, media_type: bytes = b"application/json") -> Answer:
    length = str(len(body)).encode()
    return Answer(status, [(b"content-type", media_type), (b"content-length", length)], body)


class Gate:
    """ASGI middleware. Under a path `prefix` it serves only what lies below it."""

    def __init__(self, app: ASGIApp, world: World, prefix: str = "") -> None:
        self.app = app
        self.world = world
        self.dialect = DIALECTS[world.dialect]
        self.prefix = prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith(self.prefix):
            scope["path"] = path.removeprefix(self.prefix)
        else:
            scope["path"] = "/no/such/prefix"
        line = _Line(self.world, receive, send, scope.get("extensions", {}).get("sandbox.abort"))
        if scope["path"].startswith("/_sandbox/"):
            await line.send_answer(await self._control(scope, receive))
        else:
            await self._serve(scope, receive, line)

    async def _serve(self, scope: Scope, receive: Receive, line: "_Line") -> None:
        body = await _read_body(receive)
        entry, call_name = _read_entry(scope, self.world.stamp(), _readable(body), self.dialect)
        is_write = self.dialect.is_write(entry.method, scope["path"])
        self.world.record(entry, call_name, is_write=is_write)
        ticket_id = entry.ticket_ids[0] if entry.ticket_ids else None
        fault = self.world.faults.take(entry.method, entry.target, ticket_id)
        entry.fault = fault.do if fault else None
        scope["sandbox.call"] = Call(self.world, entry, fault, self.dialect.wrap)

        async def work() -> Answer:
            answer = await self._work(scope, _replay(body))
            _judge(entry, answer.status)
            return answer

        try:
            await _answer(line, fault, work, entry, self.dialect)
        finally:
            self.world.finish()

    async def _control(self, scope: Scope, receive: Receive) -> Answer:
        open_ = scope["path"] == "/_sandbox/health"
        if not open_ and not has_key(self.world, Headers(scope=scope)):
            return _make(401, error_body(401, "bad or missing API key"))
        return await self._ask_app(scope, receive)

    async def _work(self, scope: Scope, receive: Receive) -> Answer:
        path, headers = scope["path"], Headers(scope=scope)
        refusal = self.dialect.refusal(self.world, path, headers)
        if refusal is not None:
            return _make(401, refusal)
        answer = await self._ask_app(scope, receive)
        for name, value in self.dialect.answer_headers(self.world, path, headers).items():
            answer.headers.append((name.encode(), value.encode()))
        return answer

    async def _ask_app(self, scope: Scope, receive: Receive) -> Answer:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, collect)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        return Answer(messages[0]["status"], messages[0]["headers"], body)


def _read_entry(scope: Scope, at: str, body: Any, dialect: Dialect) -> tuple[Entry, str]:
    """The request as the journal keeps it, and the name of the call it is."""
    query, path = scope["query_string"].decode(), scope["path"]
    headers = Headers(scope=scope)
    ids = dialect.ticket_ids(path, body)
    parts = path.strip("/").split("/")
    name = "/".join(["", *("{id}" if part in ids else part for part in parts)])
    entry = Entry(
        at,
        "api",
        scope["method"],
        path + (f"?{query}" if query else ""),
        ids,
        request_id=headers.get("x-request-id"),
        idempotency_key=headers.get("idempotency-key"),
        body=None if dialect.hides_body(path) else body,
    )
    return entry, f"{scope['method']} {name}"


async def _read_body(receive: Receive) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _readable(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode(errors="replace")


def _judge(entry: Entry, status: int) -> None:
    if status >= 400 and entry.method != "GET":
        entry.outcome = "refused"


async def _answer(
    line: "_Line", fault: Fault | None, work: Work, entry: Entry, dialect: Dialect
) -> None:
    """Do the work and send its answer, or what the fault makes of the two."""
    action = fault.do if fault else None
    pause = fault.delay_s if fault else 0.0
    if action in ("answer", "drop", "delay"):
        await asyncio.sleep(pause)
    if action == "drop":
        await line.cut()
        return
    if fault and action == "answer":
        answer = await _answer_of_choice(fault, work, line.world, entry, dialect)
    else:
        answer = await work()
    if action == "twice":
        await work()
    if action in ("delay_answer", "lose_answer", "cut_body"):
        await asyncio.sleep(pause)
    if action == "lose_answer":
        await line.cut()
    elif action == "cut_body":
        await line.send_half(answer)
    else:
        entry.status = answer.status
        await line.send_answer(answer, drip_s=pause if action == "drip" else None)


async def _answer_of_choice(
    fault: Fault, work: Work, world: World, entry: Entry, dialect: Dialect
) -> Answer:
    if fault.applied:
        await work()
    answer = _made_up(fault, world, dialect)
    if not fault.applied:
        _judge(entry, answer.status)
    return answer


def _made_up(fault: Fault, world: World, dialect: Dialect) -> Answer:
    if fault.body == "html":
        answer = _make(fault.status, _HTML, b"text/html")
    elif fault.body == "empty":
        answer = _make(fault.status, b"")
    elif fault.body == "error":
        answer = _make(fault.status, dialect.error(fault.status, "made up by the fault board"))
    else:
        answer = _make(fault.status, fault.body.encode())
    if fault.retry_after is not None:
        answer.headers.append((b"retry-after", str(fault.retry_after).encode()))
    elif fault.retry_after_date_s is not None:
        moment = world.now() / SECOND + fault.retry_after_date_s
        answer.headers.append((b"retry-after", formatdate(moment, usegmt=True).encode()))
    return answer


class _Line(NamedTuple):
    """The wire to one client."""

    world: World
    receive: Receive
    send: Send
    abort: Callable[[], None] | None

    async def _start(self, answer: Answer) -> None:
        date = formatdate(self.world.now() / SECOND, usegmt=True).encode()
        headers = [*answer.headers, (b"date", date)]
        await self.send(
            {"type": "http.response.start", "status": answer.status, "headers": headers}
        )

    async def _piece(self, body: bytes, *, more: bool) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def send_answer(self, answer: Answer, drip_s: float | None = None) -> None:
        await self._start(answer)
        body = answer.body
        if drip_s is not None:
            step = max(1, len(body) // 10)
            while len(body) > step:
                await self._piece(body[:step], more=True)
                await asyncio.sleep(drip_s)
                body = body[step:]
        await self._piece(body, more=False)

    async def send_half(self, answer: Answer) -> None:
        await self._start(answer)
        await self._piece(answer.body[: len(answer.body) // 2], more=True)
        await asyncio.sleep(_FLUSH_S)
        await self.cut()

    async def cut(self) -> None:
        """Drop the TCP connection; wait until the server has noticed."""
        if self.abort is None:
            raise RuntimeError("connections can be cut only under sandbox.running")
        self.abort()
        while (await self.receive())["type"] != "http.disconnect":
            pass
