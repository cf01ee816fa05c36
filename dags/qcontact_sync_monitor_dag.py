"""Send mails when the ticket sync stops, fails, slows down or loses tickets.

Every hour, this DAG makes the checks that a run of `qcontact_sync` cannot make itself.

### Tasks

* `check_alerts` reads FibreFlow's database, compares it with the open alerts, mails the changes,
  and sends mails that could not be sent before. Each run does the same at its end. It also asks
  Airflow whether the run of the last slot is late.
* `compare_sample` reads a few tickets from QContact, different ones each hour, and compares them.
  Its log and its XCom contain the number of tickets that differ without being pending. Differences
  in two samples in a row open an alert.
* `delete_old_rows` deletes the sync's own rows that are older than `QCONTACT_SYNC_RETENTION_DAYS`.
  It is skipped if that is not set. It never deletes the audit log and the history: they belong to
  FibreFlow.

### Colours

Green means that the checks ran. It does not mean that the sync is healthy: problems are mailed. Red
means that the checks could not run: see the runbook, "The monitor is red".

Connections: `fibreflow_default`, `qcontact_default`, `smtp_default`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, TriggerRule, dag, get_current_context, task
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow.declaring import accounts_to_declare, manual


def monitor_dag(account: Account) -> DAG:
    """The hourly DAG of one account: a sample is compared, then the alerts are checked."""

    @dag(
        dag_id=account.monitor_dag_id,
        schedule="30 * * * *",  # half past: never at the start of a sync run
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,  # a check of the past is useless
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=20),
        default_args={
            "retries": 1,
            "retry_delay": timedelta(minutes=1),
            "owner": "qcontact-sync",
            "show_return_value_in_logs": False,  # the task's own lines show the same for users
        },
        description="Checks the ticket sync every hour and mails what changed",
        tags=["qcontact", "fibreflow", "monitoring"],
        doc_md=manual(__doc__, account),
    )
    def qcontact_sync_monitor() -> None:
        """Declare the tasks and their order."""
        # The package is imported inside the tasks: the DAG processor reads this file often.

        @task(execution_timeout=timedelta(minutes=5))
        def compare_sample() -> dict[str, Any]:
            from qcontact_sync.on_airflow import monitoring

            return monitoring.compare_sample(account.name)

        # After the sample, also if it failed: its result is one of the alerts.
        @task(execution_timeout=timedelta(minutes=5), trigger_rule=TriggerRule.ALL_DONE)
        def check_alerts() -> None:
            from qcontact_sync.on_airflow import monitoring

            monitoring.check_alerts(get_current_context(), account.name)

        @task(execution_timeout=timedelta(minutes=5), trigger_rule=TriggerRule.ALL_DONE)
        def delete_old_rows() -> dict[str, Any]:
            from qcontact_sync.on_airflow import monitoring

            return monitoring.delete_old_rows(account.name)

        compared = compare_sample()
        compared >> [check_alerts(), delete_old_rows()]

    return qcontact_sync_monitor()


for account in accounts_to_declare():
    monitor_dag(account)
