"""The state of one QContact account, how it changes, and what the API does to it.

The model is that of the tickets dialect; the entities dialect shows the same tickets as cases.
"""

import copy
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from sandbox.case_lists import CaseLists
from sandbox.closing import SolvedCases
from sandbox.directory import MAIN_QUEUE_NAME, Directory
from sandbox.entities_seeds import as_cases
from sandbox.events import EventLog, author
from sandbox.faults import FaultBoard
from sandbox.instants import SECOND, format_instant, parse_instant
from sandbox.journal import Entry, Journal
from sandbox.seeds import FIRST_ID, make_tickets
from sandbox.sign_in import Sessions
from sandbox.store import Query, TicketStore, Version, show_id
from sandbox.switches import DialectName, Switches, default_switches
from sandbox.writes import canonical_status

_FIRST_NOTE, _FIRST_ENTITY_NOTE = 700_000, 21_970_000_000


class Account:
    """Args: `now` is the server's clock in seconds since 1970, before `clock_offset_s`."""

    def __init__(
        self,
        *,
        tickets: int = 300,
        seed: int = 1,
        api_key: str = "sandbox-key",
        dialect: DialectName = "tickets",
        email: str = "sync@example.test",
        password: str = "sandbox-password",  # noqa: S107 - of an invented account
        switches: Switches | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.api_key = api_key
        self.dialect = dialect
        self.email = email
        self.password = password
        self.lock = threading.RLock()
        self._now = now
        self._initial = switches or default_switches(dialect)
        self._seeding = tickets, seed
        self.faults = FaultBoard()
        self._journal = Journal()
        self.reset()

    def reset(self) -> None:
        """Back to the seeded tickets and the switches of the start; nothing remembered."""
        with self.lock:
            self.faults.clear()
            self.store = TicketStore(self._initial)
            self.remembered: dict[tuple[str, str], tuple[bytes, bytes]] = {}
            self._notes: dict[str, list[dict[str, Any]]] = {}
            self._note_count = 0
            self._journal.forget()
            self.directory = Directory()
            self.events = EventLog(self.directory, self.now)
            self.sessions = Sessions(self.email, self.password, self.now, self._present_switches)
            self.case_lists = CaseLists()
            self._solved = SolvedCases()
            self._seed()

    def copy(self) -> Self:
        """Another account that stands as this one does now, faults and sessions included."""
        with self.lock:
            return copy.deepcopy(self, {id(self.lock): threading.RLock()})

    def _present_switches(self) -> Switches:
        return self.switches

    def _seed(self) -> None:
        seeds = make_tickets(*self._seeding, until=self.now())
        if self.speaks_entities:
            seeds = as_cases(seeds, self._seeding[1])
        switches = self.store.switches
        versions = [Version(s.id, s.fields, s.created, s.updated) for s in seeds]
        # The past has no search lag.
        self.store.switches = replace(switches, search_lag_s=0.0, search_lag_lists=0)
        self.store.put(versions, self.now())
        self.store.switches = switches
        for version in versions:
            self._watch(version)
        self._next_id = FIRST_ID + len(versions)

    # --- clock and switches

    @property
    def speaks_entities(self) -> bool:
        return self.dialect == "entities"

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

    # --- changes

    def close_solved(self) -> None:
        """Entities dialect: a case that has been solved for long enough is closed."""
        with self.lock:
            if not self.speaks_entities:
                return
            due = self._solved.due(self.now(), self.switches.solved_closes_after_s)
            if due:
                olds = [self.store.history[case_id][-1] for case_id in due]
                news = [edited(old, {"status": "Closed"}, self.now()) for old in olds]
                self._replace(olds, news, "system")
                self._note("system", "close", due, {"status": "Closed"})

    def _note(
        self, by: Literal["agent", "system"], deed: str, ticket_ids: list[str], fields: Any
    ) -> None:
        entry = Entry(self.stamp(), by, deed, "", ticket_ids, body=fields, outcome="applied")
        self._journal.writes.append(entry)

    def _replace(
        self,
        olds: list[Version],
        news: list[Version],
        by: Literal["agent", "api", "system"],
    ) -> None:
        self.store.put(news, self.now())
        if self.speaks_entities:
            for old, new in zip(olds, news, strict=True):
                self.events.add_change(old, new, by)
                self._watch(new)

    def _watch(self, version: Version) -> None:
        if self.speaks_entities:
            self._solved.watch(version.id, version.fields.get("status"), self.now())

    def drop(self, ticket_ids: list[str]) -> None:
        self.store.remove(ticket_ids)
        for ticket_id in ticket_ids:
            self._solved.forget(ticket_id)

    # --- the API's side

    def stamp(self) -> str:
        return format_instant(self.now(), "milliseconds", "Z")

    def record(self, entry: Entry, call: str, *, is_write: bool) -> None:
        with self.lock:
            self.close_solved()
            self._journal.begin(entry, call, is_write=is_write)

    def finish(self) -> None:
        with self.lock:
            self._journal.in_flight -= 1

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
            if self.speaks_entities and not new_id.isdecimal():
                raise ValueError(f"the id of a case is a number, not {new_id!r}")
            given = {"status": "New", **self._new_fields, **self._normal(fields)}
            version = Version(new_id, given, stamp, stamp)
            self.store.put([version], self.now())
            self._watch(version)
            return version

    @property
    def _new_fields(self) -> dict[str, Any]:
        """A new case waits in the main queue."""
        return {"assigned_to": MAIN_QUEUE_NAME} if self.speaks_entities else {}

    def preview(self, old: Version, changes: Mapping[str, Any]) -> Version:
        """The version that `changes` would make, rendered but not stored."""
        return edited(old, self._normal(changes), self.now()).render(self.switches)

    def patch(self, ticket_id: str, changes: Mapping[str, Any]) -> Version:
        with self.lock:
            old = self.store.history[ticket_id][-1]
            version = self.preview(old, changes)
            self._replace([old], [version], "api")
            return version

    def make_note(self, ticket_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A note as it would be answered; `keep_note` stores it."""
        with self.lock:
            self._note_count += 1
            return {
                "id": self._note_id(),
                "ticket_id": show_id(ticket_id, self.switches),
                "author_id": None,
                **self._normal(body),
                "created_at": self.stamp(),
            }

    def _note_id(self) -> str | int:
        if self.speaks_entities:
            return _FIRST_ENTITY_NOTE + self._note_count
        return show_id(str(_FIRST_NOTE + self._note_count), self.switches)

    def keep_note(
        self, ticket_id: str, note: dict[str, Any], by: Literal["agent", "api"] = "api"
    ) -> None:
        with self.lock:
            self._notes.setdefault(ticket_id, []).append(note)
            if self.speaks_entities:
                public, user = not note["is_internal"], author(by, ticket_id)
                at = parse_instant(note["created_at"])
                self.events.add(ticket_id, "note", note["content"], user, public=public, at=at)
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


def edited(
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
