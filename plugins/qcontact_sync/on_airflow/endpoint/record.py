"""A run as callers see it: FibreFlow's record or, if there is none, Airflow's state."""

import logging
from typing import Any
from uuid import UUID

from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.accounts import find_account
from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.core.model import RunStatus, Window
from qcontact_sync.core.request import ParamError, parse_request
from qcontact_sync.core.windows import Trigger, resolve_window
from qcontact_sync.on_airflow.connections import fibreflow_database
from qcontact_sync.on_airflow.endpoint.runs import SeenRun
from qcontact_sync.on_airflow.threads import Patience, Threads
from qcontact_sync.services import run_reports
from qcontact_sync.services.results import run_data
from qcontact_sync.services.wiring import SystemClock

log = logging.getLogger(__name__)

Data = dict[str, Any]
PATIENCE_S = 5.0


def fibreflow(account: str) -> FibreFlowAccess:
    """An account's FibreFlow from its connection, with a short timeout, because a caller waits.

    Raises:
        ConfigError: The connection is missing or wrong.
    """
    return fibreflow_database(find_account(account).fibreflow_conn_id).quick()


class Record:
    """Reads FibreFlow's record of runs, with limits on concurrency and time."""

    def __init__(self, lookups: Threads) -> None:
        self._lookups, self._patience = lookups, Patience(PATIENCE_S)

    async def describe(self, seen: SeenRun, account: str) -> Data:
        """An account's run (``data`` in docs/triggering.md)."""
        # A run has no record before it begins, but the caller that started it waits for an answer.
        queued = seen.state == "queued"
        return _described(seen, None if queued else await self._read(seen.job_id, account))

    async def _read(self, job_id: UUID, account: str) -> Data | None:
        try:
            access = await self._lookups.run(fibreflow, account)
            return await self._patience.wait_for(run_reports.find_run, access, job_id)
        except SyncError as error:
            # Airflow's state is also an answer, and the run itself reports the error.
            log.warning("endpoint.no_record code=%s: %s", error.code, error)
            return None


def _described(seen: SeenRun, recorded: Data | None) -> Data:
    if not seen.is_over:
        return _under_way(seen, recorded)
    if recorded and recorded["status"] != RunStatus.RUNNING:
        return recorded
    # A dry run has no record, nor has a run that failed before it was recorded.
    return dict(seen.summary) if seen.summary else _without_record(seen)


def _under_way(seen: SeenRun, recorded: Data | None) -> Data:
    data = recorded or run_data(seen.job_id, seen.state, window=_asked_for(seen))
    # Cleared: the record may still show the earlier result.
    return {
        **data,
        "status": seen.state,
        "completed_at": None,
        "duration_seconds": None,
        "summary": None,
        "error_message": None,
        "error_code": None,
    }


def _asked_for(seen: SeenRun) -> Window | None:
    """The window of the dates; without dates it is known when the run begins."""
    try:
        request = parse_request(seen.conf)
        if not request.is_dated:
            return None
        return resolve_window(Trigger.MANUAL, request, None, None, SystemClock().now()).window
    except ParamError:
        return None


def _without_record(seen: SeenRun) -> Data:
    began, ended = seen.started_at, seen.ended_at
    data = run_data(
        seen.job_id,
        seen.state,
        started_at=began,
        completed_at=ended,
        duration_seconds=(ended - began).total_seconds() if began and ended else None,
    )
    if seen.state == RunStatus.FAILED:
        data["error_code"] = ErrorCode.SYNC_JOB_ERROR.value
        data["error_message"] = "the run has no record; see the logs of its tasks in Airflow"
    return data
