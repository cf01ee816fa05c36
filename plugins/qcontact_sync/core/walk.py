"""Which cases to read in detail, where QContact cannot be asked what changed; values only.

The list is walked whole and each row is compared with the row that was settled last (ADR
15). What a row does not show is found by reading every case again from time to time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from qcontact_sync.core.model import RemoteId

OPEN_WITHIN = timedelta(days=1)
FINISHED_WITHIN = timedelta(days=30)
"""Every open case is read at least this often, and every finished one."""
BETWEEN_RUNS = timedelta(hours=6)
SHRINKS_BY = 5
"""If a list lost more than one case in this number, the list itself may be wrong: the log warns."""

NOT_LISTED = ""
"""The digest of a case that the list did not show."""
READ_APART = "?"
"""The digest of a case that was read or written apart from the list: no row is equal to it. The row
that was settled before says nothing about the new base: the list may show it again."""


@dataclass(frozen=True, slots=True)
class KnownRow:
    """What is remembered of a case.

    Attributes:
        digest: Of its row when its detail was settled last; None where that never happened,
            `NOT_LISTED` where the list did not show it then, `READ_APART` where it was not asked.
        age: How long ago its detail was read; None where it never was.
        is_finished: FibreFlow's status ends the ticket.
        is_linked: It has a ticket in FibreFlow.
        is_gone: QContact answered that it does not exist.
        is_counted: Its detail was settled in this run already.
    """

    digest: str | None
    age: timedelta | None
    is_finished: bool = False
    is_linked: bool = True
    is_gone: bool = False
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class LookPlan:
    """Details to read, in this order.

    Attributes:
        changed: New cases, and those whose row differs.
        unlisted: Linked cases that the list showed before and does not show now.
        overdue: Cases that were not looked at for the longest time, oldest look first.
        unchanged: How many listed tickets are taken as they are.
    """

    changed: Sequence[RemoteId]
    unlisted: Sequence[RemoteId]
    overdue: Sequence[RemoteId]
    unchanged: int

    @property
    def details(self) -> int:
        """How many details are read."""
        return len(self.changed) + len(self.unlisted) + len(self.overdue)


def plan_looks(
    listed: Mapping[RemoteId, str],
    known: Mapping[RemoteId, KnownRow],
    since_last_walk: timedelta | None,
    *,
    force: bool = False,
) -> LookPlan:
    """Choose the details to read.

    Args:
        listed: Digest of each row that the walk saw, by case.
        known: What is remembered, by case.
        since_last_walk: How long ago the last complete walk began; None where there was none.
        force: Read every listed case.
    """
    changed = [i for i, digest in listed.items() if force or _differs(known.get(i), digest)]
    unlisted = [i for i, row in known.items() if i not in listed and _is_missed(row)]
    taken = {*changed, *unlisted}
    rest = {i: row for i, row in known.items() if i not in taken and row.is_linked}
    overdue = _overdue(rest, since_last_walk)
    read = taken.union(overdue)
    unchanged = sum(known[i].is_linked and not known[i].is_counted for i in listed if i not in read)
    return LookPlan(changed, unlisted, overdue, unchanged)


def has_shrunk(listed: Mapping[RemoteId, str], known: Mapping[RemoteId, KnownRow]) -> bool:
    """Whether the list lost so many cases that the list itself may be wrong."""
    before = [i for i, row in known.items() if row.digest and not row.is_gone]
    missing = sum(i not in listed for i in before)
    return missing * SHRINKS_BY > len(before)


def _differs(row: KnownRow | None, digest: str) -> bool:
    return row is None or row.is_gone or row.digest != digest


def _is_missed(row: KnownRow) -> bool:
    return row.is_linked and not row.is_gone and row.digest != NOT_LISTED


def _overdue(
    rows: Mapping[RemoteId, KnownRow], since_last_walk: timedelta | None
) -> Sequence[RemoteId]:
    """A share of the open and of the finished ones, so that each is read in time."""
    gap = since_last_walk if since_last_walk is not None else BETWEEN_RUNS
    chosen: list[tuple[timedelta, RemoteId]] = []
    for is_finished, within in ((False, OPEN_WITHIN), (True, FINISHED_WITHIN)):
        ages = [
            (row.age if row.age is not None else timedelta.max, remote_id)
            for remote_id, row in rows.items()
            if row.is_finished is is_finished and not row.is_gone
        ]
        share = math.ceil(len(ages) * min(1.0, gap / within))
        late = sum(age > within - BETWEEN_RUNS for age, _ in ages)
        chosen += sorted(ages, reverse=True)[: max(share, late)]
    return [remote_id for _, remote_id in sorted(chosen, reverse=True)]
