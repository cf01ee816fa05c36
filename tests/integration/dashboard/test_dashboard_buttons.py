"""Every button of the dashboard, pressed in a real browser, and what comes of it."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.dashboard.browsing import DISMISS, go, opened
from tests.integration.dashboard.conftest import ApiServer
from tests.integration.dashboard.test_dashboard_in_browser import PATHS, resolve_all

pytestmark = [pytest.mark.integration, pytest.mark.browser]


@pytest.fixture
def api(year: ApiServer, year_copy: str) -> Iterator[ApiServer]:
    """The server over a copy that the test may change; afterwards without runs."""
    year.connect_fibreflow(year_copy)
    yield year
    year.airflow("DELETE FROM dag_run")


@pytest.fixture
def page(chrome: Browser, api: ApiServer) -> Iterator[Page]:
    context = opened(chrome, api)
    yield context.new_page()
    context.close()


def change(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement)


def started(api: ApiServer) -> dict[str, object]:
    (run,) = api.airflow("SELECT conf, run_type, triggering_user_name FROM dag_run")
    return run


def test_start_a_run(page: Page, api: ApiServer) -> None:
    go(page).get_by_role("link", name="Start a run").click()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("status").first).to_contain_text("A run starts in a few seconds.")

    assert started(api)["triggering_user_name"] == "admin"
    ((event,),) = [tuple(row.values()) for row in api.airflow(
        "SELECT event FROM log WHERE event LIKE 'qcontact_sync.%%' ORDER BY id DESC LIMIT 1"
    )]  # fmt: skip
    assert event == "qcontact_sync.start_run"


def test_confirm_held_changes(page: Page, api: ApiServer, year_copy: str) -> None:
    """From the banner: the sums by transition, then one button."""
    change(year_copy, "UPDATE tickets SET status = 'closed' WHERE status IN ('open', 'assigned')")
    go(page, "/pending")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pending outbound: held")
    page.get_by_role("link", name="Confirm…").click()
    expect(page.get_by_role("row").filter(has_text="open → closed")).to_be_visible()
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.get_by_role("status").first).to_contain_text("sends all pending changes")

    assert started(api)["conf"]["confirm_outbound"] is True


def test_a_paused_dag_is_said_with_the_way_to_unpause_it(page: Page, api: ApiServer) -> None:
    api.pause(True)
    go(page)
    expect(page.get_by_text("The DAG is paused since")).to_be_visible()
    page.get_by_role("link", name="Start a run").click()
    expect(page.get_by_role("link", name="Unpause it in Airflow")).to_be_visible()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No run was started")

    assert api.airflow("SELECT 1 FROM dag_run") == []


def test_retry_and_cancel_and_dismiss(page: Page) -> None:
    go(page, "/quarantine").get_by_role("link", name="Retry").first.click()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Retry").first.click()
    page.get_by_role("button", name="Retry with the next run").click()
    expect(page.get_by_text("The next run tries it again.")).to_be_visible()
    page.get_by_role("link", name=DISMISS).first.click()
    page.get_by_role("button", name="Dismiss until it changes").click()
    expect(page.get_by_text("The sync ignores it until the ticket changes.")).to_be_visible()


def test_run_now_after_a_retry(page: Page, api: ApiServer) -> None:
    api.pause(False)
    api.airflow(
        "UPDATE dag SET next_dagrun_create_after = '2031-05-06 12:00Z'"
        " WHERE dag_id = 'qcontact_sync'"
    )
    go(page, "/quarantine").get_by_role("link", name="Retry").first.click()
    page.get_by_role("button", name="Retry with the next run").click()
    told = page.get_by_role("status").first
    expect(told).to_contain_text("The next scheduled run begins Tue 2031-05-06 14:00")
    page.get_by_role("button", name="Run now").click()
    expect(told).to_contain_text("A run starts in a few seconds.")

    assert started(api)["triggering_user_name"] == "admin"


def test_after_a_retry_in_a_paused_dag_no_run_is_offered(page: Page, api: ApiServer) -> None:
    api.pause(True)
    go(page, "/quarantine").get_by_role("link", name="Retry").first.click()
    page.get_by_role("button", name="Retry with the next run").click()
    told = page.get_by_role("status").first
    expect(told).to_contain_text("The DAG is paused: no run begins by itself.")

    assert page.get_by_role("button", name="Run now").count() == 0


def test_retry_a_part_of_the_quarantine(page: Page) -> None:
    go(page, "/quarantine").get_by_role("link", name="of NETWORK_ERROR").first.click()
    page.get_by_role("link", name="Try all of these again").click()
    page.get_by_role("button", name="with the next run").click()
    expect(page.get_by_text("The next run tries them again.")).to_be_visible()


@pytest.mark.parametrize("side", ["FibreFlow", "QContact"])
def test_keep_a_value(page: Page, side: str) -> None:
    go(page, "/conflicts").get_by_role("link", name=f"{side}\u2019s value of status").first.click()
    page.get_by_role("button", name=f"Keep {side}\u2019s").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    told = page.locator("main").inner_text()

    assert "value is kept" in told or "was written to FibreFlow" in told


def test_show_a_period_and_find_a_ticket(page: Page) -> None:
    go(page).get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text(" to ")
    page.get_by_label("Ticket: FT number").fill("FT100001")
    page.get_by_role("button", name="Find ticket").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("FT100001")


@pytest.mark.parametrize("path", PATHS)
def test_no_link_leads_nowhere(page: Page, path: str) -> None:
    """Pages, their buttons, and the help's links to its own pages and sections."""
    go(page, path)
    own = "[...document.links].map(a => a.href).filter(h => h.includes('/qcontact-sync'))"
    answers = {
        href: page.request.get(href).status
        for href in sorted(set(page.evaluate(own)))[:60]
        if "/ticket?" not in href
    }

    assert {href: status for href, status in answers.items() if status >= 400} == {}


def test_each_finding_of_the_banner_leads_to_its_page(
    page: Page, api: ApiServer, year_copy: str
) -> None:
    go(page)
    for name in ("Decide the open conflicts", "Settle these tickets"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Conflicts" if "Decide" in name else "Quarantine"
        )
        go(page)
    resolve_all(year_copy)
    expect(go(page).get_by_role("heading", name="Healthy", exact=True)).to_be_visible()


def test_the_first_start_is_a_step_and_no_alarm(
    page: Page, api: ApiServer, fibreflow_db: str
) -> None:
    api.connect_fibreflow(fibreflow_db)
    go(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up: start the first run")
    page.get_by_role("link", name="Start the first run").click()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("A run starts in a few seconds.")).to_be_visible()
