"""The `RunStore` port on PostgreSQL."""

import logging
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from qcontact_sync.core.canon import canonical_text
from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    StatementFailed,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import Direction, JobId, Window
from qcontact_sync.core.request import RunRequest
from qcontact_sync.core.run_ports import (
    ClosedRun,
    OpenedRun,
    RunKey,
    RunningRun,
    Settlement,
)
from qcontact_sync.core.stats import Counts, DirectionStats, status_of, sync_result
from qcontact_sync.core.windows import RunWindow
from qcontact_sync.fibreflow.database import Database
from qcontact_sync.fibreflow.ownership import claim

log = logging.getLogger(__name__)


class PostgresRunStore:
    """The record of runs: ``sync_job_history`` and the sync's own tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_cursor(self, account: str) -> datetime | None:
        rows = await self._database.read("read_cursor", {"account": account})
        return rows[0]["settled_until"] if rows else None

    async def open_run(self, key: RunKey, request: RunRequest, window: RunWindow) -> OpenedRun:
        """Begin or resume a run's record; an account's first run claims the database."""
        params = {
            "job_id": key.job_id,
            "account": key.account,
            "dag_id": key.dag_id,
            "run_id": key.run_id,
            "trigger": key.trigger.value,
            "window_start": window.window.start,
            "window_end": window.window.end,
            "moves_cursor": window.moves_cursor,
            "is_dated": window.is_dated,
            "ends_now": window.ends_now,
            "options": Jsonb(request.to_dict()),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        async with self._database.transaction() as database:
            await claim(database, key.account)
            row = (await database.fetch("open_run", params))[0]
            if row["started_at"] is None:
                raise _history_dropped()
        return OpenedRun(
            row["started_at"],
            RunWindow(
                Window(row["window_start"], row["window_end"]),
                row["moves_cursor"],
                row["is_dated"],
                row["ends_now"],
            ),
            row["settled_until"],
            row["attempt"],
        )

    async def were_words_taken(self, digest: str) -> bool:
        """Whether a run was let in with these words (`core.schema_fit.words_digest`) before."""
        rows = await self._database.read("were_words_taken", {"digest": digest})
        return bool(rows[0]["were_taken"])

    async def note_words(self, job_id: JobId, digest: str) -> None:
        """Remember the words with which a run was let in."""
        async with self._database.transaction() as database:
            await database.fetch("note_words", {"job_id": job_id, "digest": digest})

    async def refuse_run(self, key: RunKey, params: Mapping[str, object], error: SyncError) -> None:
        async with self._database.transaction() as database:
            await database.fetch(
                "refuse_run",
                {
                    "job_id": key.job_id,
                    "options": Jsonb(
                        {name: canonical_text(str(v))[0] for name, v in params.items()}
                    ),
                    "error_code": error.code.value,
                    "error_message": str(error),
                },
            )

    async def list_running(self, key: RunKey) -> Sequence[RunningRun]:
        rows = await self._database.read(
            "list_running", {"job_id": key.job_id, "account": key.account}
        )
        return [RunningRun(**row) for row in rows]

    async def record_heartbeat(self, job_id: JobId) -> None:
        params = {"job_id": job_id, "host": socket.gethostname(), "pid": os.getpid()}
        async with self._database.transaction() as database:
            await database.fetch("record_heartbeat", params)

    async def reopen_direction(self, job_id: JobId, direction: Direction) -> None:
        async with self._database.transaction() as database:
            params = {"job_id": job_id, "direction": direction.value}
            await database.fetch("reopen_direction", params)

    async def open_direction(self, job_id: JobId, direction: Direction) -> None:
        async with self._database.transaction() as database:
            await database.fetch("open_direction", {"job_id": job_id, "direction": direction.value})

    async def close_direction(
        self,
        job_id: JobId,
        direction: Direction,
        *,
        is_complete: bool,
        error: SyncError | None,
        reason: str | None = None,
    ) -> DirectionStats:
        async with self._database.transaction() as database:
            await database.fetch(
                "close_direction",
                {
                    "job_id": job_id,
                    "direction": direction.value,
                    "is_complete": is_complete,
                    "error_code": error.code.value if error else None,
                    "error_message": str(error) if error else reason,
                },
            )
            return (await _read_directions(database, job_id))[direction]

    async def read_progress(self, job_id: JobId) -> datetime | None:
        rows = await self._database.read("read_progress", {"job_id": job_id})
        return rows[0]["settled_until"] if rows else None

    async def read_directions(self, job_id: JobId) -> Mapping[Direction, DirectionStats]:
        async with self._database.transaction(read_only=True) as database:
            return await _read_directions(database, job_id)

    async def close_run(self, job_id: JobId, settlement: Settlement) -> ClosedRun:
        async with self._database.transaction() as database:
            errors = await database.fetch("read_errors", {"job_id": job_id})
            closed = await database.fetch("close_run", _settled(job_id, settlement, errors))
            if not closed:
                raise _history_dropped()
            summaries = [_summary(job_id, d, s) for d, s in settlement.directions.items()]
            await _audit(database, summaries)
        (row,) = closed
        return ClosedRun(row["started_at"], row["completed_at"], row["duration_seconds"])

    async def read_errors(self, job_id: JobId) -> Sequence[Mapping[str, object]]:
        return await self._database.read("read_errors", {"job_id": job_id})


async def _read_directions(database: Database, job_id: JobId) -> Mapping[Direction, DirectionStats]:
    rows = await database.fetch("read_directions", {"job_id": job_id})
    return {Direction(row["direction"]): DirectionStats.from_dict(row) for row in rows}


async def _audit(database: Database, summaries: Sequence[Mapping[str, Any]]) -> None:
    """Add the audit rows of a run; it is settled also where the app's own trigger refuses them."""
    try:
        async with database.savepoint():
            for summary in summaries:
                await database.fetch("audit_run", summary)
    except (TicketError, StatementFailed) as error:
        log.warning("audit.refused rows of the run: %s (table qcontact_sync_log)", error)


def _history_dropped() -> FatalError:
    return FatalError(
        "FibreFlow's database dropped the run's record: a trigger, rule or row level security "
        "policy of table sync_job_history",
        ErrorCode.DATABASE_ERROR,
    )


def _settled(
    job_id: JobId, settlement: Settlement, errors: Sequence[Mapping[str, object]]
) -> dict[str, Any]:
    directions = settlement.directions
    counts = {d: directions[d].counts if d in directions else Counts() for d in Direction}
    per_direction = {
        f"{d.value}_{name}": value
        for d, c in counts.items()
        for name, value in (
            ("processed", c.processed),
            ("success", c.successful),
            ("failed", c.failed),
        )
    }
    return {
        **per_direction,
        "job_id": job_id,
        "status": settlement.status.value,
        "success_rate": sum(counts.values(), Counts()).success_rate,
        "error_code": settlement.error_code,
        "error_message": settlement.error_message,
        "sync_result": Jsonb(sync_result(directions, errors)),
    }


def _summary(job_id: JobId, direction: Direction, stats: DirectionStats) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "direction": direction.value,
        "status": status_of([stats]).value,
        "stats": Jsonb(stats.to_dict()),
        "error_message": stats.error_message,
    }
