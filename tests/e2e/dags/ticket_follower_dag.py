"""Another team's DAG: it runs whenever the sync has written tickets."""

from airflow.sdk import Asset, dag, get_current_context, task

TICKETS = Asset("fibreflow_tickets", uri="fibreflow://tickets")


@dag(
    dag_id="ticket_follower",
    schedule=[TICKETS],
    is_paused_upon_creation=False,
)
def ticket_follower():
    @task(multiple_outputs=False)
    def follow() -> dict[str, int]:
        events = get_current_context()["triggering_asset_events"][TICKETS]
        return dict(events[-1].extra)

    follow()


ticket_follower()
