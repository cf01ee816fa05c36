"""The page Compare and its plan in a browser: filter, choice, file, decision, and axe's rules."""

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from qcontact_sync.reporting.wording import GAPS, STANDINGS

from tests.integration.dashboard.browsing import go, opened
from tests.integration.dashboard.conftest import ApiServer
from tests.integration.dashboard.test_dashboard_accessibility import LOOKS, violations
from tests.integration.dashboard.test_dashboard_compare import DONE, values

pytestmark = [pytest.mark.integration, pytest.mark.browser]

TakenOver = tuple[ApiServer, str]


@pytest.fixture
def page(chrome: Browser, taken_over: TakenOver) -> Iterator[Page]:
    api, _ = taken_over
    context = opened(chrome, api, "clerk")
    yield context.new_page()
    context.close()


def test_every_kind_of_difference_has_its_filter(page: Page) -> None:
    tabs = go(page, "/compare").get_by_role("list", name="Filter").get_by_role("link")

    words = [*STANDINGS.values(), *GAPS.values()]
    assert tabs.all_inner_texts() == ["All", *(w for w in words if w != STANDINGS["same"])]


def test_a_filter_a_choice_the_file_the_plan_and_the_decision(
    page: Page,
    taken_over: TakenOver,
) -> None:
    _, dsn = taken_over
    go(page, "/compare").get_by_role("link", name=GAPS["done_here"]).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == DONE
    assert {row["gap"] for row in rows} == {"done_here"}

    for box in page.get_by_role("checkbox", name="Select FT").all()[:2]:
        box.check()
    page.get_by_role("button", name="Plan: keep QContact").click()
    expect(page.get_by_text("2 tickets to decide")).to_be_visible()
    assert values(dsn, "SELECT count(*) FROM qcontact_conflict") == [(0,)]
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name=GAPS["done_here"]).click()
    page.get_by_role("checkbox", name="Select FT").first.check()
    page.get_by_role("button", name="Plan: keep FibreFlow").click()
    plan = page.get_by_role("row").nth(1).inner_text().split("\t")
    assert plan[1:] == ["status", "resolved", "In Progress", "resolved"]
    page.get_by_role("button", name="Keep FibreFlow").click()
    expect(page.get_by_role("status").first).to_contain_text("FibreFlow's values are kept")

    assert values(dsn, "SELECT decided_by, resolution, remote_value FROM qcontact_conflict") == [
        ("clerk", "kept local", "In Progress")
    ]


@pytest.mark.parametrize("taken_over", [1_100], indirect=True)
def test_all_that_match_on_every_page_are_one_decision(
    page: Page,
    taken_over: TakenOver,
) -> None:
    _, dsn = taken_over
    go(page, "/compare?show=done_here")
    expect(page.get_by_role("link", name="Next page")).to_be_visible()
    page.get_by_label("Also those on the other pages").check()
    page.get_by_role("button", name="Plan: keep FibreFlow").click()
    expect(page.get_by_text("550 tickets to decide")).to_be_visible()
    assert page.locator("tbody tr").count() == 550
    page.get_by_role("button", name="Keep FibreFlow").click()
    expect(page.get_by_role("status").first).to_contain_text("FibreFlow's values are kept")

    decided = "SELECT decided_by, count(DISTINCT remote_id) FROM qcontact_conflict GROUP BY 1"
    assert values(dsn, decided) == [("clerk", 550)]


@pytest.mark.parametrize("taken_over", [8], indirect=True)
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_list_and_the_plan(
    chrome: Browser,
    taken_over: TakenOver,
    look: str,
) -> None:
    api, _ = taken_over
    context = opened(chrome, api, **LOOKS[look])
    page = go(context.new_page(), "/compare?pick=all")
    expect(page.get_by_role("checkbox").first).to_be_checked()
    found = violations(page)
    page.get_by_role("button", name="Plan: keep FibreFlow").click()
    page.get_by_role("button", name="Keep FibreFlow").wait_for()
    found += violations(page)
    context.close()

    assert found == []


@pytest.mark.parametrize("taken_over", [8], indirect=True)
def test_on_a_phone_every_cell_has_the_heading_of_its_column(
    chrome: Browser,
    taken_over: TakenOver,
) -> None:
    """Of a ticket with several fields, too, whose further rows begin with the second column."""
    api, dsn = taken_over
    values(dsn, "UPDATE tickets SET title = 'Other' RETURNING 1")
    context = opened(chrome, api, **LOOKS["phone"])
    page = go(context.new_page(), "/compare?show=done_here")
    further = page.locator("tbody").first.locator("tr").nth(1).locator("td")
    labels = further.evaluate_all("cells => cells.map(cell => cell.dataset.label)")
    scrolls = page.locator(".wide").evaluate_all("all => all.some(w => w.scrollWidth > innerWidth)")
    context.close()

    assert labels == ["Standing", "Field", "FibreFlow", "QContact", "Why"]
    assert not scrolls
