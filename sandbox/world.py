"""One QContact account: its tickets and notes, its switches and faults, and what was asked of it.

Safe across threads: a test may read and edit it while the server answers.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec

from sandbox.faults import FaultBoard
from sandbox.instants import SECOND, format_instant
from sandbox.seeds import FIRST_ID, make_tickets
from sandbox.store import Query, TicketStore, Version, show_id
from sandbox.switches import Switches
from sandbox.writes import canonical_status

Outcome = Literal["", "applied", "refused", "replayed", "lied"]


class Entry(msgspec.Struct):
    """One request to the API, or one edit by the call centre (`by`: ``api`` or ``agent``)."""

    at: str
    by: Literal["api", "agent"]
    method: str
    target: str  # path and query
    ticket_ids: list[str]
    request_id: str | None = None
    idempotency_key: str | None = None
    body: Any = None
    status: int | None = None  # None: nothing reached the client
    outcome: Outcome = ""  # what became of a write
    fault: str | None = None


class World:
    """Args: `now` is the server's clock in seconds since 1970, before `clock_offset_s`."""

    def __init__(
        self,
        *,
        tickets: int = 300,
        seed: int = 1,
        api_key: str = "sandbox-key",
        switches: Switches | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.api_key = api_key
        self.lock = threading.RLock()
        self._now = now
        self._initial = switches or Switches()
        self._seeding = tickets, seed
        self.faults = FaultBoard()
        self.in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Back to the seeded tickets and the switches of the start; nothing remembered."""
        with self.lock:
            self.faults.clear()
            self.store = TicketStore(self._initial)
            self.remembered: dict[tuple[str, str], tuple[bytes, bytes]] = {}
            self._notes: dict[str, list[dict[str, Any]]] = {}
            self._note_count = 0
            self._journal: list[Entry] = []
            self._requests: deque[Entry] = deque(maxlen=100_000)
            self.counts: Counter[str] = Counter()
            self.most_in_flight = self.in_flight
            self._seed()

    def _seed(self) -> None:
        seeds = make_tickets(*self._seeding, until=self.now())
        switches = self.store.switches
        versions = [Version(s.id, s.fields, s.created, s.updated) for s in seeds]
        # The past has no search lag.
        self.store.switches = replace(switches, search_lag_s=0.0, search_lag_lists=0)
        self.store.put(versions, self.now())
        self.store.switches = switches
        self._next_id = FIRST_ID + len(versions)

    # --- clock and switches

    @property
    def switches(self) -> Switches:
        return self.store.switches

    def switch(self, **changes: Any) -> None:
        """Turn switches at run time, e.g. ``switch(order="id", page_cap=10)``."""
        with self.lock:
            self.store.adopt(self.switches.changed(changes))

    def now(self) -> int:
        """Microseconds since 1970 by the server's own clock."""
        return int((self._now() + self.store.switches.clock_offset_s) * SECOND)

    # --- what stands there now; copies, free to change

    def ticket(self, ticket_id: str) -> dict[str, Any] | None:
        with self.lock:
            version = self.store.current(ticket_id)
            return _shown(version) if version else None

    @property
    def tickets(self) -> dict[str, dict[str, Any]]:
        with self.lock:
            versions = [past[-1] for past in self.store.history.values()]
            return {version.id: _shown(version) for version in versions}

    def notes(self, ticket_id: str) -> list[dict[str, Any]]:
        with self.lock:
            return [dict(note) for note in self._notes.get(ticket_id, [])]

    @property
    def journal(self) -> list[Entry]:
        """Every write that was asked for, oldest first, also those that came to nothing."""
        with self.lock:
            return list(self._journal)

    @property
    def requests(self) -> list[Entry]:
        """The last 100,000 requests to the API, reads included."""
        with self.lock:
            return list(self._requests)

    def count_all(self) -> dict[str, Any]:
        with self.lock:
            return {
                "tickets": len(self.store.history),
                "notes": sum(map(len, self._notes.values())),
                "writes": dict(Counter(entry.by for entry in self._journal)),
                "requests": dict(self.counts),
                "most_in_flight": self.most_in_flight,
                "faults": [msgspec.to_builtins(rule) for rule in self.faults.rules()],
            }

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
            self.store.put([_edited(old, fields, stamp, remove) for old in olds], self.now())
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
            self.store.remove(ids)
            self._note_agent("delete", ids, None)

    def _note_agent(self, deed: str, ticket_ids: list[str], fields: Any) -> None:
        entry = Entry(self.stamp(), "agent", deed, "", ticket_ids, body=fields, outcome="applied")
        self._journal.append(entry)

    # --- the API's side

    def stamp(self) -> str:
        return format_instant(self.now(), "milliseconds", "Z")

    def record(self, entry: Entry, call: str) -> None:
        """Take a request into the counters and logs; its outcome is filled in later."""
        with self.lock:
            self.counts[call] += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self._requests.append(entry)
            if entry.method not in ("GET", "HEAD"):
                self._journal.append(entry)

    def finish(self) -> None:
        with self.lock:
            self.in_flight -= 1

    def find(self, query: Query) -> list[Version]:
        with self.lock:
            return self.store.find(query, self.now())

    def create(
        self, fields: Mapping[str, Any], *, at: int | None = None, ticket_id: str | None = None
    ) -> Version:
        with self.lock:
            stamp = self.now() if at is None else at
            new_id = ticket_id or str(self._next_id)
            self._next_id += 1
            version = Version(new_id, {"status": "New", **self._normal(fields)}, stamp, stamp)
            self.store.put([version], self.now())
            return version

    def preview(self, old: Version, changes: Mapping[str, Any]) -> Version:
        """The version that `changes` would make, rendered but not stored."""
        edited = _edited(old, self._normal(changes), self.now())
        return edited.render(self.switches)

    def patch(self, ticket_id: str, changes: Mapping[str, Any]) -> Version:
        with self.lock:
            version = self.preview(self.store.history[ticket_id][-1], changes)
            self.store.put([version], self.now())
            return version

    def make_note(self, ticket_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A note as it would be answered; `keep_note` stores it."""
        with self.lock:
            self._note_count += 1
            return {
                "id": show_id(str(700_000 + self._note_count), self.switches),
                "ticket_id": show_id(ticket_id, self.switches),
                "author_id": None,
                **self._normal(body),
                "created_at": self.stamp(),
            }

    def keep_note(self, ticket_id: str, note: dict[str, Any]) -> None:
        with self.lock:
            self._notes.setdefault(ticket_id, []).append(note)
            if self.switches.note_bumps_ticket:
                self.patch(ticket_id, {})

    def _normal(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Text as the server keeps it."""
        kept = dict(fields)
        if self.switches.trim_text:
            kept = {k: v.strip() if isinstance(v, str) else v for k, v in kept.items()}
        if self.switches.recase_status and isinstance(kept.get("status"), str):
            kept["status"] = canonical_status(kept["status"])
        return kept


def _shown(version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.json.decode(version.raw)
    return shown


def _edited(
    old: Version, changes: Mapping[str, Any], stamp: int, remove: Iterable[str] = ()
) -> Version:
    """Custom fields are merged key by key, all others replaced; a set name is shown again."""
    fields = {**old.fields, **changes}
    if "updated_at" not in changes:
        fields.pop("updated_at", None)  # an odd stamp that was set lasts until the next change
    if isinstance(changes.get("custom_fields"), dict):
        fields["custom_fields"] = {
            **(old.fields.get("custom_fields") or {}),
            **changes["custom_fields"],
        }
    missing = (old.missing | frozenset(remove)) - changes.keys()
    return Version(old.id, fields, old.created, stamp, missing)
