"""A browser on the dashboard, signed in to Airflow."""

from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS = 60_000


def opened(chrome: Browser, api, user: str = "admin", **look: object) -> BrowserContext:
    context = chrome.new_context(base_url=api.url, **look)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "_token", "value": api.token(user), "url": api.url}])
    return context


def go(page: Page, path: str = "/") -> Page:
    page.goto(f"/qcontact-sync{path}")
    return page
