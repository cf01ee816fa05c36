"""A client that knows nothing of the server's code."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.running import Sandbox

FIRST = "21924300001"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)["data"]

    @property
    def error(self) -> dict[str, Any]:
        return json.loads(self.body)["error"]


@dataclass
class Client:
    sandbox: Sandbox
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own; header names with ``_`` for ``-``."""
        url = urlsplit(self.sandbox.url)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**self.credentials(path), **self.headers, **named}
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
        try:
            connection.request(method, url.path + path, raw, sent)
            answer = connection.getresponse()
            lowered = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lowered, answer.read())
        finally:
            connection.close()

    def credentials(self, path: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.sandbox.api_key}"}

    def get(self, path: str, **params: Any) -> Answer:
        return self.ask("GET", path + (f"?{urlencode(params)}" if params else ""))

    def patch(self, ticket_id: str, **fields: Any) -> Answer:
        return self.ask("PATCH", f"/tickets/{ticket_id}", fields)

    def note(self, ticket_id: str, content: str = "On site at 10", **headers: str) -> Answer:
        body = {"content": content, "is_internal": False}
        return self.ask("POST", f"/tickets/{ticket_id}/notes", body, **headers)

    def listed_ids(self, **params: Any) -> list[str]:
        return [str(ticket["id"]) for ticket in self.get("/tickets", **params).data["tickets"]]
