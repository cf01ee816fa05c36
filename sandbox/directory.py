"""Who a case can be assigned to: queues and people, each with a number and a name."""

from typing import Any
from zlib import crc32

from sandbox.seeds import STAFF

MAIN_QUEUE = 21_924_332_416
MAIN_QUEUE_NAME = "Field Maintenance Queue"
QUEUES = {
    MAIN_QUEUE: MAIN_QUEUE_NAME,
    21_924_332_417: "Installations Queue",
    21_924_332_418: "Second Line Queue",
}
_FIRST_STAFF = 21_924_400_001
_OTHERS = 21_930_000_000
_OTHERS_SPAN = 9_000_000


class Directory:
    """Ids of names that nobody listed are derived from the name, so they are the same each time."""

    def __init__(self) -> None:
        self.names = QUEUES | {_FIRST_STAFF + n: name for n, name in enumerate(STAFF)}
        self._ids = {name: id_ for id_, name in self.names.items()}

    def id_of(self, name: str) -> int:
        """Return the id of a queue or person; an unknown name is listed."""
        if name not in self._ids:
            id_ = _OTHERS + crc32(name.encode()) % _OTHERS_SPAN
            while id_ in self.names:
                id_ += 1
            self._ids[name], self.names[id_] = id_, name
        return self._ids[name]

    def name_of(self, id_: int) -> str | None:
        return self.names.get(id_)

    def look_up(self, assignee: Any) -> tuple[int | None, str | None]:
        """Id and name behind what a ticket holds as its assignee: a name, an id or nothing."""
        if isinstance(assignee, bool) or not assignee:
            return None, None
        if isinstance(assignee, int):
            return assignee, self.name_of(assignee)
        if not isinstance(assignee, str):
            return None, None
        if assignee.isdecimal() and int(assignee) in self.names:
            return int(assignee), self.name_of(int(assignee))
        return self.id_of(assignee), assignee
