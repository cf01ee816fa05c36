"""Debian's Chromium, driven by Playwright; tests that need it are marked `browser`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 60_000
# It would ask its makers for updates and the like, and wait for the answers.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str | None:
    """Where the browser is; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launch(playwright: Playwright, program: str | None) -> Iterator[Browser]:
    """A browser of the test's own, gone at the end."""
    # As root Chromium refuses to run in its sandbox.
    args = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    # Of its own it would give a page five seconds, too few beside other work.
    expect.set_options(timeout=PATIENCE_MS)
    browser = playwright.chromium.launch(executable_path=program, args=args)
    try:
        yield browser
    finally:
        browser.close()
