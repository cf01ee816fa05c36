"""What both directions work with: the run, its options, both sides and the lease."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from qcontact_sync.core.canon import printable
from qcontact_sync.core.errors import (
    Contention,
    ErrorCode,
    LeaseLost,
    ReadTooOld,
    SyncError,
    TicketError,
)
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import Direction, JobId, People, RemoteId, SyncType, Window
from qcontact_sync.core.note_rules import SENT, SentNotes
from qcontact_sync.core.plan import Plan
from qcontact_sync.core.ports import BeforeTry, Remote
from qcontact_sync.core.request import RunRequest, parse_request
from qcontact_sync.core.store_ports import Lease, Store
from qcontact_sync.core.unit_ports import TicketFailure, UnitOfWork
from qcontact_sync.sync.leases import ActiveLease
from qcontact_sync.sync.planning import planned

if TYPE_CHECKING:
    from tenacity import AttemptManager

log = logging.getLogger(__name__)

_NAMED = 5
RECENT_S = 5.0
"""Longest time from read to write: an edit that QContact makes in between would be lost."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its directions see it.

    Attributes:
        ends_now: The window ends at QContact's present, not at the worker's.
        settled_until: Where an earlier try of the inbound direction ended.
        is_scheduled: It must end before the next scheduled run begins.
    """

    job_id: JobId
    request: RunRequest
    window: Window
    moves_cursor: bool
    is_dated: bool
    ends_now: bool = False
    settled_until: datetime | None = None
    is_scheduled: bool = False

    def resumed_at(self, settled_until: datetime | None) -> "Run":
        """The same run, continuing where an earlier try ended."""
        return replace(self, settled_until=settled_until)

    def to_dict(self) -> dict[str, object]:
        """What the other tasks of the run need, as plain values for XCom."""
        start = self.window.start
        return {
            "job_id": str(self.job_id),
            "options": self.request.to_dict(),
            "window_start": start.isoformat() if start else None,
            "window_end": self.window.end.isoformat(),
            "moves_cursor": self.moves_cursor,
            "is_dated": self.is_dated,
            "ends_now": self.ends_now,
            "is_scheduled": self.is_scheduled,
            "directions": [d.value for d in self.request.directions],
            "dry_run": self.request.dry_run,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Run":
        """The inverse of `to_dict`."""
        start = plain["window_start"]
        return cls(
            job_id=JobId(UUID(plain["job_id"])),
            request=parse_request(plain["options"]),
            window=Window(
                datetime.fromisoformat(start) if start else None,
                datetime.fromisoformat(plain["window_end"]),
            ),
            moves_cursor=plain["moves_cursor"],
            is_dated=plain["is_dated"],
            ends_now=plain["ends_now"],
            is_scheduled=plain.get("is_scheduled", False),
        )


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """Settings that decide how a direction works."""

    policy: Policy
    overlap: timedelta = timedelta(minutes=5)
    page_size: int = 100
    connections: int = 16
    max_outbound: int | None = None
    sent_notes: SentNotes = SENT
    inbound_notes: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a direction ended that did not break.

    Attributes:
        is_complete: False if it stopped cleanly before its end.
        reason: Why not, for a person, where it is not the time or a request to stop.
    """

    is_complete: bool = True
    reason: str | None = None


Progress = Callable[[Direction, int, int], None]
"""Called with (direction, tickets done, tickets expected so far)."""


@dataclass(slots=True)
class Work:
    """What a direction works with.

    Attributes:
        active_lease: The lease with its renewals; None in a dry run.
        plan: What a dry run would do.
        should_stop: Asked between batches: True ends the direction cleanly before its end.
    """

    run: Run
    options: SyncOptions
    remote: Remote
    store: Store
    active_lease: ActiveLease | None = None
    plan: Plan = field(default_factory=Plan)
    progress: Progress = lambda direction, done, expected: None
    should_stop: Callable[[], bool] = lambda: False

    @property
    def lease(self) -> Lease | None:
        """The lease to write under; None in a dry run."""
        return self.active_lease.lease if self.active_lease else None

    @property
    def is_dry(self) -> bool:
        """Whether nothing may be written on either side."""
        return self.active_lease is None

    async def load_people(self) -> People:
        """FibreFlow's users, by the names that QContact has for them."""
        rules = self.options.policy.mapping.assignment
        return rules.laid_over(await self.store.load_people())

    def unit(self, direction: Direction) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction under the lease; in a dry run one that only adds to the plan."""
        unit = self.store.unit(self.run.job_id, direction, self.lease)
        return planned(unit, self.plan) if self.is_dry else unit

    def log_quarantined(self, direction: Direction, failures: Sequence[TicketFailure]) -> None:
        """One log line for tickets that were quarantined together; none in a dry run."""
        if failures and not self.is_dry:
            _log_quarantined(direction, failures)

    def check_lease(self) -> None:
        """Call this before each send.

        Raises:
            LeaseLost: Another run may be writing by now.
        """
        if self.active_lease is None:
            raise LeaseLost
        self.active_lease.check()

    def check_soon(self) -> BeforeTry:
        """`check_lease` for a write that is based on what was read just now.

        Returns:
            To be called before each send; raises `ReadTooOld` when the read was too long ago.
        """
        clock = self.active_lease.clock if self.active_lease else None
        read_at = clock.monotonic() if clock else 0.0

        def check() -> None:
            self.check_lease()
            if clock and clock.monotonic() - read_at > RECENT_S:
                raise ReadTooOld

        return check


def attempts() -> AsyncIterator["AttemptManager"]:
    """Repeat a whole transaction up to five times when it loses against another one."""
    from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random

    return AsyncRetrying(
        retry=retry_if_exception_type(Contention),
        stop=stop_after_attempt(5),
        wait=wait_random(0, 0.2),
        reraise=True,
    ).__aiter__()


def failure_of(
    error: Exception, remote_id: RemoteId, sync_type: SyncType, version: str | None
) -> TicketFailure:
    """The quarantine entry for a ticket's error; an unexpected one is logged with its trace."""
    if not isinstance(error, SyncError):
        log.error("ticket.unexpected qcontact_id=%s", printable(remote_id), exc_info=error)
        name = type(error).__name__
        return TicketFailure(
            remote_id, sync_type, ErrorCode.SYNC_JOB_ERROR, f"unexpected {name}", version
        )
    is_final = isinstance(error, TicketError) and not error.is_passing
    return TicketFailure(
        remote_id, sync_type, error.code, str(error), version, recoverable=not is_final
    )


def _log_quarantined(direction: Direction, failures: Sequence[TicketFailure]) -> None:
    codes = Counter(failure.code.value for failure in failures)
    ids = [printable(failure.remote_id) for failure in failures[:_NAMED]]
    log.warning(
        "%s.quarantined tickets=%d codes=%s ids=%s%s",
        direction,
        len(failures),
        ",".join(f"{code}:{count}" for code, count in codes.most_common()),
        ",".join(ids),
        ",..." if len(failures) > _NAMED else "",
    )
