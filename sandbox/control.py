"""The endpoints under ``/_sandbox``: what a test or a person at a terminal turns and looks at."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api import answer_data
from sandbox.faults import Fault
from sandbox.instants import parse_instant
from sandbox.switches import SwitchError
from sandbox.world import World
from sandbox.writes import ApiError, read_object


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    """What an agent does: edit (`fields`, `remove`), `delete`, or log a new ticket (no id)."""

    ticket_ids: list[str | int] = []
    ticket_id: str | int | None = None
    fields: dict[str, Any] = {}
    remove: list[str] = []
    at: str | None = None  # the stamp; now where it is null
    delete: bool = False
    note: str | None = None  # the agent writes it; `public` lets the customer read it
    public: bool = False


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _answer(value: Any) -> Response:
    return answer_data(msgspec.json.encode(value))


async def _read(request: Request, type_: Any) -> Any:
    try:
        return msgspec.json.decode(await request.body(), type=type_)
    except msgspec.DecodeError as error:
        raise ApiError(422, str(error)) from error


async def show_switches(request: Request) -> Response:
    return _answer(_world(request).switches)


async def put_switches(request: Request) -> Response:
    """Change the switches that are named; the others stay."""
    try:
        _world(request).switch(**read_object(await request.body()))
    except SwitchError as error:
        raise ApiError(422, str(error)) from error
    return await show_switches(request)


async def show_faults(request: Request) -> Response:
    return _answer(_world(request).faults.rules())


async def add_faults(request: Request) -> Response:
    """Take one rule or a list of them."""
    rules = await _read(request, list[Fault] | Fault)
    _world(request).faults.extend(rules if isinstance(rules, list) else [rules])
    return await show_faults(request)


async def clear_faults(request: Request) -> Response:
    _world(request).faults.clear()
    return await show_faults(request)


async def edit(request: Request) -> Response:
    order = await _read(request, Edit)
    ids = [str(id_) for id_ in order.ticket_ids]
    ids += [] if order.ticket_id is None else [str(order.ticket_id)]
    try:
        edited = _carry_out(_world(request), order, ids)
    except KeyError as error:
        raise ApiError(404, f"no ticket {error.args[0]}") from error
    except (ValueError, TypeError) as error:
        raise ApiError(422, str(error)) from error
    return _answer({"ticket_ids": edited})


def _carry_out(world: World, order: Edit, ids: list[str]) -> list[str]:
    at = None if order.at is None else parse_instant(order.at)
    if order.delete:
        world.delete(ids)
    elif order.note is not None:
        for ticket_id in ids:
            world.write_note(ticket_id, order.note, is_internal=not order.public)
    elif ids:
        world.edit(ids, remove=order.remove, at=at, **order.fields)
    else:
        return [world.add(at=at, **order.fields)]
    return ids


async def health(request: Request) -> Response:
    return _answer({"status": "ok"})


async def show_tickets(request: Request) -> Response:
    """All tickets, in the shape of the tickets dialect whichever one is spoken."""
    return _answer({"tickets": list(_world(request).tickets.values())})


async def show_notes(request: Request) -> Response:
    return _answer({"notes": _world(request).notes(request.path_params["ticket_id"])})


async def show_directory(request: Request) -> Response:
    """Names of queues and people by their ids."""
    world = _world(request)
    with world.lock:
        return _answer({str(id_): name for id_, name in world.directory.names.items()})


async def end_sessions(request: Request) -> Response:
    """Every token that was given out is refused from now on."""
    _world(request).end_sessions()
    return await show_state(request)


async def show_journal(request: Request) -> Response:
    return _answer(_world(request).journal)


async def show_state(request: Request) -> Response:
    return _answer(_world(request).count_all())


async def reset(request: Request) -> Response:
    _world(request).reset()
    return await show_state(request)


ROUTES = [
    Route("/_sandbox/switches", show_switches, methods=["GET"]),
    Route("/_sandbox/switches", put_switches, methods=["PUT"]),
    Route("/_sandbox/faults", show_faults, methods=["GET"]),
    Route("/_sandbox/faults", add_faults, methods=["POST"]),
    Route("/_sandbox/faults", clear_faults, methods=["DELETE"]),
    Route("/_sandbox/edit", edit, methods=["POST"]),
    Route("/_sandbox/health", health, methods=["GET"]),
    Route("/_sandbox/tickets", show_tickets, methods=["GET"]),
    Route("/_sandbox/tickets/{ticket_id}/notes", show_notes, methods=["GET"]),
    Route("/_sandbox/directory", show_directory, methods=["GET"]),
    Route("/_sandbox/sessions", end_sessions, methods=["DELETE"]),
    Route("/_sandbox/journal", show_journal, methods=["GET"]),
    Route("/_sandbox/state", show_state, methods=["GET"]),
    Route("/_sandbox/reset", reset, methods=["POST"]),
]
