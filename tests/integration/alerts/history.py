"""Runs as they stand on record, at whatever time a test wants them."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb
from pydantic import SecretStr
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.request import parse_request
from qcontact_sync.reporting.alerts import ChangeKind
from qcontact_sync.services.alerting import SendMail, check_alerts

from tests.database import OpenLine

PEOPLE = ("ops@example.test", "lead@example.test")
_RUN = """
INSERT INTO qcontact_run (
    job_id, account, dag_id, run_id, trigger, window_end, moves_cursor, is_dated, ends_now, options,
    host, pid, opened_at
)
VALUES (
    %(id)s, 'default', 'qcontact_sync', %(run_id)s, %(trigger)s, %(slot)s, true, %(is_dated)s,
    false, %(options)s, 'host', 1, %(opened_at)s
)"""
_JOB = """
INSERT INTO sync_job_history (
    id, started_at, completed_at, status, error_code, error_message, total_success, total_failed
)
VALUES (
    %(id)s, %(opened_at)s, %(completed_at)s, %(status)s, %(error_code)s, %(error_code)s,
    %(successful)s, %(failed)s
)"""
_DIRECTION = """
INSERT INTO qcontact_run_direction (job_id, direction, processed, successful, failed, error_code)
VALUES (
    %(id)s, %(direction)s, %(successful)s::int + %(failed)s::int, %(successful)s, %(failed)s,
    %(error_code)s
)"""


class History:
    """FibreFlow's record, written by hand."""

    def __init__(
        self, dsn: str, owner: str, settings: Settings, send: SendMail | None = None
    ) -> None:
        self.dsn = dsn
        self._line = OpenLine(owner)
        self.settings = settings
        self.send = send
        self.notify: SendMail | None = None

    @property
    def fibreflow(self) -> FibreFlowAccess:
        return FibreFlowAccess(SecretStr(self.dsn))

    def run(
        self,
        slot: datetime,
        status: str = "success",
        *,
        took: timedelta | None = timedelta(minutes=1),
        began_after: timedelta = timedelta(seconds=5),
        trigger: str = "scheduled",
        is_dated: bool = False,
        error_code: str | None = None,
        outbound_code: str | None = None,
        successful: int = 0,
        failed: int = 0,
    ) -> None:
        opened_at = slot + began_after
        row = {
            "id": uuid4(),
            "run_id": f"{trigger}__{slot.isoformat()}",
            "trigger": trigger,
            "slot": slot,
            "is_dated": is_dated,
            "options": Jsonb(parse_request({}).to_dict()),
            "opened_at": opened_at,
            "completed_at": opened_at + took if took else None,
            "status": status if took else "running",
            "error_code": error_code,
            "successful": successful,
            "failed": failed,
        }
        outbound = {"successful": 0, "failed": 0, "error_code": outbound_code}
        self._line.rows(_RUN, row)
        self._line.rows(_JOB, row)
        self._line.rows(_DIRECTION, {**row, "direction": "inbound"})
        self._line.rows(_DIRECTION, {**row, "direction": "outbound", **outbound})

    def execute(self, statement: str, **params: object) -> None:
        self._line.rows(statement, params)

    def check(self, now: datetime | None = None, overdue: datetime | None = None) -> list[str]:
        """Ask for the alerts; what changed, as ``rule change``."""
        changes = asyncio.run(
            check_alerts(
                self.fibreflow,
                self.settings,
                self.send,
                notify=self.notify,
                airflow_url="https://airflow.example.test",
                now=now,
                overdue=overdue,
            )
        )
        return [f"{one.alert.rule.value} {ChangeKind(one.kind).value}" for one in changes]
