"""The dashboard inside a whole Airflow: from its navigation to the log of a run's task."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Error, FrameLocator, Page, expect

from dev.airflow.api import DagRun
from tests.e2e.airflow_client import AirflowClient

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

SAYS = {
    "start_run": "run.opened",
    "inbound_sync": "inbound.done",
    "outbound_sync": "outbound.done",
    "finalize": "run.settled",
}
LISTS = ("Overview", "Runs", "Pending", "Quarantine", "Conflicts")


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """What breaks in the browser from now on."""
    heard: list[str] = []

    def hear_exception(error: Error) -> None:
        heard.append(str(error))

    def hear_line(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(f"{message.location}: {message.text}")

    page.on("pageerror", hear_exception)
    page.on("console", hear_line)
    yield heard
    page.remove_listener("pageerror", hear_exception)
    page.remove_listener("console", hear_line)


@pytest.fixture(scope="module")
def newest(airflow: AirflowClient, scheduled: DagRun) -> str:
    """The id of a run that nothing came after."""
    return airflow.trigger_and_wait().run_id


@pytest.fixture
def dashboard(page: Page, scheduled: DagRun) -> FrameLocator:
    """The page in Airflow's frame, reached as a person reaches it."""
    page.goto("/")
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="QContact sync").click()
    return page.frame_locator("iframe")


def open_list(page: Page, dashboard: FrameLocator, name: str) -> None:
    """Go there, and wait until it is there: the page before it has links to runs as well, and a
    click on it would be lost.
    """
    link = dashboard.get_by_role("navigation").get_by_role("link", name=name, exact=True)
    with page.expect_event("framenavigated", lambda frame: frame.parent_frame is not None):
        link.click()
    expect(link).to_have_attribute("aria-current", "page")


def test_every_list_opens_without_an_error_in_the_browsers_console(
    page: Page, errors: list[str], dashboard: FrameLocator
) -> None:
    for name in LISTS:
        open_list(page, dashboard, name)

    assert errors == []


@pytest.mark.parametrize("task_id", SAYS)
def test_a_runs_log_link_leads_to_the_log_of_that_task(
    page: Page, dashboard: FrameLocator, newest: str, task_id: str
) -> None:
    open_list(page, dashboard, "Runs")
    dashboard.get_by_role("table").get_by_role("link").first.click()
    dashboard.get_by_role("link", name=f"log of {task_id}").click()

    page.wait_for_url(f"**/dags/qcontact_sync/runs/*/tasks/{task_id}")
    expect(page.get_by_text(newest).first).to_be_visible()
    expect(page.get_by_text(SAYS[task_id]).first).to_be_visible()
