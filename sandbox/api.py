"""The endpoints of the tickets dialect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import Fault
from sandbox.instants import parse_instant
from sandbox.store import Query, Version
from sandbox.switches import Switches
from sandbox.world import Entry, World
from sandbox.writes import ApiError, check_note, check_ticket, read_object

_EXACT_FILTERS = ("status", "priority", "category", "assigned_to")
_TIME_FILTERS = ("updated_after", "updated_before", "created_after", "created_before")
_DEFAULT_PAGE_SIZE = 50


@dataclass(slots=True)
class Call:
    """What the gate hands to an endpoint besides the request."""

    world: World
    entry: Entry
    fault: Fault | None = None

    def is_to(self, action: str) -> bool:
        return self.fault is not None and self.fault.do == action


def call_of(request: Request) -> Call:
    call: Call = request.scope["sandbox.call"]
    return call


def answer_json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def answer_data(raw: bytes, status: int = 200) -> Response:
    return answer_json(b'{"data":' + raw + b"}", status)


def _answer_write(world: World, raw: bytes, status: int) -> Response:
    return Response(b"", status) if world.switches.empty_write_body else answer_data(raw, status)


# --- reading


def _read_number(params: QueryParams, name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise ApiError(400, f"{name} must be a number from 1", name)
    return int(text)


def _read_instant(params: QueryParams, name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ApiError(400, f"{name} must be ISO 8601 with a zone: {error}", name) from error


def _read_page(params: QueryParams, switches: Switches) -> tuple[int, int]:
    size = _read_number(params, "page_size", _DEFAULT_PAGE_SIZE)
    if size > switches.page_cap and switches.page_over_cap == "refuse":
        raise ApiError(400, f"page_size must be at most {switches.page_cap}", "page_size")
    number = _read_number(params, "page", 1)
    if 0 < switches.page_depth < number:
        raise ApiError(400, f"page must be at most {switches.page_depth}", "page")
    return number, min(size, switches.page_cap)


def _read_query(params: QueryParams) -> Query:
    equal = tuple((name, params[name].casefold()) for name in _EXACT_FILTERS if name in params)
    return Query(equal, *(_read_instant(params, name) for name in _TIME_FILTERS))


async def list_tickets(request: Request) -> Response:
    call = call_of(request)
    store = call.world.store
    number, size = _read_page(request.query_params, store.switches)
    query = _read_query(request.query_params)
    with call.world.lock:
        found = call.world.find(query)
        loops = call.is_to("repeat_page")
        page = store.page(found, 1 if loops else number, size)
        raws = [_shown(call, version).raw for version in page]
    envelope = {
        "total": len(found),
        "page": number,
        "page_size": size,
        "has_more": loops or number * size < len(found),
    }
    tail = msgspec.json.encode(envelope)[1:]
    return answer_data(b'{"tickets":[' + b",".join(raws) + b"]," + tail)


def _shown(call: Call, version: Version) -> Version:
    fault = call.fault
    if fault is None or fault.do != "stale" or str(fault.ticket_id or version.id) != version.id:
        return version
    return call.world.store.older(version)


def _existing(request: Request) -> Version:
    ticket_id = request.path_params["ticket_id"]
    version = call_of(request).world.store.current(ticket_id)
    if version is None:
        raise ApiError(404, f"no ticket {ticket_id}")
    return version


async def get_ticket(request: Request) -> Response:
    return answer_data(_shown(call_of(request), _existing(request)).raw)


async def list_notes(request: Request) -> Response:
    world = call_of(request).world
    if world.switches.note_listing != "on":
        raise ApiError(int(world.switches.note_listing), "notes can't be listed")
    ticket_id = _existing(request).id
    return answer_data(msgspec.json.encode({"notes": world.notes(ticket_id)}))


async def health(request: Request) -> Response:
    return answer_data(b'{"status":"ok"}')


# --- writing


async def _read_body(request: Request) -> dict[str, Any]:
    if call_of(request).world.switches.read_only:
        raise ApiError(403, "this account may not write")
    return read_object(await request.body())


def _write(call: Call, work: Callable[[bool], bytes], status: int = 200) -> Response:
    """Run `work`, which is told whether to keep what it makes, and say so in the journal."""
    lies = call.is_to("lie")
    raw = work(not lies)
    call.entry.outcome = "lied" if lies else "applied"
    return _answer_write(call.world, raw, status)


def _once(
    call: Call, request: Request, body: dict[str, Any], work: Callable[[bool], bytes]
) -> Response:
    """Do a POST's work, or repeat the answer that its idempotency key already got."""
    world, key = call.world, (request.url.path, call.entry.idempotency_key or "")
    if not world.switches.idempotency or not key[1]:
        return _write(call, work, 201)
    asked = msgspec.json.encode(body, order="deterministic")
    if key in world.remembered:
        before, raw = world.remembered[key]
        if before != asked:
            raise ApiError(409, "this Idempotency-Key was used with another body")
        call.entry.outcome = "replayed"
        return _answer_write(world, raw, 201)

    def work_and_remember(keep: bool) -> bytes:
        raw = work(keep)
        if keep:
            world.remembered[key] = asked, raw
        return raw

    return _write(call, work_and_remember, 201)


async def create_ticket(request: Request) -> Response:
    call, body = call_of(request), await _read_body(request)
    if "title" not in body:
        raise ApiError(422, "title is missing", "title")
    fields = check_ticket(body)

    def work(keep: bool) -> bytes:
        with call.world.lock:
            version = call.world.create(fields)
            if not keep:
                call.world.store.remove([version.id])
        call.entry.ticket_ids = [version.id]
        return version.raw

    return _once(call, request, body, work)


async def patch_ticket(request: Request) -> Response:
    call, body = call_of(request), await _read_body(request)
    old, changes = _existing(request), check_ticket(body)

    def work(keep: bool) -> bytes:
        if keep:
            return call.world.patch(old.id, changes).raw
        shows_change = call.fault is not None and call.fault.echo
        return (call.world.preview(old, changes) if shows_change else old).raw

    return _write(call, work)


async def create_note(request: Request) -> Response:
    call, body = call_of(request), await _read_body(request)
    ticket_id, checked = _existing(request).id, check_note(body)

    def work(keep: bool) -> bytes:
        note = call.world.make_note(ticket_id, checked)
        if keep:
            call.world.keep_note(ticket_id, note)
        return msgspec.json.encode(note)

    return _once(call, request, body, work)


ROUTES = [
    Route("/tickets", list_tickets, methods=["GET"]),
    Route("/tickets", create_ticket, methods=["POST"]),
    Route("/tickets/{ticket_id}", get_ticket, methods=["GET"]),
    Route("/tickets/{ticket_id}", patch_ticket, methods=["PATCH"]),
    Route("/tickets/{ticket_id}/notes", list_notes, methods=["GET"]),
    Route("/tickets/{ticket_id}/notes", create_note, methods=["POST"]),
    Route("/health", health, methods=["GET"]),
]
