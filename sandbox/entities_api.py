"""The endpoints of the entities dialect: cases."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.calls import Call, answer_json, call_of, require_right, shown, write
from sandbox.case_lists import read_filters, search, sort
from sandbox.cases import case_of
from sandbox.entities_rows import columns, detail_json, row_json
from sandbox.entities_writes import check_fields, check_rights, model_changes
from sandbox.pages import read_page, size_said
from sandbox.store import Query, Version
from sandbox.writes import ApiError, read_object

ROOT = "/api/v2"
_ALL = Query()


# --- reading


async def list_cases(request: Request) -> Response:
    call, params = call_of(request), request.query_params
    world, switches = call.world, call.world.switches
    number, size = read_page(params, "items", switches)
    loops = call.is_to("repeat_page")
    with world.lock:
        found = _find(call, request)
        page = _page(call, found, 1 if loops else number, size, params.get("sort", ""))
        rows = [row_json(shown(call, v), world.directory, switches) for v in page]
    pages = max(1, -(-len(found) // size))
    tail = _total(switches.list_total, len(found)) or {
        "pagination": {
            "count": len(found),
            "page": number,
            "items": size_said(params, "items", size, switches),
            "pages": max(pages, number + 1) if loops else pages,
        }
    }
    head = msgspec.json.encode(columns(switches))
    body = b'{"columns":' + head + b',"results":[' + b",".join(rows) + b"],"
    return answer_json(body + msgspec.json.encode(tail)[1:])


def _total(place: str, count: int) -> dict[str, Any]:
    return {"total": count} if place == "top" else {}


def _find(call: Call, request: Request) -> list[Version]:
    world, params = call.world, request.query_params
    filters, order = params.get("filters", ""), params.get("sort", "").strip()
    groups = read_filters(filters)
    all_ = world.find(_ALL)
    if params.get("view") == "all":
        return []

    def look() -> list[Version]:
        found = search(all_, groups, world.directory)
        return sort(found, order, world.directory, world.switches) if order else found

    return world.case_lists.find(all_, (filters, order), look)


def _page(call: Call, found: list[Version], number: int, size: int, order: str) -> list[Version]:
    if order:  # pages of a sorted list are never drawn at random
        return found[(number - 1) * size : number * size]
    return call.world.store.page(found, number, size)


def existing(call: Call, case_id: str) -> Version:
    version = call.world.store.current(case_id)
    if version is None:
        raise ApiError(404, f"Couldn't find Case with 'id'={case_id}")
    return version


def _detail(call: Call, version: Version) -> bytes:
    return detail_json(version, call.world.directory, call.world.switches)


async def get_case(request: Request) -> Response:
    call = call_of(request)
    with call.world.lock:
        version = existing(call, request.path_params["case_id"])
        return answer_json(_detail(call, shown(call, version)))


async def entity_type(request: Request) -> Response:
    """All fields that any case has."""
    world = call_of(request).world
    if world.switches.entity_types != "on":
        raise ApiError(404, "Not Found")
    names: dict[str, None] = {}
    with world.lock:
        for versions in world.store.history.values():
            names |= dict.fromkeys(case_of(versions[-1], world.directory).fields)
    fields = [{"name": name, "label": name.removeprefix("c__")} for name in names]
    return answer_json(msgspec.json.encode({"name": "Case", "fields": fields}))


# --- writing


async def patch_case(request: Request) -> Response:
    call = call_of(request)
    world, switches = call.world, call.world.switches
    require_right(not switches.read_only, "write")
    body = read_object(await request.body())
    with world.lock:
        old = existing(call, request.path_params["case_id"])
        fields = body.get("fields")
        if not isinstance(fields, dict):
            call.entry.outcome = "ignored"
            return answer_json(_detail(call, old))
        check_rights(fields, switches)
        check_fields(fields, case_of(old, world.directory), world.directory, switches)
        return _write(call, old, model_changes(fields, world.directory))


def _write(call: Call, old: Version, changes: dict[str, Any]) -> Response:
    world, silent = call.world, call.world.switches.silent_patch

    def work(keep: bool) -> bytes:
        if keep:
            return _detail(call, world.patch(old.id, changes))
        echoes = silent == "echo" or (call.fault is not None and call.fault.echo)
        return _detail(call, world.preview(old, changes) if echoes else old)

    return write(call, work, silent=silent != "off")


ROUTES = [
    Route(f"{ROOT}/entities/Case", list_cases, methods=["GET"]),
    Route(f"{ROOT}/entities/Case/{{case_id}}", get_case, methods=["GET"]),
    Route(f"{ROOT}/entities/Case/{{case_id}}", patch_case, methods=["PATCH"]),
    Route(f"{ROOT}/entity_types/Case", entity_type, methods=["GET"]),
]
