"""A tenant whose sign-in follows a script: which tokens it takes, and what its answers bring."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from uuid import uuid4

from aiohttp import web

EMAIL = "sync@example.test"
PASSWORD = "pw-very-secret-0123456789"
SIGN_IN, SIGN_OUT = "/api/v2/auth/sign_in", "/api/v2/auth/sign_out"
CASE = "/api/v2/entities/Case/21924990061"
THE_CASE = {"id": 21924990061, "label": "Connection Issue FT499061", "fields": {"status": "Open"}}


class Tenant:
    """Takes requests with a valid token; an answer may bring the next one.

    Attributes:
        valid: The access tokens that are taken.
        rotations: What the next answers bring as ``access-token``; None brings no header.
        in_body: Whether a sign-in answers with tokens in its body.
        refusal: What a sign-in is answered with instead, as a status.
        held: Requests to these numbers (of their order, from 0) wait for their event.
    """

    def __init__(self) -> None:
        self.valid: set[str] = set()
        self.rotations: deque[str | None] = deque()
        self.in_body = False
        self.refusal: int | None = None
        self.sign_ins: list[Mapping[str, str]] = []
        self.signed_out: list[str] = []
        self.tokens_seen: list[str] = []
        self.statuses: list[int] = []
        self.headers_seen: list[Mapping[str, str]] = []
        self.held: dict[int, asyncio.Event] = {}
        self.arrived = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.001)
        if request.path == SIGN_IN:
            return await self._sign_in(request)
        if request.path == SIGN_OUT:
            self.signed_out.append(request.headers["access-token"])
            return web.json_response({"success": True})
        return await self._answer(request)

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        self.sign_ins.append(await request.json())
        if self.refusal is not None:
            return web.json_response({"errors": [PASSWORD]}, status=self.refusal)
        token = f"token-very-secret-{len(self.sign_ins)}"
        self.valid.add(token)
        tokens = {
            "access-token": token,
            "client": f"client-very-secret-{uuid4()}",
            "uid": EMAIL,
            "expiry": "1800000000",
        }
        if self.in_body:
            return web.json_response(tokens)
        return web.json_response({"data": {"email": EMAIL}}, headers=tokens)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        number, token = len(self.tokens_seen), request.headers.get("access-token", "")
        self.tokens_seen.append(token)
        self.headers_seen.append(dict(request.headers))
        is_valid = token in self.valid
        brought = self.rotations.popleft() if is_valid and self.rotations else None
        async with self.arrived:
            self.arrived.notify_all()
        if number in self.held:
            await self.held[number].wait()
        if not is_valid:
            self.statuses.append(401)
            return web.json_response({"errors": ["unauthorised"]}, status=401)
        self.statuses.append(200)
        headers = {} if brought is None else {"access-token": brought, "client": "", "uid": EMAIL}
        body = THE_CASE if "/entities/Case/" in request.path else {"label": "Sync Example"}
        return web.Response(
            body=json.dumps(body).encode(), headers=headers, content_type="application/json"
        )

    async def wait_for_requests(self, count: int) -> None:
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.tokens_seen) >= count)
