"""The pages of docs/ that show the dashboard say what it shows; `make pictures` takes its pictures.

Each run of these tests takes them; only with PICTURES=1 in the environment they are kept.
"""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dev.state import PROJECT
from tests.integration.dashboard.browsing import go, opened
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.browser]

DOCS = PROJECT / "docs"
WIDE = {"width": 1100, "height": 700}
PHONE = {"width": 390, "height": 760}
KEEP_LOCAL, KEEP_REMOTE = re.compile("Keep FibreFlow.s"), re.compile("Keep QContact.s")
SAID_ELSEWHERE = {"Browse > QContact sync", "a run is active: decide again after its end"}
"""Words of the page that are not the dashboard's in this story."""


@pytest.fixture
def take(tmp_path):
    """Takes a picture of what is on the screen."""
    folder = DOCS / "pictures" if os.environ.get("PICTURES") else tmp_path

    def take(page: Page, name: str, *, whole: bool = False) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", full_page=whole)
        return path

    return take


def pictures_in(page: str) -> set[str]:
    return set(re.findall(r"!\[[^]]+\]\((?:docs/)?pictures/(\w+)\.png\)", page))


def reopen(world: World) -> None:
    """A ticket that a technician closed and the call centre re-opened."""
    ticket = world.add_ticket(title="No light since the storm", status="Open")
    thandi = world.add_user("Thandi Maseko")
    world.run()
    world.set_local(ticket, status="closed", assigned_to=thandi)
    world.run()
    world.edit(ticket, status="In Progress", title="No light again")
    world.run()


def test_a_dispatcher_decides_a_conflict_as_the_page_says(chrome, world, api_server, take):
    # A run has an event loop of its own, and the browser's is in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(reopen, world).result()
    api_server.pause(False)
    api_server.connect_fibreflow(world.database)
    api_server.connect_qcontact(world.sandbox.url, world.sandbox.api_key)
    context = opened(chrome, api_server, "clerk", viewport=WIDE)
    page = go(context.new_page())
    seen, taken = [], set()

    def look(name: str) -> None:
        taken.add(take(page, name, whole=name == "ticket").stem)
        seen.append(page.locator("main").inner_text())

    page.get_by_role("link", name="1 open conflict").click()
    page.get_by_role("table", name="Fields that need a decision").wait_for()
    look("conflicts")
    page.locator("tbody th a").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()
    look("ticket")
    page.get_by_role("link", name=KEEP_REMOTE).click()
    page.get_by_role("button", name=KEEP_REMOTE).wait_for()
    seen.append(page.locator("main").inner_text())
    page.go_back()
    page.get_by_role("link", name=KEEP_LOCAL).click()
    page.get_by_role("button", name=KEEP_LOCAL).wait_for()
    look("confirm")
    page.get_by_role("button", name=KEEP_LOCAL).click()
    page.get_by_text("FibreFlow's value is kept; the next run sends it.").wait_for()
    page.get_by_text("1 resolved conflict").click()
    look("decided")
    context.close()

    text = (DOCS / "dispatchers.md").read_text()
    words = set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)) - SAID_ELSEWHERE
    assert {word for word in words if word not in " ".join(seen)} == set()
    assert pictures_in(text) == taken
    assert world.value("SELECT resolution FROM qcontact_conflict") == "kept local"


def test_the_readme_and_the_dashboards_page_show_the_dashboard(chrome, year, take):
    taken = set()
    for name, path, look in (
        ("overview", "/", {"viewport": WIDE}),
        ("quarantine", "/quarantine", {"viewport": WIDE, "color_scheme": "dark"}),
        ("phone", "/conflicts", {"viewport": PHONE}),
    ):
        context = opened(chrome, year, "clerk", **look)
        page = go(context.new_page(), path)
        page.locator("h1").wait_for()
        taken.add(take(page, name).stem)
        context.close()

    shown = {name: pictures_in((PROJECT / name).read_text()) for name in ("README.md",)}
    assert shown["README.md"] == {"overview"}
    assert pictures_in((DOCS / "dashboard.md").read_text()) == taken


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_every_picture_that_a_page_shows_is_there(page):
    names = pictures_in(page.read_text())

    assert {name for name in names if not (DOCS / "pictures" / f"{name}.png").is_file()} == set()
