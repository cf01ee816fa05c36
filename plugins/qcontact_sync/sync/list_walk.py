"""Reading a complete list: every row once, even if rows move or the count is wrong.

Nothing is concluded from a row that is missing: whoever walks reads that ticket by its id.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from qcontact_sync.core.model import ListedRow, RemoteId, RowPage
from qcontact_sync.core.ports import WalkedList
from qcontact_sync.sync.concurrency import run_all

log = logging.getLogger(__name__)

MAX_PASSES = 3
FANOUT = 10
"""Pages asked for at once: as many as a tenant is asked; the client limits connections besides."""


@dataclass(slots=True)
class Walk:
    """What a walk saw.

    Attributes:
        rows: By ticket; of one that was listed twice the row of the later page.
        malformed: Reason by id of rows that cannot be used; those without an id under ``""``.
        nameless: How many rows without an id each queue's list showed.
        began_at: QContact's clock when the walk began; None where it does not say.
        is_complete: A pass saw as many rows as the list says it has.
    """

    rows: dict[RemoteId, ListedRow] = field(default_factory=dict)
    malformed: dict[str, str] = field(default_factory=dict)
    nameless: dict[str, int] = field(default_factory=dict)
    began_at: datetime | None = None
    is_complete: bool = False

    @property
    def all_malformed(self) -> tuple[tuple[str, str], ...]:
        """``malformed`` with as many entries without an id as there are rows without one."""
        more = max(0, sum(self.nameless.values()) - 1)
        reason = self.malformed.get("", "")
        return (*self.malformed.items(), *((("", reason),) * more))


async def walk_lists(remote: WalkedList, page_size: int) -> Walk:
    """Walk the lists of all queues until one pass over each is quiet.

    Args:
        page_size: Rows wanted on a page; the answers say how many there are.
    """
    walk = Walk()
    restless = list(remote.queues)
    for _ in range(MAX_PASSES):
        passes = {queue: _QueuePass() for queue in restless}
        for queue, reading in passes.items():
            await reading.read(remote, queue, page_size, walk)
            walk.nameless[queue] = max(walk.nameless.get(queue, 0), reading.nameless_malformed)
        restless = [queue for queue, reading in passes.items() if not reading.is_quiet]
        if not restless:
            break
    walk.is_complete = not restless
    log.info("walk.done rows=%d complete=%s", len(walk.rows), walk.is_complete)
    return walk


class _QueuePass:
    """One reading of all pages of one queue's list."""

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._ids: set[str] = set()
        self._nameless = 0
        self.nameless_malformed = 0

    @property
    def is_quiet(self) -> bool:
        """Nothing came or went during this pass, and all of it was seen."""
        if not self._counts:
            return True
        seen = len(self._ids) + self._nameless
        return min(self._counts) == max(self._counts) <= seen

    async def read(self, remote: WalkedList, queue: str, page_size: int, walk: Walk) -> None:
        """Read the pages that the first one promises side by side, then on while they are full."""
        first = await remote.list_rows(1, page_size, queue)
        walk.began_at = walk.began_at or first.server_time
        self._add(first, walk)
        size = min(first.page_size, _length(first)) or page_size
        promised = max(first.pages or 1, -(-(first.count or 0) // size))
        numbers = iter(range(2, promised))

        async def work() -> None:
            for number in numbers:
                self._add(await remote.list_rows(number, page_size, queue), walk)

        await run_all(work() for _ in range(FANOUT))
        last, number = first, 1
        if promised > 1:
            number = promised
            last = await remote.list_rows(number, page_size, queue)
            self._add(last, walk)
        is_new = True
        # Whatever the count says: a full page may have another behind it. One that shows nothing
        # new is the last one again.
        while _length(last) >= size and is_new:
            number += 1
            last = await remote.list_rows(number, page_size, queue)
            is_new = self._add(last, walk)

    def _add(self, page: RowPage, walk: Walk) -> bool:
        """Take over what a page shows; whether any of it was not seen in this pass."""
        ids = {row.id for row in page.rows} | {key for key, _ in page.malformed if key}
        is_new = bool(ids - self._ids)
        self._ids |= ids
        self._nameless += _length(page) - len(ids)
        self.nameless_malformed += sum(not key for key, _ in page.malformed)
        if page.count is not None:
            self._counts.append(page.count)
        walk.rows.update((row.id, row) for row in page.rows)
        walk.malformed.update(page.malformed)
        return is_new


def _length(page: RowPage) -> int:
    return len(page.rows) + len(page.malformed)
