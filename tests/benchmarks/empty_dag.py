"""A DAG of the same four tasks as ours, which do nothing: what Airflow itself costs."""

from datetime import UTC, datetime

from airflow.sdk import dag, task


@dag(dag_id="empty", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
def empty() -> None:
    """Declare four tasks in a row."""

    @task
    def nothing() -> None:
        return None

    first = nothing.override(task_id="start_run")()
    second = nothing.override(task_id="inbound_sync")()
    third = nothing.override(task_id="outbound_sync")()
    first >> second >> third >> nothing.override(task_id="finalize")()


empty()
