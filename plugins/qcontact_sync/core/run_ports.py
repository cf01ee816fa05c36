"""What the life cycle of runs needs from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction, JobId, RunStatus
from qcontact_sync.core.request import RunRequest
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.core.windows import RunWindow, Trigger


@dataclass(frozen=True, slots=True)
class RunKey:
    """The identity of a run.

    Attributes:
        account: Its QContact account, which has a cursor and a lease of its own.
    """

    job_id: JobId
    account: str
    dag_id: str
    run_id: str
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run's record; a run that is resumed keeps its first window."""

    started_at: datetime
    window: RunWindow
    settled_until: datetime | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of a run."""

    status: RunStatus
    directions: Mapping[Direction, DirectionStats]
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """The times of a settled run."""

    started_at: datetime
    completed_at: datetime
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class RunningRun:
    """A run on record as running.

    Attributes:
        is_silent: There was no heartbeat for a minute.
    """

    job_id: JobId
    dag_id: str
    run_id: str
    host: str
    pid: int
    is_silent: bool


class RunStore(Protocol):
    """The runs on record, how far each one is, and the cursor of each account."""

    async def read_cursor(self, account: str) -> datetime | None:
        """The cursor: everything inbound before it is settled; None before the first run."""
        ...

    async def open_run(self, key: RunKey, request: RunRequest, window: RunWindow) -> OpenedRun:
        """Begin or resume a run's record."""
        ...

    async def refuse_run(self, key: RunKey, params: Mapping[str, object], error: SyncError) -> None:
        """Record a run that was refused before it changed anything."""
        ...

    async def list_running(self, key: RunKey) -> Sequence[RunningRun]:
        """The account's other runs that are recorded as running."""
        ...

    async def record_heartbeat(self, job_id: JobId) -> None:
        """Record that this process works for the run and is alive."""
        ...

    async def reopen_direction(self, job_id: JobId, direction: Direction) -> None:
        """Discard how an earlier try of a direction ended; does nothing if there was none."""
        ...

    async def open_direction(self, job_id: JobId, direction: Direction) -> None:
        """Begin a direction, or resume it after a crash."""
        ...

    async def close_direction(
        self,
        job_id: JobId,
        direction: Direction,
        *,
        is_complete: bool,
        error: SyncError | None,
        reason: str | None = None,
    ) -> DirectionStats:
        """Record how a direction ended; returns its stats with the counts on record.

        Args:
            reason: Why it is not complete though nothing broke, for a person.
        """
        ...

    async def read_progress(self, job_id: JobId) -> datetime | None:
        """Where an earlier try of the inbound direction ended."""
        ...

    async def read_directions(self, job_id: JobId) -> Mapping[Direction, DirectionStats]:
        """The stats of a run's directions."""
        ...

    async def close_run(self, job_id: JobId, settlement: Settlement) -> ClosedRun:
        """Settle a run's row, and add its summary rows to the audit log."""
        ...

    async def read_errors(self, job_id: JobId) -> Sequence[Mapping[str, object]]:
        """The tickets that failed in a run, as ``sync_result.errors`` lists them."""
        ...
