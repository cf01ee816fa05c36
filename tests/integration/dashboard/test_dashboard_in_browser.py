"""The page in a real browser: inside Airflow, by keyboard, in light and dark, on a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.integration.dashboard.browsing import DISMISS, go, opened
from tests.integration.dashboard.dashboard_year import OUTAGE, SPOILT, TITLES

pytestmark = [pytest.mark.integration, pytest.mark.browser]

PATHS = (
    "/",
    "/?period=90d",
    "/?period=365d",
    "/runs",
    "/pending",
    "/quarantine",
    "/conflicts",
    "/run",
    "/pending/confirm",
    "/help",
    "/help/cli",
    "/ticket?id=FT100000",
    "/ticket?id=nothing",
)
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True},
}
# Ratio of each shown text to what lies behind it, as WCAG reckons it.
POOR_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const behind = (e) => { for (; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; }
    return rgba('white'); };
  const light = ([r, g, b]) => { const f = (v) => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    if (e.matches('.unseen, .skip, title, option') || !e.checkVisibility()) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push(`${e.localName}.${e.className} ${ratio} ${e.textContent}`);
  }
  return poor;
}"""
NAMELESS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), [role=img],'
  + ' [role=region], nav, table')].filter((e) => !(e.textContent.trim() || e.ariaLabel
  || e.labels?.length || e.querySelector?.('caption'))).map((e) => e.outerHTML.slice(0, 200))"""


@pytest.fixture
def page(chrome: Browser, year) -> Iterator[Page]:
    context = opened(chrome, year)
    yield context.new_page()
    context.close()


def framed(page: Page) -> Frame:
    """The dashboard inside Airflow."""
    page.goto("/plugin/qcontact-sync")
    page.frame_locator("iframe").locator("h1").wait_for()
    return next(frame for frame in page.frames if frame != page.main_frame)


def test_airflows_navigation_leads_to_it(page):
    page.goto("/")
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="QContact sync").click()

    page.frame_locator("iframe").get_by_role("heading", name="Needs attention").wait_for()


def test_a_run_opens_in_airflow_itself_not_inside_the_frame(page):
    frame = framed(page)
    frame.locator(".timeline li.failed a").first.click()
    frame.get_by_role("link", name="This run in Airflow").click()

    page.wait_for_url("**/dags/qcontact_sync/runs/scheduled__*")


def test_it_follows_airflows_choice_of_dark(page):
    page.goto("/")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    frame = framed(page)

    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"


def test_a_decision_inside_airflow_is_confirmed_and_done(page, year, year_copy):
    year.connect_fibreflow(year_copy)
    frame = framed(page)
    frame.get_by_role("navigation").get_by_role("link", name="Quarantine").click()
    frame.get_by_role("link", name=DISMISS).first.click()
    frame.get_by_role("button", name="Dismiss until it changes").click()
    frame.get_by_text("The sync ignores it until the ticket changes.").wait_for()

    with psycopg.connect(year_copy) as connection:
        (dismissed,) = connection.execute(
            "SELECT count(*) FROM qcontact_quarantine WHERE dismissed_at IS NOT NULL"
        ).fetchone()
    assert dismissed == 6


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_readable_and_whole(chrome, year, look):
    """No error in the console (CSP among them), nothing beside the screen, contrast, names."""
    context = opened(chrome, year, **LOOKS[look])
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    found = {}
    for path in PATHS:
        go(page, path)
        is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[path] = [
            *page.evaluate(POOR_CONTRAST),
            *page.evaluate(NAMELESS),
            *(["wider than the screen"] if is_wide else []),
            *([] if page.locator("h1").count() == 1 else ["not one h1"]),
        ]
    context.close()

    assert {path: faults for path, faults in found.items() if faults} == {}
    # The browser itself reports the 404 of the ticket that is not there.
    assert [text for text in errors if "404" not in text] == []


def test_it_is_used_by_keyboard_alone(page):
    go(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "Start a run" in page.evaluate("document.activeElement.textContent")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_charts_are_also_a_table(page):
    go(page)
    page.get_by_text("The same as a table").press("Enter")
    table = page.get_by_role("table", name="Runs by slot")
    table.wait_for()

    assert table.get_by_role("row").count() > 25
    assert "table below" in page.get_by_role("img", name="Success rate").get_attribute("aria-label")


@pytest.fixture
def aging(page: Page, year, year_copy: str) -> Page:
    """The page on a clock that the test moves."""
    year.connect_fibreflow(year_copy)
    page.clock.install(time=datetime.now(UTC))
    return go(page)


def resolve_all(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE qcontact_conflict SET resolved_at = now()")
        connection.execute("UPDATE qcontact_quarantine SET dismissed_at = now()")


def test_it_refreshes_itself_and_says_what_changed(aging, year_copy):
    resolve_all(year_copy)
    aging.clock.fast_forward(31_000)
    aging.get_by_role("heading", name="Healthy", exact=True).wait_for()

    assert aging.locator("#refreshed").text_content() == "Now: Healthy."


def test_refreshing_keeps_focus_and_what_was_opened(aging, year_copy):
    aging.get_by_text("The same as a table").press("Enter")
    aging.get_by_role("link", name="18 in quarantine").focus()
    resolve_all(year_copy)
    aging.clock.fast_forward(31_000)
    aging.get_by_role("heading", name="Healthy", exact=True).wait_for()

    assert "in quarantine" in aging.evaluate("document.activeElement.textContent")
    assert aging.locator("details").get_attribute("open") is not None


def test_a_hidden_page_asks_for_nothing(aging, year_copy):
    aging.wait_for_load_state("networkidle")
    asked: list[str] = []
    aging.on("request", lambda request: asked.append(request.url))
    aging.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    aging.clock.fast_forward(300_000)
    aging.wait_for_timeout(500)

    assert asked == []


def test_a_page_that_cannot_be_read_anew_stays_and_says_so(aging, year, year_copy):
    """The banner, the title and the first line: nothing looks as if it were known."""
    resolve_all(year_copy)
    go(aging).get_by_role("heading", name="Healthy", exact=True).wait_for()
    year.disconnect("fibreflow_default")
    aging.clock.fast_forward(31_000)
    aging.get_by_role("heading", name="Not known since").wait_for()

    assert aging.title().startswith("Not known since ")
    assert aging.locator("main > :first-child").inner_text().startswith("Not known since ")
    assert aging.locator(".health").get_attribute("class") == "health unknown"
    assert aging.get_by_role("link", name="in quarantine").is_visible()


def test_it_is_known_again_as_soon_as_it_can_be_read(aging, year, year_copy):
    year.disconnect("fibreflow_default")
    aging.clock.fast_forward(31_000)
    aging.get_by_role("heading", name="Not known since").wait_for()
    year.connect_fibreflow(year_copy)
    aging.clock.fast_forward(31_000)
    aging.get_by_role("heading", name="Needs attention").wait_for()

    assert "Not known" not in aging.locator("main").inner_text()
    assert aging.title().startswith("Needs attention")


# --- Questions that people ask, and how many clicks the answer takes.


def test_why_was_that_day_red(page):
    """One click: its first red slot on the timeline."""
    go(page).locator(".timeline li.failed a").first.click()

    page.get_by_text("QContact answered 503 to GET /tickets for 120 s").first.wait_for()
    assert "ask QContact's support" in page.locator("main").inner_text()
    assert OUTAGE < 7


def test_which_tickets_failed_on_that_yellow_day(page):
    """One click: a yellow slot of that day."""
    go(page)
    day = page.locator(".timeline li.partial a").last
    day.click()
    tickets = page.get_by_role("table", name="Tickets that failed in this run")
    tickets.wait_for()

    assert tickets.get_by_text("the ticket has no title").count() == 9
    assert any(title in tickets.inner_text() for title in TITLES)
    assert SPOILT < 7


def test_since_when_are_runs_slow_and_is_it_over(page):
    """One click: the last year."""
    go(page).get_by_role("link", name="last year").click()
    page.get_by_role("heading", name="Timeline, by week").wait_for()
    chart = page.locator("figure", has_text="Duration")

    assert "week of" in chart.inner_text()
    assert chart.locator("rect.longest").count() > 50


def test_what_waits_for_me_and_what_can_i_do(page):
    """One click: the figure."""
    go(page).get_by_role("link", name="3 open conflicts").click()
    waiting = page.get_by_role("table", name="Fields that need a decision")
    waiting.wait_for()

    assert waiting.get_by_role("link", name="value of status").count() == 6


def test_when_did_the_key_expire(page):
    """Two clicks: the last 90 days, the run named under "Errors"."""
    go(page).get_by_role("link", name="last 90 days").click()
    wrong = page.get_by_role("row").filter(has_text="AUTHENTICATION_ERROR").first
    wrong.get_by_role("link").click()

    page.get_by_text("QContact does not accept the API key (401)").first.wait_for()


def test_why_does_this_ticket_not_arrive(page):
    """One question typed: its FT number."""
    go(page).get_by_label("Ticket: FT number").fill("FT102999")
    page.keyboard.press("Enter")

    page.get_by_text("QContact does not have this ticket, or not any more").wait_for()
