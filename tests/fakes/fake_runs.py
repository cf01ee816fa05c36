"""The `RunStore` and `Leases` ports on `FibreFlow`."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Direction, JobId
from qcontact_sync.core.request import RunRequest
from qcontact_sync.core.run_ports import (
    ClosedRun,
    OpenedRun,
    RunKey,
    RunningRun,
    Settlement,
)
from qcontact_sync.core.stats import DirectionStats
from qcontact_sync.core.store_ports import Lease, LeaseHolder
from qcontact_sync.core.windows import RunWindow

from tests.fakes.fake_fibreflow import DirectionRow, FibreFlow, LeaseRow, RunRow
from tests.fakes.fake_gate import Gate

LEASE_TTL = timedelta(seconds=30)


class FakeRuns:
    """The record of runs."""

    def __init__(self, fibreflow: FibreFlow, gate: Gate) -> None:
        self._here = fibreflow
        self._gate = gate

    async def read_cursor(self, account: str) -> datetime | None:
        async with self._gate.io("read of the cursor"):
            return self._here.read_until(account)

    async def open_run(self, key: RunKey, request: RunRequest, window: RunWindow) -> OpenedRun:
        async with self._gate.io("commit of open run"):
            now, known = self._here.now(), self._here.runs.get(key.job_id)
            if known is None:
                known = RunRow(key, window, now, now, self._gate.time.seconds, os.getpid())
                self._here.runs[key.job_id] = known
            else:
                is_same = known.key.trigger == key.trigger
                is_ended = known.status != "running"
                known.attempt += 1
                known.settled_until = known.settled_until if is_same and not is_ended else None
                known.window = known.window if is_same else window
                known.key, known.status, known.pid = key, "running", os.getpid()
            return OpenedRun(known.started_at, known.window, known.settled_until, known.attempt)

    async def refuse_run(self, key: RunKey, params: Mapping[str, object], error: SyncError) -> None:
        async with self._gate.io("commit of refuse run"):
            now, nothing = self._here.now(), RunWindow(None, False, False)
            known = self._here.runs.get(key.job_id) or RunRow(
                key, nothing, now, now, self._gate.time.seconds, os.getpid()
            )
            known.status = "failed"
            self._here.runs[key.job_id] = known

    async def list_running(self, key: RunKey) -> Sequence[RunningRun]:
        async with self._gate.io("read of running runs"):
            host = socket.gethostname()
            return [
                RunningRun(i, run.key.dag_id, run.key.run_id, host, run.pid, is_silent=False)
                for i, run in self._here.runs.items()
                if run.status == "running" and i != key.job_id and run.key.account == key.account
            ]

    async def record_heartbeat(self, job_id: JobId) -> None:
        async with self._gate.io("commit of heartbeat"):
            self._here.runs[job_id].pid = os.getpid()

    async def reopen_direction(self, job_id: JobId, direction: Direction) -> None:
        async with self._gate.io("commit of reopen direction"):
            if known := self._here.directions.get((job_id, direction)):
                known.reopen()

    async def open_direction(self, job_id: JobId, direction: Direction) -> None:
        async with self._gate.io("commit of open direction"):
            known = self._here.directions.get((job_id, direction))
            if known is None:
                self._here.directions[job_id, direction] = DirectionRow(self._here.now())
                return
            is_resumed = self._here.runs[job_id].settled_until is not None
            if direction is Direction.INBOUND and not is_resumed:
                known.counts = replace(known.counts, skipped=0)
            known.reopen()

    async def close_direction(
        self,
        job_id: JobId,
        direction: Direction,
        *,
        is_complete: bool,
        error: SyncError | None,
        reason: str | None = None,
    ) -> DirectionStats:
        async with self._gate.io("commit of close direction"):
            row = self._here.directions[job_id, direction]
            row.is_complete, row.is_ended = is_complete, True
            row.error = (error.code.value, str(error)) if error else None
            return _stats(row)

    async def read_progress(self, job_id: JobId) -> datetime | None:
        async with self._gate.io("read of progress"):
            run = self._here.runs.get(job_id)
            return run.settled_until if run else None

    async def read_directions(self, job_id: JobId) -> Mapping[Direction, DirectionStats]:
        async with self._gate.io("read of directions"):
            found = self._here.directions.items()
            return {way: _stats(row) for (job, way), row in found if job == job_id}

    async def close_run(self, job_id: JobId, settlement: Settlement) -> ClosedRun:
        async with self._gate.io("commit of close run"):
            run = self._here.runs[job_id]
            run.status = settlement.status.value
            now = self._here.now()
            return ClosedRun(run.started_at, now, (now - run.started_at).total_seconds())

    async def read_errors(self, job_id: JobId) -> Sequence[Mapping[str, object]]:
        async with self._gate.io("read of errors"):
            errors = self._here.run_errors
            return [{"qcontact_ticket_id": i} for job, _, i in errors if job == job_id]


def _stats(row: DirectionRow) -> DirectionStats:
    code, message = row.error or (None, None)
    return DirectionStats(row.counts, 0.0, row.is_complete, code, message, row.is_ended)


class FakeLeases:
    """Who may write, by the database's clock alone."""

    def __init__(self, fibreflow: FibreFlow, gate: Gate) -> None:
        self._here = fibreflow
        self._gate = gate

    async def take(self, account: str, holder: str) -> Lease | None:
        async with self._gate.io("commit of take lease"):
            known, now = self._here.leases.get(account), self._here.now()
            if known and known.holder not in (None, holder) and known.expires_at >= now:
                return None
            fence = known.fence + 1 if known else 1
            self._here.leases[account] = LeaseRow(fence, holder, now + LEASE_TTL, os.getpid())
            return Lease(account, holder, fence)

    async def renew(self, lease: Lease) -> bool:
        async with self._gate.io("commit of renew lease"):
            return renew(self._here, lease)

    async def release(self, lease: Lease) -> None:
        async with self._gate.io("commit of release lease"):
            if renew(self._here, lease):
                self._here.leases[lease.account].holder = None

    async def holder(self, account: str) -> LeaseHolder | None:
        async with self._gate.io("read of the lease"):
            known = self._here.leases.get(account)
            if known is None or known.holder is None:
                return None
            lease = Lease(account, known.holder, known.fence)
            return LeaseHolder(lease, socket.gethostname(), known.pid)

    async def evict(self, holder: LeaseHolder) -> None:
        async with self._gate.io("commit of evict lease"):
            if renew(self._here, holder.lease):
                known = self._here.leases[holder.lease.account]
                known.expires_at = self._here.now() - timedelta(seconds=1)


def renew(fibreflow: FibreFlow, lease: Lease) -> bool:
    """Stay the holder; an expired lease that nobody took is still one's own."""
    known = fibreflow.leases.get(lease.account)
    if known is None or (known.holder, known.fence) != (lease.holder, lease.fence):
        return False
    known.expires_at = fibreflow.now() + LEASE_TTL
    return True
