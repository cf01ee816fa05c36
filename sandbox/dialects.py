"""What differs between the two dialects before and after an endpoint."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from starlette.datastructures import Headers
from starlette.routing import Route

from sandbox import api, entities_api, entities_events, sign_in_api
from sandbox.calls import as_it_is
from sandbox.switches import DialectName
from sandbox.world import World
from sandbox.writes import error_body

_CASES = "/api/v2/entities/Case/"
_NOTES = "/api/v2/entities/Note"


class Dialect(Protocol):
    @property
    def routes(self) -> Sequence[Route]:
        """All that it serves."""

    def wrap(self, raw: bytes) -> bytes:
        """Put a JSON value into the envelope of an answer."""

    def error(self, status: int, message: str, field: str | None = None) -> bytes:
        """The body of an answer that is no success."""

    def refusal(self, world: World, path: str, headers: Headers) -> bytes | None:
        """The body of a 401, or None for a request that may pass."""

    def answer_headers(self, world: World, path: str, headers: Headers) -> dict[str, str]:
        """What every answer to a signed-in request carries."""

    def ticket_ids(self, path: str, body: Any) -> list[str]:
        """The tickets that a request is about."""

    def is_write(self, method: str, path: str) -> bool:
        """Whether the request belongs in the journal of writes."""

    def hides_body(self, path: str) -> bool:
        """Whether the body holds a password."""


class TicketsDialect:
    routes = api.ROUTES

    def wrap(self, raw: bytes) -> bytes:
        return api.wrap_data(raw)

    def error(self, status: int, message: str, field: str | None = None) -> bytes:
        return error_body(status, message, field)

    def refusal(self, world: World, path: str, headers: Headers) -> bytes | None:
        if path == "/health" or has_key(world, headers):
            return None
        return self.error(401, "bad or missing API key")

    def answer_headers(self, world: World, path: str, headers: Headers) -> dict[str, str]:
        return {}

    def ticket_ids(self, path: str, body: Any) -> list[str]:
        parts = path.strip("/").split("/")
        return [parts[1]] if parts[0] == "tickets" and len(parts) > 1 else []

    def is_write(self, method: str, path: str) -> bool:
        return method not in ("GET", "HEAD")

    def hides_body(self, path: str) -> bool:
        return False


class EntitiesDialect:
    routes = (*entities_api.ROUTES, *entities_events.ROUTES, *sign_in_api.ROUTES)

    def wrap(self, raw: bytes) -> bytes:
        return as_it_is(raw)

    def error(self, status: int, message: str, field: str | None = None) -> bytes:
        return msgspec.json.encode({"errors": [message]})

    def refusal(self, world: World, path: str, headers: Headers) -> bytes | None:
        if path in sign_in_api.OPEN_PATHS or sign_in_api.session_of(world, headers):
            return None
        return self.error(401, "You need to sign in or sign up before continuing.")

    def answer_headers(self, world: World, path: str, headers: Headers) -> dict[str, str]:
        if path in sign_in_api.OPEN_PATHS:
            return {}
        with world.lock:
            session = sign_in_api.session_of(world, headers)
            return world.sessions.answer_headers(session) if session else {}

    def ticket_ids(self, path: str, body: Any) -> list[str]:
        if path == _NOTES and isinstance(body, dict) and "entity_id" in body:
            return [str(body["entity_id"])]
        return [path.removeprefix(_CASES).split("/")[0]] if path.startswith(_CASES) else []

    def is_write(self, method: str, path: str) -> bool:
        return method not in ("GET", "HEAD") and path not in sign_in_api.OPEN_PATHS

    def hides_body(self, path: str) -> bool:
        return path in sign_in_api.OPEN_PATHS


def has_key(world: World, headers: Headers) -> bool:
    return headers.get("authorization") == f"Bearer {world.api_key}"


DIALECTS: dict[DialectName, Dialect] = {"tickets": TicketsDialect(), "entities": EntitiesDialect()}
