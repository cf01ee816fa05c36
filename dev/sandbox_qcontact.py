"""The sandbox QContact from outside: what its staff see and do."""

from typing import Any

import httpx

from dev.settings import RemoteAccess

PAGE_SIZE = 100


class SandboxQContact:
    """Args: access: Where it listens, and its API key."""

    def __init__(self, access: RemoteAccess) -> None:
        self._http = httpx.Client(
            base_url=access.url,
            headers={"Authorization": f"Bearer {access.key}"},
            timeout=10,
            trust_env=False,
        )

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
