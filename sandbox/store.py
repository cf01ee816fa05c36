"""Tickets in memory: every version serialised once, an index sorted by the time of change."""

import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from sandbox.instants import cut, format_instant
from sandbox.switches import Switches

_KEPT_VERSIONS = 20
_KEPT_LISTS = 32


@dataclass(slots=True, eq=False)
class Version:
    """One state of one ticket; `fields` holds what is shown besides the id and the two stamps."""

    id: str
    fields: Mapping[str, Any]
    created: int
    changed: int  # exact
    missing: frozenset[str] = frozenset()  # names left out of the JSON
    updated: int = 0  # `changed` in the resolution that clients see
    raw: bytes = b""
    views: dict[str, Any] = field(default_factory=dict)  # what else was made of this rendering

    @property
    def id_key(self) -> tuple[int, str]:
        return len(self.id), self.id

    @property
    def index_key(self) -> tuple[int, int, str]:
        return self.updated, len(self.id), self.id

    def render(self, switches: Switches) -> "Version":
        resolution, zone = switches.time_resolution, switches.time_zone
        self.updated = cut(self.changed, resolution)
        self.views.clear()
        shown = {
            "id": show_id(self.id, switches),
            "created_at": format_instant(cut(self.created, resolution), resolution, zone),
            "updated_at": format_instant(self.updated, resolution, zone),
            **self.fields,  # last: an agent's edit may put any text in the place of a stamp
        }
        for name in self.missing:
            shown.pop(name, None)
        self.raw = msgspec.json.encode(shown)
        return self


def _look(switches: Switches) -> tuple[str, ...]:
    """The switches that decide how a ticket's JSON looks."""
    return switches.time_resolution, switches.time_zone, switches.id_type


def show_id(ticket_id: str, switches: Switches) -> str | int:
    number = switches.id_type == "number" and ticket_id.isdecimal()
    return int(ticket_id) if number else ticket_id


@dataclass(frozen=True, slots=True)
class Query:
    """The filters of one list request; bounds in microseconds, texts compared without case."""

    equal: tuple[tuple[str, str], ...] = ()
    updated_after: int | None = None
    updated_before: int | None = None
    created_after: int | None = None
    created_before: int | None = None


@dataclass(slots=True)
class _Unseen:
    version: Version
    due_at: int
    due_lists: int


@dataclass(slots=True)
class TicketStore:
    """All tickets. `history` is the truth, `index` what lists show (behind it under a search lag).

    Not locked: its owner does that.
    """

    switches: Switches
    history: dict[str, list[Version]] = field(default_factory=dict)
    index: list[Version] = field(default_factory=list)
    _listed: dict[str, Version] = field(default_factory=dict)
    _unseen: list[_Unseen] = field(default_factory=list)
    _found: dict[Query, list[Version]] = field(default_factory=dict)
    _lists_served: int = 0
    _shuffler: random.Random = field(default_factory=random.Random)

    def current(self, ticket_id: str) -> Version | None:
        versions = self.history.get(ticket_id)
        return versions[-1] if versions else None

    def older(self, version: Version) -> Version:
        """The version before this one; itself where there is none."""
        versions = self.history.get(version.id, [version])
        at = versions.index(version) if version in versions else 0
        return versions[max(0, at - 1)]

    def put(self, versions: Sequence[Version], now: int) -> None:
        """Make these the current versions; lists show them once the search lag is over."""
        for version in versions:
            past = self.history.setdefault(version.id, [])
            past.append(version.render(self.switches))
            del past[:-_KEPT_VERSIONS]
        lag_s, lag_lists = self.switches.search_lag_s, self.switches.search_lag_lists
        if lag_s or lag_lists:
            due = now + int(lag_s * 1_000_000), self._lists_served + lag_lists
            self._unseen += [_Unseen(version, *due) for version in versions]
        else:
            self._list(versions)

    def remove(self, ticket_ids: Iterable[str]) -> None:
        gone = set(ticket_ids)
        for ticket_id in gone:
            self.history.pop(ticket_id, None)
        self._unseen = [unseen for unseen in self._unseen if unseen.version.id not in gone]
        self._unlist(gone)

    def adopt(self, switches: Switches) -> None:
        """Take other switches: all tickets are rendered and sorted anew where that shows."""
        old, self.switches = self.switches, switches
        self._found.clear()
        if _look(old) == _look(switches):
            return
        for versions in self.history.values():
            for version in versions:
                version.render(switches)
        self.index.sort(key=attrgetter("index_key"))

    def _unlist(self, ticket_ids: set[str]) -> None:
        self._found.clear()
        listed = {id_ for id_ in ticket_ids if self._listed.pop(id_, None) is not None}
        if listed:
            self.index = [version for version in self.index if version.id not in listed]

    def _list(self, versions: Sequence[Version]) -> None:
        if len(versions) == 1:
            self._list_one(versions[0])
            return
        self._unlist({version.id for version in versions})
        newest = {version.id: version for version in versions}
        self._listed.update(newest)
        self.index += newest.values()
        self.index.sort(key=attrgetter("index_key"))

    def _list_one(self, version: Version) -> None:
        self._found.clear()
        old = self._listed.get(version.id)
        if old is not None:
            del self.index[bisect_left(self.index, old.index_key, key=attrgetter("index_key"))]
        self._listed[version.id] = version
        insort(self.index, version, key=attrgetter("index_key"))

    def find(self, query: Query, now: int) -> list[Version]:
        """All tickets that lists show for this query, in the order that is switched on."""
        self._settle_lag(now)
        if query not in self._found:
            if len(self._found) >= _KEPT_LISTS:
                self._found.clear()
            self._found[query] = self._search(query)
        return self._found[query]

    def _settle_lag(self, now: int) -> None:
        due: list[Version] = []
        unseen: list[_Unseen] = []
        for late in self._unseen:
            if late.due_at <= now and late.due_lists <= self._lists_served:
                due.append(late.version)
            else:
                unseen.append(late)
        self._lists_served += 1
        if due:
            self._unseen = unseen
            self._list(due)

    def _search(self, query: Query) -> list[Version]:
        found = self._between(query.updated_after, query.updated_before)
        if query.equal:
            found = [v for v in found if _equals(v, query.equal)]
        if query.created_after is not None or query.created_before is not None:
            found = [v for v in found if self._created_within(v, query)]
        if self.switches.order == "id":
            found.sort(key=attrgetter("id_key"))
        elif self.switches.order == "updated_desc":
            found.reverse()
        return found

    def _between(self, after: int | None, before: int | None) -> list[Version]:
        from_ = bisect_left if self.switches.updated_after_inclusive else bisect_right
        to = bisect_right if self.switches.updated_before_inclusive else bisect_left
        low = 0 if after is None else from_(self.index, after, key=attrgetter("updated"))
        high = None if before is None else to(self.index, before, key=attrgetter("updated"))
        return self.index[low:high]

    def _created_within(self, version: Version, query: Query) -> bool:
        created = cut(version.created, self.switches.time_resolution)
        late_enough = query.created_after is None or created >= query.created_after
        return late_enough and (query.created_before is None or created < query.created_before)

    def page(self, found: list[Version], number: int, size: int) -> list[Version]:
        """One page, numbered from 1; in random order every page is drawn anew."""
        start = (number - 1) * size
        if self.switches.order == "random":
            return self._shuffler.sample(found, min(size, max(0, len(found) - start)))
        return found[start : start + size]


def _equals(version: Version, equal: tuple[tuple[str, str], ...]) -> bool:
    return all(str(version.fields.get(name) or "").casefold() == text for name, text in equal)
