"""Sync the tickets of QContact and FibreFlow in both directions.

Every six hours, a run writes the changes of QContact to FibreFlow, then sends the changes of
FibreFlow to QContact, and records itself in `sync_job_history`. A missed run loses nothing: the
next run starts where the last complete one ended.

### Tasks

* `start_run` checks the params and fixes the window.
* `inbound_sync` and `outbound_sync` sync one direction each. If one fails, the other still runs. A
  direction that was not requested is skipped.
* `finalize` records the run, with any result.

### Colours

* **Green**: recorded as `success` or `partial`. Partial means: some tickets failed, are in
  quarantine and are tried again by later runs, or the run reached its time limit and the next run
  continues.
* **Red**: recorded as `failed`: a direction failed, or all tickets that it tried failed. The ERROR
  line in the log of `finalize` gives the reason.
* **`start_run` red**: nothing was changed. The ERROR line in its log gives the reason.

### When red

* `VALIDATION_ERROR`: a param is invalid; the message names it.
* `CONFIG_ERROR`: a connection or a setting is invalid; the message names it.
* `AUTHENTICATION_ERROR`, `AUTHORIZATION_ERROR`: the API key is invalid, or lacks a right.
* `NEEDS_CONFIRMATION`: more changes are pending than are sent without confirmation. The dashboard's
  page *Pending* shows and confirms them, as does a run with *Confirm outbound*.
* Any other error is temporary, or the log shows what to do.

The next run processes what this one missed, so you need not clear anything. Clearing is safe: it
updates the same history row.

### By hand

* *Trigger* without dates reads from the last complete run until now.
* With dates, it reads QContact's changes of that period again, which is always safe.
* For many past windows, use a *Backfill*.

Connections: `qcontact_default` (QContact), `fibreflow_default` (Postgres).
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow.sdk import DAG, TriggerRule, dag, get_current_context, task
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow import declaring
from qcontact_sync.on_airflow.version_compat import RETRY_BACKOFF, CronDataIntervalTimetable

# Only for a task that hangs. start_run and finalize take seconds.
STEP_BACKSTOP = timedelta(minutes=10)
# A direction ends cleanly at its time limit: a scheduled one after
# QCONTACT_SYNC_SCHEDULED_TIME_LIMIT_S, any other after QCONTACT_SYNC_TIME_LIMIT_S. Before that, it
# may wait as long for another run.
BACKSTOP = timedelta(hours=3)
step = partial(task, multiple_outputs=False)  # a dict is one value, not one XCom a key


def sync_dag(
    account: Account,
    dag_id: str | None = None,
    schedule: str | None = None,
    late_after: timedelta | None = None,
    **task_defaults: Any,
) -> DAG:
    """The DAG of one account. Default for id and schedule: those of the account.

    Args:
        late_after: When its Deadline Alert reports a scheduled run that has not ended, counted
            from the slot. Default: when the monitor and the alert's rule count a run as late.
    """
    tickets, tickets_written = declaring.ticket_assets(account)
    on_failure = declaring.failure_callback(account)

    @dag(
        dag_id=dag_id or account.dag_id,
        # With a plain cron string, each run would have an empty interval.
        schedule=CronDataIntervalTimetable(schedule or account.schedule, timezone="UTC"),
        start_date=datetime(2020, 1, 1, tzinfo=UTC),  # how far back a backfill may reach
        catchup=False,  # one run replaces all missed runs: it reads from the cursor
        deadline=declaring.late_alert(account, late_after),
        max_active_runs=1,  # runs wait for each other anyway, and each would occupy a worker
        default_args={
            "owner": "qcontact-sync",
            "show_return_value_in_logs": False,  # the task's own lines show the same for users
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": RETRY_BACKOFF,
            "max_retry_delay": timedelta(minutes=5),
            **task_defaults,
        },
        params=declaring.run_params(),
        description="Two-way ticket sync between QContact and FibreFlow, every six hours",
        tags=["qcontact", "fibreflow", "tickets"],
        doc_md=declaring.manual(__doc__, account),
    )
    def qcontact_sync() -> None:
        # The package is imported inside the tasks: the DAG processor reads this file often.
        @step(retries=3, execution_timeout=STEP_BACKSTOP, on_failure_callback=on_failure)
        def start_run() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.start_run(get_current_context(), account.name)

        # A direction retries temporary failures itself, and the next run processes the rest:
        # one more try is enough.
        @step(retries=1, execution_timeout=BACKSTOP, outlets=[tickets_written])
        def inbound_sync() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            context = get_current_context()
            stats = steps.run_direction(context, "inbound", account.name)
            steps.announce(context, tickets_written, tickets, stats)
            return stats

        # all_done: also if inbound failed. If start_run failed, it does not run, because
        # start_run is its setup.
        @step(retries=1, execution_timeout=BACKSTOP, trigger_rule=TriggerRule.ALL_DONE)
        def outbound_sync() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.run_direction(get_current_context(), "outbound", account.name)

        @step(retries=3, execution_timeout=STEP_BACKSTOP, on_failure_callback=on_failure)
        def finalize() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.finish_run(get_current_context(), account.name)

        started, finished = start_run(), finalize()
        started >> inbound_sync() >> outbound_sync() >> finished
        # Setup and teardown: finalize runs if start_run succeeded, also if a direction failed or a
        # user marked the run as failed. Clearing a direction also clears both. Unlike other
        # teardowns, a failed finalize fails the DAG run.
        finished.as_teardown(setups=started, on_failure_fail_dagrun=True)

    return qcontact_sync()


for account in declaring.accounts_to_declare():
    sync_dag(account)
