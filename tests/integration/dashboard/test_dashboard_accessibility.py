"""The pages for people who cannot see or point as their author does: axe's rules in light and dark,
on a phone and magnified; rows as cards; where the focus goes.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.depth import IS_DEEP
from tests.integration.dashboard.browsing import DISMISS, go, opened
from tests.integration.dashboard.every_page import BEHIND_A_FORM, addresses, page_routes

pytestmark = [pytest.mark.integration, pytest.mark.browser]

RULES = {
    # WCAG 2.2 AA (24 px for what is pressed, among others), and axe's own advice.
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# The scheme changes colours alone: everything else was seen in light.
COLOURS = {**RULES, "runOnly": ["color-contrast", "link-in-text-block"]}
MOST_ROWS = 30
_CUT = """most => document.querySelectorAll("table").forEach(
    table => [...table.querySelectorAll("tbody tr")].slice(most).forEach(row => row.remove()))"""
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True},
    "magnified": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}


def violations(page, look: str = "light") -> list[str]:
    if not IS_DEEP:
        page.evaluate(_CUT, MOST_ROWS)
    rules = COLOURS if look == "dark" and not IS_DEEP else RULES
    found = Axe().run(page, options=rules).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


def test_each_page_is_looked_at(year_db):
    """A new route without an address would not be."""
    assert page_routes() == {*addresses(year_db), *BEHIND_A_FORM}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_page(chrome, year, year_db, look):
    context = opened(chrome, year, **LOOKS[look])
    page = context.new_page()
    # `make prove` looks at every address in each look; what differs by size is a route's layout.
    most = None if IS_DEEP or look in ("light", "dark") else 1
    paths = [path for of_route in addresses(year_db).values() for path in of_route[:most]]
    found = {path: violations(go(page, path), look) for path in paths}
    for route, (path, button) in BEHIND_A_FORM.items():
        go(page, path).get_by_role("button", name=button).click()
        page.wait_for_url(f"**{route}")
        found[route] = violations(page, look)
    context.close()

    assert {path: rules for path, rules in found.items() if rules} == {}


@pytest.mark.parametrize("look", ["phone", "magnified"])
@pytest.mark.parametrize("path", ["/runs", "/quarantine", "/conflicts"])
def test_rows_are_cards_that_fit_the_screen_and_name_their_cells(chrome, year, look, path):
    context = opened(chrome, year, **LOOKS[look])
    page = go(context.new_page(), path)
    row = page.locator("tbody tr").first
    cells = row.locator("td:not(.acts):not(:empty)").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.label, getComputedStyle(cell).display])"
    )
    scrolls = page.locator(".wide").evaluate_all("all => all.some(w => w.scrollWidth > innerWidth)")
    context.close()

    assert cells
    assert all(label and display == "block" for label, display in cells)
    assert not scrolls


@pytest.mark.parametrize("path", ["/quarantine", "/conflicts"])
def test_on_a_phone_the_decision_follows_the_tickets_name(chrome, year, path):
    context = opened(chrome, year, **LOOKS["phone"])
    row = go(context.new_page(), path).locator("tbody tr:has(.acts)").first
    name, decision, *rest = row.locator("> *").evaluate_all(
        "cells => cells.map(cell => cell.getBoundingClientRect().top)"
    )
    context.close()

    assert name < decision < min(rest)


def test_after_an_action_the_focus_is_where_its_result_is_told(chrome, year, year_copy):
    year.connect_fibreflow(year_copy)
    context = opened(chrome, year)
    page = go(context.new_page(), "/quarantine")
    page.get_by_role("link", name=DISMISS).first.click()
    page.get_by_role("button", name="Dismiss until it changes").click()
    page.wait_for_url("**/quarantine?said=*")
    focused = page.evaluate("document.activeElement.textContent")
    role = page.evaluate("document.activeElement.getAttribute('role')")
    context.close()

    assert focused.strip() == "The sync ignores it until the ticket changes."
    assert role == "status"
