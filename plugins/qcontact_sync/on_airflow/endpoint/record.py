"""A run as callers see it: what is on record in FibreFlow, else what Airflow knows."""

import logging
from typing import Any
from uuid import UUID

from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from qcontact_sync import jobs
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.config.accounts import find_account
from qcontact_sync.core.errors import ErrorCode, SyncError
from qcontact_sync.core.model import RunStatus, Window
from qcontact_sync.core.request import ParamError, parse_request
from qcontact_sync.core.windows import Trigger, resolve_window
from qcontact_sync.on_airflow.connections import fibreflow_database
from qcontact_sync.on_airflow.endpoint.runs import SeenRun
from qcontact_sync.services.results import run_data
from qcontact_sync.services.wiring import SystemClock

log = logging.getLogger(__name__)

Data = dict[str, Any]
PATIENCE_S = 5


def fibreflow(account: str) -> FibreFlowAccess:
    """An account's FibreFlow alone, as its connection has it; somebody waits, so not for long.

    Raises:
        ConfigError: The connection is missing or wrong.
    """
    access = fibreflow_database(find_account(account).fibreflow_conn_id)
    url = access.database_url.get_secret_value()
    return FibreFlowAccess(SecretStr(make_conninfo(url, connect_timeout=PATIENCE_S)))


def describe(seen: SeenRun, account: str) -> Data:
    """An account's run (design section 2.5, ``data``); blocking."""
    # Nothing is on record before a run begins, and whoever just started one is told at once.
    recorded = _recorded(seen.job_id, account) if seen.state != "queued" else None
    if not seen.is_over:
        return _under_way(seen, recorded)
    if recorded and recorded["status"] != RunStatus.RUNNING:
        return recorded
    # A dry run leaves no record, nor does one that never came as far.
    return dict(seen.summary) if seen.summary else _without_record(seen)


def _recorded(job_id: UUID, account: str) -> Data | None:
    try:
        return jobs.find_run(job_id, fibreflow=fibreflow(account))
    except SyncError as error:
        # What Airflow knows is an answer as well, and the run itself will say what is wrong.
        log.warning("endpoint.no_record code=%s: %s", error.code, error)
        return None


def _under_way(seen: SeenRun, recorded: Data | None) -> Data:
    data = recorded or run_data(seen.job_id, seen.state, window=_asked_for(seen))
    # Cleared: the record may still tell how it ended before.
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
    """The window that dates give; without dates it is known when the run begins."""
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
        data["error_message"] = "the run left no record; the logs of its tasks in Airflow say why"
    return data
