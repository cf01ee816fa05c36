"""What both directions put on record in a transaction: failures, conflicts and counts."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from qcontact_sync.core.model import Direction, JobId, RemoteId
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.store_ports import TicketFailure
from qcontact_sync.fibreflow.database import Database


class OutcomeUnit:
    """The shared half of `InboundUnit` and `OutboundUnit`."""

    def __init__(self, database: Database, job_id: JobId, direction: Direction) -> None:
        self._database = database
        self._job_id = job_id
        self._direction = direction

    async def record_failures(self, failures: Sequence[TicketFailure]) -> Counts:
        """Quarantine tickets; the counts that this adds to the run (each ticket once)."""
        if not failures:
            return Counts()
        rows = [
            {
                "remote_id": f.remote_id,
                "ticket_id": f.ticket_id,
                "sync_type": f.sync_type.value,
                "version": f.version,
                "error_code": f.code.value,
                "error_message": f.message,
                "recoverable": f.recoverable,
            }
            for f in {f.remote_id: f for f in failures}.values()
        ]
        counted = await self._database.fetch(
            "record_failures",
            {
                "failures": msgspec.json.encode(rows).decode(),
                "direction": self._direction.value,
                "job_id": self._job_id,
            },
        )
        return Counts(failed=counted[0]["newly_failed"], failed_again=counted[0]["failed_again"])

    async def release(self, remote_ids: Sequence[RemoteId]) -> None:
        """Take tickets that passed out of quarantine."""
        if remote_ids:
            await self._database.fetch(
                "release_quarantine",
                {
                    "remote_ids": list(remote_ids),
                    "direction": self._direction.value,
                    "job_id": self._job_id,
                },
            )

    async def forget_unlinked(self, remote_ids: Sequence[RemoteId]) -> None:
        """Take out of quarantine what was never linked and QContact does not know."""
        if remote_ids:
            await self._database.fetch("forget_unlinked", {"remote_ids": list(remote_ids)})

    async def add_counts(self, counts: Counts) -> None:
        """Add to the direction's counts."""
        if counts != Counts():
            await self._database.fetch(
                "add_counts",
                {
                    **asdict(counts),
                    "job_id": self._job_id,
                    "direction": self._direction.value,
                },
            )

    async def record_conflict_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep, open and close conflicts (elements as `rows.conflict_row` makes them)."""
        if rows:
            await self._database.fetch(
                "record_conflicts",
                {"conflicts": msgspec.json.encode(rows).decode(), "job_id": self._job_id},
            )
