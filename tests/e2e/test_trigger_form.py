"""The trigger form and the runs that it starts, seen and used by a person in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from dev.airflow.api import DagRun
from tests.e2e.airflow_client import DAG_ID, AirflowClient, Windows
from tests.e2e.conftest import FibreFlow

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

FIELDS = [
    "Direction",
    "Changed from",
    "Changed until",
    "Only these tickets",
    "Dry run",
    "Force resync",
    "Confirm outbound",
]


@pytest.fixture
def form(page: Page, airflow: AirflowClient, scheduled: DagRun) -> Page:
    """The form, open."""
    page.goto(f"/dags/{DAG_ID}")
    page.get_by_role("button", name="Trigger").first.click()
    expect(page.get_by_text("Run Parameters")).to_be_visible()
    return page


def pick(form: Page, field: str, day: str, time: str) -> None:
    """Fill a date-time picker."""
    form.get_by_role("group").filter(has_text=field).get_by_text("Select date and time").click()
    form.get_by_role("textbox", name=field).fill(day)
    form.get_by_role("textbox", name="HH:mm").fill(time)
    form.keyboard.press("Escape")


def trigger(form: Page, airflow: AirflowClient) -> DagRun:
    """Press Trigger; the run that came of it, when it is over."""
    known = airflow.newest()
    form.get_by_role("contentinfo").get_by_role("button", name="Trigger").click()
    return airflow.wait(airflow.wait_for_another(known))


def test_the_fields_stand_in_a_sensible_order_with_a_title_each(form: Page) -> None:
    groups = form.get_by_role("region").filter(has_text="Direction").get_by_role("group")
    titles = [text.split("\n")[0].removesuffix("*").strip() for text in groups.all_inner_texts()]

    assert [title for title in titles if title in FIELDS] == FIELDS


def test_a_filled_in_form_does_what_it_says(form: Page, airflow: AirflowClient) -> None:
    form.get_by_role("combobox", name="Direction").click()
    form.get_by_role("option", name="Inbound only").click()
    pick(form, "Changed from", "2026/01/02", "03:04")
    form.get_by_role("checkbox", name="Dry run").press("Space")

    run = trigger(form, airflow)

    assert run.state == "success"
    started = airflow.returned(run.run_id, "start_run")
    assert (started["directions"], started["dry_run"]) == (["inbound"], True)
    assert started["window_start"] == "2026-01-02T03:04:00+00:00"
    form.goto(f"/dags/{DAG_ID}/runs/{run.run_id}/tasks/inbound_sync")
    expect(form.get_by_text("inbound.plan").first).to_be_visible()


def test_the_form_as_it_opens_is_a_usual_run(form: Page, airflow: AirflowClient) -> None:
    """Its logical date is filled in beforehand, and has no say."""
    run = trigger(form, airflow)

    assert run.state == "success"
    started = airflow.returned(run.run_id, "start_run")
    assert (started["directions"], started["moves_cursor"]) == (["inbound", "outbound"], True)


def test_an_end_before_its_start_is_refused_and_the_person_sees_why(
    form: Page, airflow: AirflowClient
) -> None:
    pick(form, "Changed from", "2026/03/02", "00:00")
    pick(form, "Changed until", "2026/03/01", "00:00")

    run = trigger(form, airflow)

    assert run.state == "failed"
    form.goto(f"/dags/{DAG_ID}/runs/{run.run_id}/tasks/start_run")
    reason = "end_date 2026-03-01T00:00:00+00:00 is not after start_date 2026-03-02T00:00:00+00:00"
    expect(form.get_by_text(reason).first).to_be_visible()


def start_backfill(form: Page, windows: Windows, *options: str) -> None:
    """Choose Backfill in the open form, the windows' starts as dates, and these options."""
    form.get_by_role("dialog").get_by_text("Backfill", exact=True).click()
    for start in (windows.first, windows.last):
        form.get_by_text("Select date and time").first.click()
        form.get_by_placeholder("YYYY/MM/DD").fill(f"{start:%Y/%m/%d}")
        form.get_by_placeholder("HH:mm").fill(f"{start:%H:%M}")
        form.keyboard.press("Escape")
        # The picker fades out: until it is gone, the next one's fields are there twice.
        expect(form.get_by_placeholder("YYYY/MM/DD")).to_have_count(0)
    for option in options:
        form.get_by_role("dialog").get_by_text(option, exact=True).click()
    form.get_by_role("button", name="Run Backfill").click()
    expect(form.get_by_text("Backfill in progress")).to_be_visible()


def test_a_backfill_by_the_form_runs_its_windows_backwards_and_leaves_the_cursor(
    form: Page, airflow: AirflowClient, fibreflow: FibreFlow, first_hour: int
) -> None:
    windows = Windows(datetime(2026, 2, 3, first_hour, tzinfo=UTC), 2)
    cursor = fibreflow.cursor()
    airflow.close_backfills()

    start_backfill(form, windows, "Run Backwards")
    runs = airflow.wait_for_windows(windows)

    assert [(run.run_type, run.state) for run in runs] == [("backfill", "success")] * 2
    started = [airflow.returned(run.run_id, "start_run") for run in runs]
    assert [(run["window_start"], run["window_end"]) for run in started] == windows.bounds
    earlier, later = (fibreflow.history(run["job_id"])[0]["started_at"] for run in started)
    assert later < earlier
    assert fibreflow.cursor() == cursor


def test_a_backfill_by_the_form_does_all_runs_again_where_it_is_told_to(
    form: Page, airflow: AirflowClient, fibreflow: FibreFlow, first_hour: int
) -> None:
    windows = Windows(datetime(2026, 2, 5, first_hour, tzinfo=UTC), 1)
    airflow.backfill(windows)
    (first,) = airflow.wait_for_windows(windows)
    cursor = fibreflow.cursor()
    airflow.close_backfills()
    form.reload()
    form.get_by_role("button", name="Trigger").first.click()

    start_backfill(form, windows, "All Runs")
    airflow.wait_for_try(first.run_id, "finalize", 2)
    (again,) = airflow.wait_for_windows(windows)

    assert (again.run_id, again.state) == (first.run_id, "success")
    assert fibreflow.cursor() == cursor
