"""Every button of the dashboard, pressed in a real browser, and its effect."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.conninfo import make_conninfo

from tests.integration.dashboard.browsing import DISMISS, go, opened
from tests.integration.dashboard.conftest import ONE_ACCOUNT, ApiServer
from tests.integration.dashboard.every_page import action_routes, addresses, routes
from tests.integration.dashboard.presses import PRESSES, buttons_of, recorded
from tests.integration.dashboard.test_dashboard_in_browser import PATHS, resolve_all

pytestmark = [pytest.mark.integration, pytest.mark.browser]

LINKS = """
qcontact_ticket_url = "https://qcontact.example.test/{qcontact_id}"
fibreflow_ticket_url = "https://fibreflow.example.test/{ticket_uid}"
"""
BROKEN = """
UPDATE sync_job_history SET status = 'failed', error_code = '{code}'
WHERE started_at = (SELECT max(started_at) FROM sync_job_history)"""


@pytest.fixture
def api(year: ApiServer, year_copy: str) -> Iterator[ApiServer]:
    """The server over a copy that the test may change; afterwards without runs."""
    year.connect_fibreflow(year_copy)
    yield year
    year.airflow("DELETE FROM dag_run")


@pytest.fixture
def page(chrome: Browser, api: ApiServer, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = opened(chrome, api)
    with recorded(context, request.node.name):
        yield context.new_page()
    context.close()


@pytest.fixture
def linked(api: ApiServer) -> Iterator[ApiServer]:
    """The settings have the addresses of tickets on both sides."""
    api.accounts.write_text(f"{ONE_ACCOUNT}{LINKS}")
    yield api
    api.accounts.write_text(ONE_ACCOUNT)


def change(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement)


def newest_run(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        (run,) = connection.execute(
            "SELECT id FROM sync_job_history ORDER BY started_at DESC LIMIT 1"
        ).fetchone()
    return f"/runs/{run}"


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
    page.get_by_role("link", name="Unpause the DAG in Airflow").click()
    page.wait_for_url("**/dags/qcontact_sync")

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
    shown = page.get_by_role("status").first
    expect(shown).to_contain_text("The next scheduled run begins Tue 2031-05-06 14:00")
    page.get_by_role("button", name="Run now").click()
    expect(shown).to_contain_text("A run starts in a few seconds.")

    assert started(api)["triggering_user_name"] == "admin"


def test_after_a_retry_in_a_paused_dag_no_run_is_offered(page: Page, api: ApiServer) -> None:
    api.pause(True)
    go(page, "/quarantine").get_by_role("link", name="Retry").first.click()
    page.get_by_role("button", name="Retry with the next run").click()
    shown = page.get_by_role("status").first
    expect(shown).to_contain_text("The DAG is paused: no run begins by itself.")

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
    shown = page.locator("main").inner_text()

    assert "value is kept" in shown or "was written to FibreFlow" in shown


@pytest.mark.parametrize("side", ["local", "remote"])
def test_decide_about_compared_tickets(page: Page, side: str) -> None:
    name = {"local": "FibreFlow", "remote": "QContact"}[side]
    go(page, "/compare?pick=all")
    page.get_by_role("button", name=f"Plan: keep {name}\u2019s values").click()
    page.get_by_role("button", name=f"Keep {name}\u2019s, ").click()
    page.wait_for_url("**/compare?said=*")


def test_a_run_opens_in_airflow(page: Page) -> None:
    go(page).locator(".timeline li.failed a").first.click()
    page.get_by_role("link", name="This run in Airflow").click()
    page.wait_for_url("**/dags/qcontact_sync/runs/scheduled__*")


def test_a_ticket_opens_on_both_sides(page: Page, linked: ApiServer) -> None:
    page.context.route("https://*.example.test/*", lambda asked: asked.fulfill(body="there"))
    go(page, "/ticket?id=FT100001")
    for side in ("QContact", "FibreFlow"):
        with page.expect_popup() as there:
            page.get_by_role("link", name=f"Open in {side}").click()
        assert f"{side.lower()}.example.test" in there.value.url


def test_log_in_from_a_page(page: Page) -> None:
    page.context.clear_cookies()
    go(page, "/quarantine").get_by_role("link", name="Log in to Airflow").click()
    page.wait_for_url("**/auth/login*")


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


def test_each_button_of_each_page_is_pressed_by_a_test(
    page: Page, linked: ApiServer, year_copy: str, fibreflow_db: str
) -> None:
    """A new button without a test fails here, and so does a new action without a button."""
    api, found, forms = linked, set[str](), set[str]()

    def look(path: str | None = None) -> None:
        if path is not None:
            go(page, path)
        found.update(buttons_of(page))
        posts = page.locator("form[method=post]")
        forms.update(posts.evaluate_all("all => all.map(f => new URL(f.action).pathname)"))

    for path in (path for of_route in addresses(year_copy).values() for path in of_route):
        look(path)
    for side in ("FibreFlow", "QContact"):
        go(page, "/compare?pick=all")
        page.get_by_role("button", name=f"Plan: keep {side}\u2019s values").click()
        page.wait_for_url("**/compare/plan")
        look()
    for code in ("AUTHENTICATION_ERROR", "NEEDS_CONFIRMATION"):
        change(year_copy, BROKEN.format(code=code))
        look(newest_run(year_copy))
        look("/")
    change(year_copy, "UPDATE tickets SET status = 'closed' WHERE status IN ('open', 'assigned')")
    look("/pending")
    api.pause(True)
    look("/")
    api.connect_fibreflow(fibreflow_db)
    look("/")
    api.connect_fibreflow(make_conninfo(fibreflow_db, port=9))
    look("/")
    page.context.clear_cookies()
    look("/")

    assert found == set().union(*PRESSES.values())
    assert matched(forms) == action_routes()


def matched(paths: set[str]) -> set[str]:
    """The routes of actions that forms of the pages post to."""
    regexes = {route.path: route.path_regex for route in routes() if "POST" in route.methods}
    inner = [path.removeprefix("/qcontact-sync") for path in paths]
    # The first that matches: "all" is no entry's id.
    firsts = [next(name for name, regex in regexes.items() if regex.match(path)) for path in inner]
    return set(firsts)
