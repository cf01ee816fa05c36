"""One QContact account as a test or a person holds it: what stands there, and the call centre.

Safe across threads: a test may read and edit it while the server answers.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from sandbox.account import Account, edited
from sandbox.entities_rows import detail_json, row_json
from sandbox.events import author
from sandbox.journal import Entry as Entry
from sandbox.store import Version


class World(Account):
    """Reads give copies, free to change."""

    # --- what stands there now

    def ticket(self, ticket_id: str) -> dict[str, Any] | None:
        with self.lock:
            self.close_solved()
            version = self.store.current(ticket_id)
            return _shown(version) if version else None

    @property
    def tickets(self) -> dict[str, dict[str, Any]]:
        with self.lock:
            self.close_solved()
            versions = [past[-1] for past in self.store.history.values()]
            return {version.id: _shown(version) for version in versions}

    def notes(self, ticket_id: str) -> list[dict[str, Any]]:
        with self.lock:
            return [dict(note) for note in self._notes.get(ticket_id, [])]

    def case(self, case_id: str) -> dict[str, Any] | None:
        """The detail as the entities dialect shows it now."""
        with self.lock:
            self.close_solved()
            version = self.store.current(case_id)
            if version is None:
                return None
            return _decoded(detail_json(version, self.directory, self.switches))

    def row(self, case_id: str) -> dict[str, Any] | None:
        """The row of a list of cases as it is now, whatever lags behind."""
        with self.lock:
            self.close_solved()
            version = self.store.current(case_id)
            if version is None:
                return None
            return _decoded(row_json(version, self.directory, self.switches))

    @property
    def journal(self) -> list[Entry]:
        """Every write that was asked for, oldest first, also those that came to nothing."""
        with self.lock:
            return list(self._journal.writes)

    @property
    def requests(self) -> list[Entry]:
        """The last 100,000 requests to the API, reads included."""
        with self.lock:
            return list(self._journal.requests)

    @property
    def counts(self) -> Counter[str]:
        return self._journal.counts

    @property
    def in_flight(self) -> int:
        return self._journal.in_flight

    @property
    def most_in_flight(self) -> int:
        return self._journal.most_in_flight

    def count_all(self) -> dict[str, Any]:
        with self.lock:
            return {
                "tickets": len(self.store.history),
                "notes": sum(map(len, self._notes.values())),
                "writes": dict(Counter(entry.by for entry in self._journal.writes)),
                "requests": dict(self.counts),
                "most_in_flight": self.most_in_flight,
                "sessions": len(self.sessions.live),
                "faults": [msgspec.to_builtins(rule) for rule in self.faults.rules()],
            }

    # --- sign-in (entities dialect)

    def ready_token(self) -> dict[str, str]:
        """Request headers of a session that nobody needs to sign in for."""
        with self.lock:
            headers = self.sessions.headers(self.sessions.open())
            return {name: headers[name] for name in ("access-token", "client", "uid")}

    def end_sessions(self) -> None:
        """Every token that was given out is refused from now on."""
        with self.lock:
            self.sessions.live.clear()

    # --- the call centre

    def edit(
        self,
        ticket_ids: str | Collection[str],
        *,
        remove: Iterable[str] = (),
        at: int | None = None,
        **fields: Any,
    ) -> None:
        """An agent edits one ticket or many, all with one stamp; any name and value is taken.

        Args:
            ticket_ids: the tickets; unknown ones raise KeyError and nothing is edited.
            remove: names (the stamps, too) that disappear from the tickets' JSON.
            at: the stamp in microseconds since 1970; now where it is None.
            fields: what to set; `updated_at` and `created_at` as text are shown as they are, while
                lists go on filtering by the true stamps.
        """
        ids = [ticket_ids] if isinstance(ticket_ids, str) else list(ticket_ids)
        with self.lock:
            stamp = self.now() if at is None else at
            olds = [self.store.history[ticket_id][-1] for ticket_id in ids]
            self._replace(olds, [edited(old, fields, stamp, remove) for old in olds], "agent")
            self._note_agent("edit", ids, fields)

    def add(self, *, at: int | None = None, ticket_id: str | None = None, **fields: Any) -> str:
        """An agent logs a new ticket; returns its id."""
        with self.lock:
            version = self.create(fields, at=at, ticket_id=ticket_id)
            self._note_agent("add", [version.id], fields)
            return version.id

    def delete(self, ticket_ids: str | Collection[str]) -> None:
        """An agent deletes tickets; a GET then answers 404."""
        ids = [ticket_ids] if isinstance(ticket_ids, str) else list(ticket_ids)
        with self.lock:
            self.drop(ids)
            self._note_agent("delete", ids, None)

    def write_note(
        self, ticket_id: str, content: str, *, is_internal: bool = True, kind: str = "note"
    ) -> None:
        """An agent adds a note; `kind` is the type of its event (``message``, ``system``, ...).

        Only a ``note`` is kept with the notes. An unknown ticket raises KeyError.
        """
        with self.lock:
            if ticket_id not in self.store.history:
                raise KeyError(ticket_id)
            body = {"content": content, "is_internal": is_internal}
            if kind == "note":
                body["author_id"] = author("agent", ticket_id)
                self.keep_note(ticket_id, self.make_note(ticket_id, body), by="agent")
            else:
                self.events.add(ticket_id, kind, content, author("agent", ticket_id))
            self._note_agent(kind, [ticket_id], body)

    def _note_agent(self, deed: str, ticket_ids: list[str], fields: Any) -> None:
        self._note("agent", deed, ticket_ids, fields)


def _shown(version: Version) -> dict[str, Any]:
    return _decoded(version.raw)


def _decoded(raw: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(raw)
    return decoded
