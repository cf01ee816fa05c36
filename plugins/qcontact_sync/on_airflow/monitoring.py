"""The functions of the tasks of `qcontact_sync_monitor`."""

import asyncio

from airflow.sdk.exceptions import AirflowSkipException

from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration
from qcontact_sync.on_airflow.steps import as_airflow_outcome
from qcontact_sync.services import drift_check, retention

Plain = dict[str, object]


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
