"""The endpoints of the tickets dialect."""

from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.calls import answer_json, call_of, require_right, shown, write, write_once
from sandbox.instants import parse_instant
from sandbox.pages import read_page, size_said
from sandbox.store import Query, Version
from sandbox.writes import ApiError, check_note, check_ticket, read_object

_EXACT_FILTERS = ("status", "priority", "category", "assigned_to")
_TIME_FILTERS = ("updated_after", "updated_before", "created_after", "created_before")


def answer_data(raw: bytes, status: int = 200) -> Response:
    return answer_json(wrap_data(raw), status)


def wrap_data(raw: bytes) -> bytes:
    return b'{"data":' + raw + b"}"


# --- reading


def _read_instant(params: QueryParams, name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ApiError(400, f"{name} must be ISO 8601 with a zone: {error}", name) from error


def _read_query(params: QueryParams) -> Query:
    equal = tuple((name, params[name].casefold()) for name in _EXACT_FILTERS if name in params)
    return Query(equal, *(_read_instant(params, name) for name in _TIME_FILTERS))


async def list_tickets(request: Request) -> Response:
    call = call_of(request)
    store = call.world.store
    number, size = read_page(request.query_params, "page_size", store.switches)
    query = _read_query(request.query_params)
    with call.world.lock:
        found = call.world.find(query)
        loops = call.is_to("repeat_page")
        page = store.page(found, 1 if loops else number, size)
        raws = [shown(call, version).raw for version in page]
    envelope = {
        "total": max(0, len(found) + store.switches.total_off),
        "page": number,
        "page_size": size_said(request.query_params, "page_size", size, store.switches),
        "has_more": loops or number * size < len(found),
    }
    tail = msgspec.json.encode(envelope)[1:]
    return answer_data(b'{"tickets":[' + b",".join(raws) + b"]," + tail)


def _existing(request: Request) -> Version:
    ticket_id = request.path_params["ticket_id"]
    version = call_of(request).world.store.current(ticket_id)
    if version is None:
        raise ApiError(404, f"no ticket {ticket_id}")
    return version


async def get_ticket(request: Request) -> Response:
    return answer_data(shown(call_of(request), _existing(request)).raw)


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
    require_right(not call_of(request).world.switches.read_only, "write")
    return read_object(await request.body())


async def create_ticket(request: Request) -> Response:
    call, body = call_of(request), await _read_body(request)
    if "title" not in body:
        raise ApiError(422, "title is missing", "title")
    fields = check_ticket(body)

    def work(keep: bool) -> bytes:
        with call.world.lock:
            version = call.world.create(fields)
            if not keep:
                call.world.drop([version.id])
        call.entry.ticket_ids = [version.id]
        return version.raw

    return write_once(call, request.url.path, body, work)


async def patch_ticket(request: Request) -> Response:
    call, body = call_of(request), await _read_body(request)
    old, changes, switches = _existing(request), check_ticket(body), call.world.switches
    require_right(switches.may_set_status or "status" not in changes, "change a status")
    require_right(switches.may_assign or "assigned_to" not in changes, "assign a ticket")

    def work(keep: bool) -> bytes:
        if keep:
            return call.world.patch(old.id, changes).raw
        shows_change = call.fault is not None and call.fault.echo
        return (call.world.preview(old, changes) if shows_change else old).raw

    return write(call, work)


async def create_note(request: Request) -> Response:
    call, body = call_of(request), await _read_body(request)
    ticket_id, checked = _existing(request).id, check_note(body)
    require_right(call.world.switches.may_note, "add a note")

    def work(keep: bool) -> bytes:
        note = call.world.make_note(ticket_id, checked)
        if keep:
            call.world.keep_note(ticket_id, note)
        return msgspec.json.encode(note)

    return write_once(call, request.url.path, body, work)


ROUTES = [
    Route("/tickets", list_tickets, methods=["GET"]),
    Route("/tickets", create_ticket, methods=["POST"]),
    Route("/tickets/{ticket_id}", get_ticket, methods=["GET"]),
    Route("/tickets/{ticket_id}", patch_ticket, methods=["PATCH"]),
    Route("/tickets/{ticket_id}/notes", list_notes, methods=["GET"]),
    Route("/tickets/{ticket_id}/notes", create_note, methods=["POST"]),
    Route("/health", health, methods=["GET"]),
]
