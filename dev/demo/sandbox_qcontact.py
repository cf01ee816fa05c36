"""The sandbox QContact from outside: read and edit its tickets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from dev.settings import RemoteAccess
from sandbox.world import Entry

PAGE_SIZE = 100
HELD_S = 600  # longer than anybody waits


class SandboxQContact:
    """Args: access: Where it listens, and its API key."""

    def __init__(self, access: RemoteAccess) -> None:
        self._http = httpx.Client(
            base_url=access.url,
            headers={"Authorization": f"Bearer {access.key}"},
            timeout=10,
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def tickets(self) -> list[dict[str, Any]]:
        """Return all tickets, by id."""
        found: dict[str, dict[str, Any]] = {}
        page, more = 1, True
        while more:
            query = {"page": page, "page_size": PAGE_SIZE}
            data = self._http.get("/tickets", params=query).raise_for_status().json()["data"]
            found |= {str(ticket["id"]): ticket for ticket in data["tickets"]}
            page, more = page + 1, data["has_more"]
        return [found[key] for key in sorted(found)]

    def edit(self, ticket_id: str, **fields: str) -> None:
        """Change a ticket as an agent at the call centre would."""
        order = {"ticket_id": ticket_id, "fields": fields}
        self._http.post("/_sandbox/edit", json=order).raise_for_status()

    def add(self, **fields: str) -> str:
        """Log a new ticket as an agent would; return its id."""
        answer = self._http.post("/_sandbox/edit", json={"fields": fields}).raise_for_status()
        (ticket_id,) = answer.json()["data"]["ticket_ids"]
        return str(ticket_id)

    def notes(self, ticket_id: str) -> list[str]:
        """Return the texts of a ticket's notes."""
        answer = self._http.get(f"/tickets/{ticket_id}/notes").raise_for_status()
        return [str(note["content"]) for note in answer.json()["data"]["notes"]]

    def journal(self) -> list[Entry]:
        """Return every requested write and every agent's edit, oldest first."""
        answer = self._http.get("/_sandbox/journal").raise_for_status()
        return msgspec.convert(answer.json()["data"], list[Entry])

    @contextmanager
    def withholding_answers(self, *, after: int) -> Iterator[None]:
        """Answer ``after`` changes and ``after`` notes; apply later ones without an answer."""
        held = {"do": "delay_answer", "after": after, "times": "forever", "delay_s": HELD_S}
        rules = [{**held, "method": method} for method in ("PATCH", "POST")]
        self._http.post("/_sandbox/faults", json=rules).raise_for_status()
        try:
            yield
        finally:
            self._http.delete("/_sandbox/faults").raise_for_status()

    def unanswered(self) -> int:
        """Return how many writes wait for their answers."""
        rules = self._http.get("/_sandbox/faults").raise_for_status().json()["data"]
        return sum(rule["hits"] for rule in rules)
