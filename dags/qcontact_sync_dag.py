"""Keep the tickets of QContact and FibreFlow in step, both ways.

Every six hours: what changed in QContact comes in, then what changed in FibreFlow goes out, then
the run is recorded in `sync_job_history`. A run that was missed is no problem: the next one starts
where the last complete one ended.

### Tasks

* `start_run` checks the params and fixes the window.
* `inbound_sync` and `outbound_sync` do the work, each on its own: one that fails does not keep the
  other from running, and one that was not asked for is skipped.
* `finalize` records the run, whatever happened.

### Colours

* **Green**: recorded as `success`, or as `partial`: some tickets failed, wait in quarantine and are
  tried again by later runs, or the time ran out and the next run goes on.
* **Red**: recorded as `failed`: a direction broke, or nothing that was tried succeeded. The ERROR
  line in the log of `finalize` says why.
* **`start_run` red**: nothing was touched. The ERROR line in its log says why.

### When red

* `VALIDATION_ERROR`: a param; it is named.
* `CONFIG_ERROR`: a connection or a setting; it is named.
* `AUTHENTICATION_ERROR`, `AUTHORIZATION_ERROR`: the API key, or what it may do.
* `NEEDS_CONFIRMATION`: unusually many changes are waiting to go out. Look at them with a dry run,
  then trigger with *Confirm outbound*.
* Anything else passes by itself or is said in the log.

The next run makes up for this one, so nothing has to be cleared. Clearing is safe all the same: the
same history row is settled again.

### By hand

* *Trigger* without dates reads from the last complete run to now.
* With dates it reads that stretch of QContact's changes again, which is always safe.
* For many past windows use a *Backfill*.

Connections: `qcontact_default` (QContact), `fibreflow_default` (Postgres).
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, TriggerRule, dag, get_current_context, task
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow import declaring

TEN_MINUTES = timedelta(minutes=10)
# Only for a task that hangs. A direction ends by itself and in good order: a scheduled one after
# QCONTACT_SYNC_SCHEDULED_TIME_LIMIT_S, any other after QCONTACT_SYNC_TIME_LIMIT_S; before that it
# may have waited as long for another run.
BACKSTOP = timedelta(hours=3)
step = partial(task, multiple_outputs=False)  # a dict is one value, not one XCom a key


def sync_dag(
    account: Account,
    dag_id: str | None = None,
    schedule: str | None = None,
    late_after: timedelta = TEN_MINUTES,
    **task_defaults: Any,
) -> DAG:
    """The DAG of one account; id and schedule are the account's unless given."""
    tickets, tickets_written = declaring.ticket_assets(account)
    on_failure = declaring.failure_callback(account)

    @dag(
        dag_id=dag_id or account.dag_id,
        # A plain cron string would give each run an interval of no length.
        schedule=CronDataIntervalTimetable(schedule or account.schedule, timezone="UTC"),
        start_date=datetime(2020, 1, 1, tzinfo=UTC),  # how far back a backfill may reach
        catchup=False,  # one run makes up for all that were missed: it reads from the cursor
        deadline=declaring.late_alert(account, late_after),
        max_active_runs=1,  # runs wait for one another anyway, and each would hold a worker
        default_args={
            "show_return_value_in_logs": False,  # the task's own lines say the same to a person
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": 2,
            "max_retry_delay": timedelta(minutes=5),
            **task_defaults,
        },
        params=declaring.run_params(),
        tags=["qcontact", "fibreflow", "tickets"],
        doc_md=declaring.manual(__doc__, account),
    )
    def qcontact_sync() -> None:
        # The package is imported inside the tasks: the DAG processor reads this file often.
        @step(retries=3, execution_timeout=TEN_MINUTES, on_failure_callback=on_failure)
        def start_run() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.start_run(get_current_context(), account.name)

        # Directions wait out passing failures themselves, and what a run leaves undone the next one
        # does: one more try is enough.
        @step(retries=1, execution_timeout=BACKSTOP, outlets=[tickets_written])
        def inbound_sync() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            context = get_current_context()
            stats = steps.run_direction(context, "inbound", account.name)
            steps.announce(context, tickets_written, tickets, stats)
            return stats

        # all_done: whatever became of inbound. Where start_run failed it does not run all the same,
        # because start_run is its setup.
        @step(retries=1, execution_timeout=BACKSTOP, trigger_rule=TriggerRule.ALL_DONE)
        def outbound_sync() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.run_direction(get_current_context(), "outbound", account.name)

        @step(retries=3, execution_timeout=TEN_MINUTES, on_failure_callback=on_failure)
        def finalize() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.finish_run(get_current_context(), account.name)

        started, finished = start_run(), finalize()
        started >> inbound_sync() >> outbound_sync() >> finished
        # Setup and teardown: finalize runs whenever start_run succeeded, also where a direction
        # broke or a person marked the run as failed, and clearing a direction takes both along.
        # Unlike other teardowns it decides: where it fails, the DAG run is red.
        finished.as_teardown(setups=started, on_failure_fail_dagrun=True)

    return qcontact_sync()


for account in declaring.accounts_to_declare():
    sync_dag(account)
