"""The endpoints of the entities dialect: who signs in, out, and who is signed in."""

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.calls import answer_json, call_of
from sandbox.sign_in import Session
from sandbox.world import World
from sandbox.writes import read_object

SIGN_IN, SIGN_OUT = "/api/v2/auth/sign_in", "/api/v2/auth/sign_out"
OPEN_PATHS = (SIGN_IN, SIGN_OUT)
_USER_ID = 21_924_500_001


def session_of(world: World, headers: Headers) -> Session | None:
    """The session whose token a request carries, where it is good."""
    with world.lock:
        return world.sessions.find(
            headers.get("uid"), headers.get("client"), headers.get("access-token")
        )


def _user(world: World) -> dict[str, object]:
    return {"id": _USER_ID, "email": world.email, "uid": world.email, "provider": "email"}


def _refuse(status: int, message: str) -> Response:
    return answer_json(msgspec.json.encode({"success": False, "errors": [message]}), status)


async def sign_in(request: Request) -> Response:
    world = call_of(request).world
    body = read_object(await request.body())
    with world.lock:
        if not world.sessions.accepts(body.get("email"), body.get("password")):
            return _refuse(401, "Invalid login credentials. Please try again.")
        headers = world.sessions.headers(world.sessions.open())
    place = world.switches.sign_in_answer
    in_body = {} if place == "headers" else headers
    answer = answer_json(msgspec.json.encode({"data": _user(world), **in_body}))
    if place != "body":
        answer.headers.update(headers)
    return answer


async def sign_out(request: Request) -> Response:
    world = call_of(request).world
    session = session_of(world, request.headers)
    if session is None:
        return _refuse(404, "User was not found or was not logged in.")
    with world.lock:
        world.sessions.close(session)
    return answer_json(b'{"success":true}')


async def me(request: Request) -> Response:
    world = call_of(request).world
    user = {**_user(world), "entity_type": "User", "label": "Sync Account"}
    return answer_json(msgspec.json.encode(user))


ROUTES = [
    Route(SIGN_IN, sign_in, methods=["POST"]),
    Route(SIGN_OUT, sign_out, methods=["DELETE"]),
    Route("/api/v2/me", me, methods=["GET"]),
]
