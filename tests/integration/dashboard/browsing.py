"""A browser on the dashboard, signed in to Airflow."""

import re

from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE_MS = 60_000
DISMISS = re.compile("^Dismiss ")
"""The button of one ticket: the quarantine also links to those that were dismissed."""


def opened(chrome: Browser, api, user: str = "admin", **look: object) -> BrowserContext:
    context = chrome.new_context(base_url=api.url, **look)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "_token", "value": api.token(user), "url": api.url}])
    return context


def go(page: Page, path: str = "/") -> Page:
    page.goto(f"/qcontact-sync{path}")
    return page
