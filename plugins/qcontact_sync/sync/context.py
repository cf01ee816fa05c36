"""What both directions work with: the run, its options and the hands that do the work."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenacity import (
    AsyncRetrying,
    AttemptManager,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random,
)

from qcontact_sync.core.errors import (
    Contention,
    ErrorCode,
    LeaseLost,
    ReadTooOld,
    SyncError,
    TicketError,
)
from qcontact_sync.core.merge import Policy
from qcontact_sync.core.model import Direction, JobId, RemoteId, SyncType, Window
from qcontact_sync.core.plan import Plan, PlannedFailure
from qcontact_sync.core.ports import BeforeTry, RemoteTickets
from qcontact_sync.core.request import RunRequest, parse_request
from qcontact_sync.core.store_ports import Lease, Store, TicketFailure
from qcontact_sync.sync.leases import HeldLease

log = logging.getLogger(__name__)

_NAMED = 5
RECENT_S = 5.0
"""An edit made between our read and our write of a field is lost, so the two stay close."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its directions see it.

    Attributes:
        ends_now: The window ends at QContact's present, not at the worker's.
        settled_until: Where an earlier try of the inbound direction got to.
        is_scheduled: It has a slot, and with it a time by which to be done.
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
        """The same run, going on where an earlier try got to."""
        return replace(self, settled_until=settled_until)

    def to_dict(self) -> dict[str, object]:
        """Plain values: a run travels from task to task by XCom."""
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
    internal_notes: bool = False


Progress = Callable[[Direction, int, int], None]
"""Called with (direction, tickets done, tickets expected so far)."""


@dataclass(slots=True)
class Work:
    """The hands of a direction: both sides, the lease (none in a dry run), what is reported.

    Attributes:
        should_stop: Asked between batches: True ends the direction cleanly before its end.
    """

    run: Run
    options: SyncOptions
    remote: RemoteTickets
    store: Store
    held: HeldLease | None = None
    plan: Plan = field(default_factory=Plan)
    progress: Progress = lambda direction, done, expected: None
    should_stop: Callable[[], bool] = lambda: False

    @property
    def lease(self) -> Lease | None:
        """The lease to write under; None makes every transaction read-only."""
        return self.held.lease if self.held else None

    @property
    def is_dry(self) -> bool:
        """Whether nothing may be written on either side."""
        return self.held is None

    def plan_failures(self, failures: Iterable[TicketFailure]) -> None:
        """What a dry run does with the tickets that a real one would quarantine."""
        for failure in failures:
            planned = PlannedFailure(failure.remote_id, failure.code.value, failure.message)
            self.plan.add_failure(planned)

    def check_lease(self) -> None:
        """To be asked before every send.

        Raises:
            LeaseLost: Another run may be writing by now.
        """
        if self.held is None:
            raise LeaseLost
        self.held.check()

    def check_soon(self) -> BeforeTry:
        """`check_lease` for a write that rests on what was read just now.

        Returns:
            What to ask before every send; raises `ReadTooOld` when that was a while ago.
        """
        clock = self.held.clock if self.held else None
        read_at = clock.monotonic() if clock else 0.0

        def check() -> None:
            self.check_lease()
            if clock and clock.monotonic() - read_at > RECENT_S:
                raise ReadTooOld

        return check


def attempts() -> AsyncIterator[AttemptManager]:
    """Repeat a whole transaction that lost against another one, a few times at once."""
    return AsyncRetrying(
        retry=retry_if_exception_type(Contention),
        stop=stop_after_attempt(5),
        wait=wait_random(0, 0.2),
        reraise=True,
    ).__aiter__()


def failure_of(
    error: Exception, remote_id: RemoteId, sync_type: SyncType, version: str | None
) -> TicketFailure:
    """What quarantine keeps of a ticket's error; an unexpected one is logged with its trace."""
    if not isinstance(error, SyncError):
        log.error("ticket.unexpected qcontact_id=%s", remote_id, exc_info=error)
        name = type(error).__name__
        return TicketFailure(
            remote_id, sync_type, ErrorCode.SYNC_JOB_ERROR, f"unexpected {name}", version
        )
    is_final = isinstance(error, TicketError) and not error.is_passing
    return TicketFailure(
        remote_id, sync_type, error.code, str(error), version, recoverable=not is_final
    )


def log_quarantined(direction: Direction, failures: Sequence[TicketFailure]) -> None:
    """One line of the log for all that goes to quarantine together: how many, why, which."""
    if not failures:
        return
    codes = Counter(failure.code.value for failure in failures)
    ids = [failure.remote_id for failure in failures[:_NAMED]]
    log.warning(
        "%s.quarantined tickets=%d codes=%s ids=%s%s",
        direction,
        len(failures),
        ",".join(f"{code}:{count}" for code, count in codes.most_common()),
        ",".join(ids),
        ",..." if len(failures) > _NAMED else "",
    )
