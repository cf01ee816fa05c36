"""The sandbox QContact from outside: read and edit its tickets, whichever dialect it speaks.

All of it goes through the sandbox's own endpoints, which need no sign-in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from dev.settings import Dialect
from sandbox.directory import MAIN_QUEUE_NAME, QUEUES
from sandbox.world import Entry

HELD_S = 600  # longer than anybody waits
NEW_NOTE = r"/notes$|/entities/Note$"


class SandboxQContact:
    """Args:
    url: Where it listens.
    api_key: Opens its own endpoints, in both dialects.
    dialect: The API that the sync is served.
    """

    def __init__(self, url: str, api_key: str, dialect: Dialect = "tickets") -> None:
        self.dialect = dialect
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=10,
            trust_env=False,
        )

    @property
    def takes_assignments(self) -> bool:
        """Whether the sync sends assignments there."""
        return self.dialect == "tickets"

    def close(self) -> None:
        self._http.close()

    def tickets(self) -> list[dict[str, Any]]:
        """Return all tickets, by id."""
        answer = self._http.get("/_sandbox/tickets").raise_for_status()
        return sorted(answer.json()["data"]["tickets"], key=lambda ticket: str(ticket["id"]))

    def synced_tickets(self) -> list[dict[str, Any]]:
        """Return the tickets that the sync sees, by id: with queues, those of the main queue."""
        if self.dialect == "tickets":
            return self.tickets()
        return [t for t in self.tickets() if t.get("assigned_to") == MAIN_QUEUE_NAME]

    def agents(self) -> list[str]:
        """Return each ticket's agent; queues are no agents."""
        assigned = (ticket.get("assigned_to") for ticket in self.tickets())
        return [name for name in assigned if name and name not in QUEUES.values()]

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
        answer = self._http.get(f"/_sandbox/tickets/{ticket_id}/notes").raise_for_status()
        return [str(note["content"]) for note in answer.json()["data"]["notes"]]

    def journal(self) -> list[Entry]:
        """Return every requested write and every agent's edit, oldest first."""
        answer = self._http.get("/_sandbox/journal").raise_for_status()
        return msgspec.convert(answer.json()["data"], list[Entry])

    @contextmanager
    def withholding_answers(self, *, after: int) -> Iterator[None]:
        """Answer ``after`` changes and ``after`` notes; apply later ones without an answer."""
        held = {"do": "delay_answer", "after": after, "times": "forever", "delay_s": HELD_S}
        # A sign-in is a POST, too.
        rules = [{**held, "method": "PATCH"}, {**held, "method": "POST", "path": NEW_NOTE}]
        self._http.post("/_sandbox/faults", json=rules).raise_for_status()
        try:
            yield
        finally:
            self._http.delete("/_sandbox/faults").raise_for_status()

    def unanswered(self) -> int:
        """Return how many writes wait for their answers."""
        rules = self._http.get("/_sandbox/faults").raise_for_status().json()["data"]
        return sum(rule["hits"] for rule in rules)
