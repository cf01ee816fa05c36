"""What a direction records in a transaction beside tickets and notes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from psycopg.rows import DictRow

from qcontact_sync.core.decision import Conflict
from qcontact_sync.core.errors import ChangeDropped, StatementFailed, TicketError
from qcontact_sync.core.model import LocalId, RemoteId
from qcontact_sync.core.note_rules import SentNotes
from qcontact_sync.core.stats import Counts
from qcontact_sync.core.unit_ports import SentRow, TicketFailure
from qcontact_sync.fibreflow.note_records import note_params
from qcontact_sync.fibreflow.rows import conflict_row, text_array
from qcontact_sync.fibreflow.unit_of_work import OpenUnit, jsonb

log = logging.getLogger(__name__)


class PostgresConflicts:
    """The `ConflictRecords` port."""

    def __init__(self, unit: OpenUnit) -> None:
        self._unit = unit

    async def add_losers(
        self, overruled: Sequence[tuple[RemoteId, LocalId, Sequence[Conflict]]]
    ) -> None:
        rows = [
            conflict_row(remote_id, ticket_id, conflict)
            for remote_id, ticket_id, conflicts in overruled
            for conflict in conflicts
        ]
        await self._unit.record_conflicts(rows)

    async def close(self, remote_id: RemoteId, field: str, resolution: str, by: str) -> None:
        params = {"remote_id": remote_id, "field": field, "resolution": resolution, "by": by}
        await self._unit.fetch("close_conflict", params)

    async def record_choices(
        self,
        remote_id: RemoteId,
        ticket_id: LocalId,
        decided: Sequence[Conflict],
        resolution: str,
        by: str,
    ) -> None:
        rows = [conflict_row(remote_id, ticket_id, conflict) for conflict in decided]
        params = {"choices": jsonb(rows), "resolution": resolution, "by": by}
        await self._unit.fetch("record_choices", params)


class PostgresQuarantine:
    """The `Quarantine` port."""

    def __init__(self, unit: OpenUnit) -> None:
        self._unit = unit

    async def add(self, failures: Sequence[TicketFailure]) -> Counts:
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
        counted = await self._record(rows)
        if counted["audited"] < len(rows):
            log.warning(
                "audit.dropped failures=%d rows=%d: a trigger, rule or policy of table "
                "qcontact_sync_log drops or refuses rows; the quarantine lists these failures",
                len(rows),
                counted["audited"],
            )
        return Counts(failed=counted["newly_failed"], failed_again=counted["failed_again"])

    async def _record(self, rows: Sequence[Mapping[str, object]]) -> DictRow:
        """Without the audit rows where the app's own trigger raises for one of them."""
        params = {"failures": jsonb(rows), "audits": True}
        try:
            async with self._unit.database.savepoint():
                (counted,) = await self._unit.fetch("record_failures", params)
        except (TicketError, StatementFailed):
            (counted,) = await self._unit.fetch("record_failures", {**params, "audits": False})
        return counted

    async def release(self, remote_ids: Sequence[RemoteId]) -> None:
        if remote_ids:
            await self._unit.fetch("release_quarantine", {"remote_ids": text_array(remote_ids)})

    async def release_moot(self, *, sent: SentNotes) -> None:
        await self._unit.fetch("release_moot", note_params(sent))

    async def forget_unlinked(self, remote_ids: Sequence[RemoteId]) -> None:
        if remote_ids:
            await self._unit.fetch("forget_unlinked", {"remote_ids": list(remote_ids)})


class PostgresProgress:
    """The `RunProgress` port."""

    def __init__(self, unit: OpenUnit) -> None:
        self._unit = unit

    async def add_counts(self, counts: Counts) -> None:
        if counts != Counts():
            await self._unit.fetch("add_counts", asdict(counts))

    async def count_sent(self, remote_ids: Sequence[RemoteId], updated: int) -> None:
        if remote_ids:
            params = {"remote_ids": list(remote_ids), "updated": updated}
            await self._unit.fetch("count_sent", params)

    async def audit_sent(self, rows: Sequence[SentRow]) -> None:
        if rows:
            written = await self._unit.fetch("audit_sent", {"rows": jsonb(rows)})
            if len(written) < len(rows):
                left_out = {r.remote_id for r in rows} - {row["remote_id"] for row in written}
                raise ChangeDropped(left_out, "qcontact_sync_log")

    async def settle_rows(self, digests: Mapping[RemoteId, str]) -> None:
        if digests:
            params = {"remote_ids": list(digests), "digests": list(digests.values())}
            await self._unit.fetch("settle_listed_rows", params)

    async def settle_until(self, moment: datetime) -> None:
        await self._unit.fetch("settle_until", {"settled_until": moment})
