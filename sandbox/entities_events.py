"""The endpoints of the entities dialect: notes and events."""

from html import escape
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.calls import answer_json, call_of, require_right, write_once
from sandbox.entities_api import ROOT, existing
from sandbox.entities_writes import check_note
from sandbox.events import Change, Event
from sandbox.instants import cut, format_instant
from sandbox.pages import read_number
from sandbox.switches import Switches
from sandbox.writes import ApiError, read_object


async def create_note(request: Request) -> Response:
    call = call_of(request)
    world = call.world
    require_right(not world.switches.read_only, "write")
    body = read_object(await request.body())
    case_id, note_body = check_note(body)
    existing(call, case_id)
    require_right(world.switches.may_note, "add a note")

    def work(keep: bool) -> bytes:
        note = world.make_note(case_id, note_body)
        if keep:
            world.keep_note(case_id, note)
        made = {"id": note["id"], "entity_type": "Note", "created_at": note["created_at"]}
        return msgspec.json.encode({**made, "fields": {**body, "entity_id": int(case_id)}})

    return write_once(call, request.url.path, body, work)


async def list_events(request: Request) -> Response:
    call = call_of(request)
    world, switches = call.world, call.world.switches
    if switches.events != "on":
        raise ApiError(int(switches.events), "events can't be listed")
    number = read_number(request.query_params, "page", 1)
    repeats = switches.events_page_2 == "repeats" or call.is_to("repeat_page")
    start = 0 if repeats else (number - 1) * switches.events_page_size
    with world.lock:
        events = world.events.of(existing(call, request.path_params["case_id"]))
    newest_first = sorted(events, key=lambda event: event.id, reverse=True)
    page = newest_first[start : start + switches.events_page_size]
    listed = [_event_json(event, switches) for event in page]
    answer = listed if switches.events_shape == "list" else {"results": listed}
    return answer_json(msgspec.json.encode(answer))


def _event_json(event: Event, switches: Switches) -> dict[str, Any]:
    resolution = switches.time_resolution
    stamp = format_instant(cut(event.at, resolution), resolution, switches.time_zone)
    text = f"<p>{escape(event.text)}</p>" if switches.event_text == "html" else event.text
    shown = {
        "id": event.id,
        "entity_type": "Event",
        "event_type": event.type,
        switches.event_text: text,
        "user": {"label": event.user, "entity_type": "User"} if event.user else None,
        switches.event_time: stamp,
        **({} if event.public is None else {"public_note": event.public}),
    }
    if switches.event_changes == "raw":
        return {**shown, "changes": {n: [c.old, c.new] for n, c in event.changes.items()}}
    return {**shown, "formatted_changes": _formatted(event.changes)}


def _formatted(changes: dict[str, Change]) -> dict[str, Any]:
    return {
        f"$t.fields.{name}": {
            "field": name.removeprefix("c__").replace("_", " ").title(),
            "old_value": change.old_shown,
            "new_value": change.new_shown,
        }
        for name, change in changes.items()
    }


ROUTES = [
    Route(f"{ROOT}/entities/Note", create_note, methods=["POST"]),
    Route(f"{ROOT}/entities/Case/{{case_id}}/events", list_events, methods=["GET"]),
]
