"""What the endpoints of both dialects share: the call behind a request, and writes that lie."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults import Fault
from sandbox.journal import Entry
from sandbox.store import Version
from sandbox.world import World
from sandbox.writes import ApiError


def as_it_is(raw: bytes) -> bytes:
    return raw


@dataclass(slots=True)
class Call:
    """What the gate hands to an endpoint besides the request.

    Attributes:
        wrap: puts a JSON value into the dialect's envelope.
    """

    world: World
    entry: Entry
    fault: Fault | None = None
    wrap: Callable[[bytes], bytes] = as_it_is

    def is_to(self, action: str) -> bool:
        return self.fault is not None and self.fault.do == action


def call_of(request: Request) -> Call:
    call: Call = request.scope["sandbox.call"]
    return call


def answer_json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def shown(call: Call, version: Version) -> Version:
    """The version that this call sees: an older one under a `stale` fault."""
    fault = call.fault
    if fault is None or fault.do != "stale" or str(fault.ticket_id or version.id) != version.id:
        return version
    return call.world.store.older(version)


def require_right(allowed: bool, deed: str) -> None:
    if not allowed:
        raise ApiError(403, f"this account may not {deed}")


def _answer_write(call: Call, raw: bytes, status: int) -> Response:
    if call.world.switches.empty_write_body:
        return Response(b"", status)
    return answer_json(call.wrap(raw), status)


def write(
    call: Call, work: Callable[[bool], bytes], status: int = 200, *, silent: bool = False
) -> Response:
    """Run `work`, which gets whether to keep what it makes, and say so in the journal."""
    lies = silent or call.is_to("lie")
    raw = work(not lies)
    call.entry.outcome = "lied" if lies else "applied"
    return _answer_write(call, raw, status)


def write_once(
    call: Call, path: str, body: dict[str, Any], work: Callable[[bool], bytes]
) -> Response:
    """Do a POST's work, or repeat the answer that its idempotency key already got."""
    world, key = call.world, (path, call.entry.idempotency_key or "")
    if not world.switches.idempotency or not key[1]:
        return write(call, work, 201)
    asked = msgspec.json.encode(body, order="deterministic")
    if key in world.remembered:
        before, raw = world.remembered[key]
        if before != asked:
            raise ApiError(409, "this Idempotency-Key was used with another body")
        call.entry.outcome = "replayed"
        return _answer_write(call, raw, 201)

    def work_and_remember(keep: bool) -> bytes:
        raw = work(keep)
        if keep:
            world.remembered[key] = asked, raw
        return raw

    return write(call, work_and_remember, 201)
