"""The dashboard's buttons, and which test presses which.

A test's presses are recorded in the browser, so that the table cannot claim more than is done.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

BUTTONS = "button, .button, input[type=submit]"
PRESSES: dict[str, set[str]] = {
    "test_start_a_run": {"Start a run", "Start the run"},
    "test_confirm_held_changes": {"Confirm…", "Confirm and send"},
    "test_a_paused_dag_is_said_with_the_way_to_unpause_it": {
        "Unpause the DAG in Airflow",
        "Start the run",
    },
    "test_retry_and_cancel_and_dismiss": {
        "Retry",
        "Retry with the next run",
        "Dismiss",
        "Dismiss until it changes",
    },
    "test_run_now_after_a_retry": {"Run now"},
    "test_retry_a_part_of_the_quarantine": {
        "Try all of these again",
        "Retry all of them with the next run",
    },
    "test_keep_a_value[FibreFlow]": {"FibreFlow\u2019s", "Keep FibreFlow\u2019s"},
    "test_keep_a_value[QContact]": {"QContact\u2019s", "Keep QContact\u2019s"},
    "test_show_a_period_and_find_a_ticket": {"Show", "Find ticket"},
    "test_decide_about_compared_tickets[local]": {
        "Plan: keep FibreFlow\u2019s values",
        "Keep FibreFlow\u2019s, N tickets",
    },
    "test_decide_about_compared_tickets[remote]": {
        "Plan: keep QContact\u2019s values",
        "Keep QContact\u2019s, N tickets",
    },
    "test_each_finding_of_the_banner_leads_to_its_page": {
        "Decide the open conflicts",
        "Settle these tickets",
    },
    "test_a_run_opens_in_airflow": {"This run in Airflow"},
    "test_a_ticket_opens_on_both_sides": {"Open in QContact", "Open in FibreFlow"},
    "test_log_in_from_a_page": {"Log in to Airflow"},
    "test_the_first_start_is_a_step_and_no_alarm": {"Start the first run"},
    "test_qcontact_is_down": {"Open the run and follow its advice", "Run now"},
    "test_the_key_is_wrong": {"Correct the connection qcontact_default"},
    "test_too_many_changes_are_pending": {"Check the held changes and confirm them"},
    "test_the_database_is_gone": {"Correct the connection fibreflow_default"},
}
"""By test; numbers are ``N``."""

_NAME = """(button) => {
  const copy = button.cloneNode(true);
  copy.querySelectorAll('.unseen, [aria-hidden]').forEach((e) => e.remove());
  return copy.textContent.replace(/\\s+/g, ' ').trim();
}"""
_MARK = "pressed: "
_TELL = f"""addEventListener('click', (event) => {{
  const button = event.target.closest?.('{BUTTONS}');
  if (button) console.debug('{_MARK}' + ({_NAME})(button));
}}, true)"""


@contextmanager
def recorded(context: BrowserContext, test: str) -> Iterator[None]:
    """Fails if the test ends well and has not pressed what the table says."""
    pressed: set[str] = set()

    def hear(message: ConsoleMessage) -> None:
        if message.text.startswith(_MARK):
            pressed.add(plain(message.text.removeprefix(_MARK)))

    context.on("console", hear)
    context.add_init_script(_TELL)
    yield
    assert PRESSES.get(test, set()) <= pressed


def buttons_of(page: Page) -> set[str]:
    """The buttons of a page by their text."""
    return set(map(plain, page.locator(BUTTONS).evaluate_all(f"all => all.map({_NAME})")))


def plain(name: str) -> str:
    return re.sub(r"\d[\d,]*", "N", name)
