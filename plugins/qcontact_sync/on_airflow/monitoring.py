"""The functions of the tasks of `qcontact_sync_monitor`."""

import asyncio
import logging
from datetime import UTC, datetime

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowRuntimeError
from croniter import croniter  # type: ignore[import-untyped]

from qcontact_sync.config.accounts import Account, find_account
from qcontact_sync.on_airflow.alerts import check_and_notify
from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration
from qcontact_sync.on_airflow.metrics import report_state
from qcontact_sync.on_airflow.run_context import is_active, schedule_of
from qcontact_sync.on_airflow.steps import as_airflow_outcome
from qcontact_sync.on_airflow.version_compat import AirflowSkipException
from qcontact_sync.reporting.alerts import LATE_AFTER
from qcontact_sync.services import drift_check, retention

log = logging.getLogger(__name__)

Plain = dict[str, object]


def check_alerts(context: Context, account: str, now: datetime | None = None) -> None:
    """Check all alerts, and whether the run of the last slot is late.

    A Deadline Alert reports a late run at once. This also reports it where no triggerer runs, or
    where Airflow has no such alerts.

    Args:
        now: Replaces the worker's clock, aware.

    Raises:
        SyncError: The database is not available; nothing was reported.
    """
    report_state(account)
    late = _late_slot(context, find_account(account), now or datetime.now(UTC))
    check_and_notify(account, late, schedule_of(context, account))


def _late_slot(context: Context, account: Account, now: datetime) -> datetime | None:
    """The last slot before `LATE_AFTER` ago, if Airflow still has its run queued or running."""
    slots = croniter(account.schedule, now - LATE_AFTER)
    slot: datetime = slots.get_prev(datetime)
    # The logical date of a scheduled run is the start of its interval.
    logical_date: datetime = slots.get_prev(datetime)
    try:
        is_late = is_active(context, account.dag_id, logical_dates=[logical_date])
    except AirflowRuntimeError:
        log.warning("Airflow does not report whether the run of %s is active", slot)
        return None
    return slot if is_late else None


def compare_sample(account: str) -> Plain:
    """Compare the next few tickets; see `drift_check.compare_sample`."""
    with as_airflow_outcome():
        return asyncio.run(drift_check.compare_sample(*configuration(account)))


def delete_old_rows(account: str) -> Plain:
    """Delete rows older than the setting; skip the task if it is not set."""
    with as_airflow_outcome():
        fibreflow, settings = fibreflow_configuration(account)
        if settings.retention_days is None:
            raise AirflowSkipException("QCONTACT_SYNC_RETENTION_DAYS is not set: all rows are kept")
        deleted = retention.delete_old_rows(fibreflow, settings.retention_days, account)
        return dict(asyncio.run(deleted))
