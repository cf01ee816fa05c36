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
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    AssetAlias,
    AsyncCallback,
    CronDataIntervalTimetable,
    DeadlineAlert,
    Param,
    TriggerRule,
    dag,
    get_current_context,
    task,
)
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow.deadlines import ScheduledSlotDeadline
from qcontact_sync.on_airflow.declaring import accounts_to_declare, manual

TEN_MINUTES = timedelta(minutes=10)

# Only for a task that hangs. A direction ends by itself and in good order: a scheduled one after
# QCONTACT_SYNC_SCHEDULED_TIME_LIMIT_S, any other after QCONTACT_SYNC_TIME_LIMIT_S; before that it
# may have waited as long for another run.
BACKSTOP = timedelta(hours=3)

PARAMS = {
    "sync_direction": Param(
        "both",
        title="Direction",
        description="Inbound is QContact to FibreFlow, outbound FibreFlow to QContact.",
        type="string",
        enum=["both", "inbound", "outbound"],
        values_display={
            "both": "Both ways",
            "inbound": "Inbound only",
            "outbound": "Outbound only",
        },
    ),
    "start_date": Param(
        None,
        title="Changed from",
        description="Read what changed in QContact since then. Empty: since the last "
        "complete run; or, where only an end is given, from the beginning. The logical date "
        "and data interval above have no say. In a backfill leave both empty: its windows are "
        "its dates.",
        type=["null", "string"],
        format="date-time",
    ),
    "end_date": Param(
        None,
        title="Changed until",
        description="Empty: until now. A run with dates does not move the point where the "
        "next one starts, and sends only tickets that FibreFlow changed between them.",
        type=["null", "string"],
        format="date-time",
    ),
    "ticket_ids": Param(
        [],
        title="Only these tickets",
        description="One id per line: FT number, FibreFlow id or QContact id. Empty: all.",
        type=["null", "array"],
    ),
    "dry_run": Param(
        False,
        title="Dry run",
        description="Find out what would be done and write nothing on either side.",
        type="boolean",
    ),
    "force_resync": Param(
        False,
        title="Force resync",
        description="Take QContact's own fields over again even where nothing seems to have "
        "changed there: a repair of what was overwritten here.",
        type="boolean",
    ),
    "confirm_outbound": Param(
        False,
        title="Confirm outbound",
        description="Send even if more changes are waiting than usually go out unasked.",
        type="boolean",
    ),
}


def sync_dag(account: Account) -> DAG:
    """The DAG of one account."""
    # What other DAGs schedule on. The alias is what inbound_sync declares: an asset declared there
    # itself would have an event from every run, also from one that wrote nothing.
    tickets = Asset(
        f"fibreflow_tickets{account.suffix}",
        uri="fibreflow://tickets" + (f"/{account.name}" if account.suffix else ""),
    )
    tickets_written = AssetAlias(f"fibreflow_tickets_written{account.suffix}")

    def tell_of_failure(context: Any) -> None:
        """Mail what changed; where the run could not be put on record, this is all that tells."""
        from qcontact_sync.on_airflow import alerts

        alerts.on_failure(context, account.name)

    @dag(
        dag_id=account.dag_id,
        # A plain cron string would give each run an interval of no length.
        schedule=CronDataIntervalTimetable(account.schedule, timezone="UTC"),
        start_date=datetime(2020, 1, 1, tzinfo=UTC),  # how far back a backfill may reach
        catchup=False,  # one run makes up for all that were missed: it reads from the cursor
        deadline=DeadlineAlert(
            name="run-late",
            reference=ScheduledSlotDeadline(),
            interval=TEN_MINUTES,
            # In the triggerer: a synchronous callback may not read connections of Airflow's
            # database.
            callback=AsyncCallback(
                "qcontact_sync.on_airflow.deadlines.on_deadline", {"account": account.name}
            ),
        ),
        max_active_runs=1,  # runs wait for one another anyway, and each would hold a worker
        default_args={
            "show_return_value_in_logs": False,  # the task's own lines say the same to a person
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": 2,
            "max_retry_delay": timedelta(minutes=5),
        },
        params=PARAMS,
        tags=["qcontact", "fibreflow", "tickets"],
        doc_md=manual(__doc__, account),
    )
    def qcontact_sync() -> None:
        """Declare the tasks and their order."""
        # The package is imported inside the tasks: the DAG processor reads this file often.

        # multiple_outputs=False, here and below: the dict is one value, not one XCom a key.
        @task(
            retries=3,
            execution_timeout=TEN_MINUTES,
            multiple_outputs=False,
            on_failure_callback=tell_of_failure,
        )
        def start_run() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.start_run(get_current_context(), account.name)

        # Directions wait out passing failures themselves, and what a run leaves undone the next one
        # does: one more try is enough.
        @task(
            retries=1,
            execution_timeout=BACKSTOP,
            multiple_outputs=False,
            outlets=[tickets_written],
        )
        def inbound_sync() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            context = get_current_context()
            stats = steps.run_direction(context, "inbound", account.name)
            steps.announce(context, tickets_written, tickets, stats)
            return stats

        # all_done: whatever became of inbound. Where start_run failed it does not run all the same,
        # because start_run is its setup.
        @task(
            retries=1,
            execution_timeout=BACKSTOP,
            multiple_outputs=False,
            trigger_rule=TriggerRule.ALL_DONE,
        )
        def outbound_sync() -> dict[str, Any]:
            from qcontact_sync.on_airflow import steps

            return steps.run_direction(get_current_context(), "outbound", account.name)

        @task(
            retries=3,
            execution_timeout=TEN_MINUTES,
            multiple_outputs=False,
            on_failure_callback=tell_of_failure,
        )
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


for account in accounts_to_declare():
    sync_dag(account)
