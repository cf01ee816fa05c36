"""What the tasks of `qcontact_sync_monitor` do."""

from airflow.sdk.exceptions import AirflowSkipException

from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration
from qcontact_sync.on_airflow.steps import told_to_airflow
from qcontact_sync.services import drift_check, retention

Plain = dict[str, object]


def compare_sample(account: str) -> Plain:
    """Compare the next few tickets; see `drift_check.compare_sample`."""
    with told_to_airflow():
        return drift_check.compare_sample(*configuration(account))


def delete_old_rows(account: str) -> Plain:
    """Delete what is older than the settings say; skip where they say nothing."""
    with told_to_airflow():
        fibreflow, settings = fibreflow_configuration(account)
        if settings.retention_days is None:
            raise AirflowSkipException("QCONTACT_SYNC_RETENTION_DAYS is not set: all rows stay")
        return dict(retention.delete_old_rows(fibreflow, settings.retention_days, account))
