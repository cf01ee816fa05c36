"""Mail a person when the ticket sync stops, fails, slows down or loses tickets.

Every hour: what no run of `qcontact_sync` can do for itself.

### Tasks

* `check_alerts` reads FibreFlow's database, compares it with the alerts that are open, mails what
  changed, and sends what could not be sent before. The runs themselves do the same at their end.
* `compare_sample` reads a few tickets from QContact, other ones each hour, and compares them. How
  many differ without being pending is in its log and its XCom; twice in a row is an alert.
* `delete_old_rows` deletes the sync's own rows that are older than `QCONTACT_SYNC_RETENTION_DAYS`;
  skipped where that is not set. The audit log and the history are FibreFlow's and stay.

### Colours

Green says that the checks ran, not that all is well: what is not well is mailed. Red says that the
checks themselves could not run: see the runbook, "The monitor is red".

Connections: `fibreflow_default`, `qcontact_default`, `smtp_default`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, TriggerRule, dag, task
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow.declaring import accounts_to_declare, manual


def monitor_dag(account: Account) -> DAG:
    """The DAG that watches over one account."""

    @dag(
        dag_id=account.monitor_dag_id,
        schedule="30 * * * *",  # half past: never beside the sync's own start
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,  # an old check tells nobody anything
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=20),
        default_args={
            "retries": 1,
            "retry_delay": timedelta(minutes=1),
            "show_return_value_in_logs": False,  # the task's own lines say the same to a person
        },
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

        # After the sample, whatever became of it: what it found is one of the alerts.
        @task(execution_timeout=timedelta(minutes=5), trigger_rule=TriggerRule.ALL_DONE)
        def check_alerts() -> None:
            from qcontact_sync.on_airflow import alerts

            alerts.check_and_notify(account.name)

        @task(execution_timeout=timedelta(minutes=5), trigger_rule=TriggerRule.ALL_DONE)
        def delete_old_rows() -> dict[str, Any]:
            from qcontact_sync.on_airflow import monitoring

            return monitoring.delete_old_rows(account.name)

        compared = compare_sample()
        compared >> [check_alerts(), delete_old_rows()]

    return qcontact_sync_monitor()


for account in accounts_to_declare():
    monitor_dag(account)
