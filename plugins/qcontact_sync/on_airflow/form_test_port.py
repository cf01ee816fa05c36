"""The *Test* button of Airflow's list of connections, for connections without a port.

The list sends port 0 for a port that is not set. Airflow compares it with the stored port, finds
another destination, and refuses to use the stored password. The form of `qcontact` has no port (it
is part of the base URL), so its button would never work.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_Asgi = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_TEST = ("POST", "/api/v2/connections/test")
_CONN_TYPE = "qcontact"


class PortZeroIsNone:
    """Root middleware: replaces port 0 of a tested `qcontact` connection by none.

    A stored port still counts: none differs from it, and Airflow refuses as before.
    """

    def __init__(self, app: _Asgi) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Hand the request on."""
        if scope["type"] == "http" and (scope["method"], _path(scope)) == _TEST:
            receive = _replay(_without_port_zero(await _body(receive)), receive)
            scope = {**scope, "headers": _without_length(scope["headers"])}
        await self._app(scope, receive, send)


def _path(scope: _Message) -> str:
    """Below the path of `[api] base_url`, if it has one."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


async def _body(receive: _Receive) -> bytes:
    parts = list[bytes]()
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _without_port_zero(body: bytes) -> bytes:
    try:
        tested = json.loads(body)
    except ValueError:
        return body  # Airflow says what is wrong with it
    if not isinstance(tested, dict) or tested.get("conn_type") != _CONN_TYPE:
        return body
    return json.dumps({**tested, "port": tested.get("port") or None}).encode()


def _without_length(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [header for header in headers if header[0].lower() != b"content-length"]


def _replay(body: bytes, rest: _Receive) -> _Receive:
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> _Message:
        return pending.pop() if pending else await rest()

    return receive
