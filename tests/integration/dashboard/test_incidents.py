"""What happens at night: each incident is settled from the dashboard alone and from its mail alone.

The dashboard's banner and the mail lead to the same page in one hop. That page has the button, or
says what to do where no button can help. After the next run the sync is healthy again.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

import tests.private_airflow  # noqa: F401
from tests.integration.alerts.conftest import server
from tests.integration.alerts.mail_server import MailServer
from tests.integration.dashboard.browsing import DISMISS, go, opened
from tests.integration.dashboard.conftest import ONE_ACCOUNT, ApiServer
from tests.integration.dashboard.incident import PERSON, Incident, through_a_line
from tests.integration.dashboard.presses import recorded
from tests.integration.sync_world import World

__all__ = ["server"]

pytestmark = [pytest.mark.integration, pytest.mark.browser, pytest.mark.sandbox]

HERE = "/qcontact-sync"
SAID_AFTER_START = "A run starts in a few seconds."
GONE = "FibreFlow's database was not available, or refused a row"


@pytest.fixture
def incident(
    chrome: Browser,
    world: World,
    api_server: ApiServer,
    server: MailServer,
    request: pytest.FixtureRequest,
) -> Iterator[Incident]:
    """A sync that is well: two tickets, both in step."""
    world.configure(alert_to=(PERSON,))
    api_server.connect_fibreflow(world.database)
    api_server.connect_qcontact(world.sandbox.url, world.sandbox.api_key)
    api_server.pause(False)
    # Without transitions: axe would look at a colour half-way between light and dark.
    context = opened(chrome, api_server, reduced_motion="reduce")
    with recorded(context, request.node.name):
        one = Incident(world, api_server, context.new_page(), server, world.sandbox.api_key)
        world.add_ticket(title="No light")
        world.add_ticket(title="Slow in the evening")
        one.run()
        one.expect_well()
        yield one
    context.close()
    api_server.airflow("DELETE FROM dag_run")


def test_qcontact_is_down(incident: Incident) -> None:
    """No button brings it back: the run's page says whom to ask, and starts the next run."""
    incident.world.qcontact.faults.add(do="answer", status=503, times="forever")
    incident.run()
    by_mail = incident.expect_mail(
        "run failed: SERVER_ERROR",
        "qcontact_default",
        "Open the run and follow its advice",
        "qcontact-sync run",
    )
    incident.expect_on_banner("Run failed: SERVER_ERROR", "ask QContact's support")
    assert incident.follow("Open the run and follow its advice") == by_mail
    expect(incident.page.locator("main")).to_contain_text("What to do: nothing if it is temporary")

    incident.world.qcontact.faults.clear()
    incident.press("Run now")
    expect(incident.page.get_by_role("status").first).to_contain_text(SAID_AFTER_START)
    assert incident.run_what_was_started().status == "success"
    incident.expect_well()
    assert "OVER: runs succeed again" in incident.mails.subjects[-1]


def test_the_key_is_wrong(incident: Incident) -> None:
    """The connection is one hop away, and the run's page starts the next run."""
    incident.world.qcontact.api_key = "a-new-key"
    incident.run()
    incident.expect_mail(
        "run failed: AUTHENTICATION_ERROR",
        "qcontact_default",
        "Open the run and follow its advice",
        "qcontact-sync run",
    )
    by_mail = incident.expect_mail(
        "", "qcontact_default", "Correct the connection qcontact_default", "qcontact-sync doctor"
    )
    incident.expect_on_banner(
        "does not accept the credentials", "put a valid key into the connection qcontact_default"
    )
    assert incident.follow("Correct the connection qcontact_default") == by_mail

    page = incident.page
    page.get_by_role("button", name="Edit Connection").click()
    page.get_by_role("dialog").locator("input[name=password]").fill("a-new-key")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_response("**/api/v2/connections/test") as answered:
        page.get_by_role("button", name="Test Connection").click()
    assert answered.value.json()["status"] is True

    incident.key = "a-new-key"
    incident.follow("Open the run and follow its advice")
    incident.press("Run now")
    assert incident.run_what_was_started().status == "success"
    incident.expect_well()


def poison(incident: Incident) -> str:
    """Ticket 2 loses its title, and another one changes; a day passes."""
    poisoned, good = (row["external_id"] for row in incident.world.rows("SELECT * FROM tickets"))
    incident.world.edit(poisoned, title="")
    incident.world.edit(good, title="No light since noon")
    assert incident.run().status == "partial"
    incident.world.execute(
        "UPDATE qcontact_quarantine SET first_failed_at = first_failed_at - interval '25 hours'"
    )
    incident.check()
    return str(poisoned)


def test_a_ticket_is_poisoned_and_corrected(incident: Incident) -> None:
    poisoned = poison(incident)
    by_mail = incident.expect_mail(
        "1 ticket failing for more than a day",
        "qcontact_default, fibreflow_default",
        "Settle these tickets",
        "qcontact-sync failures",
    )
    incident.expect_on_banner("1 ticket fails and needs a correction")
    assert incident.follow("Settle these tickets") == by_mail == f"{HERE}/quarantine"
    expect(incident.page.locator("main")).to_contain_text("title")

    incident.world.edit(poisoned, title="Slow since the storm")
    incident.page.get_by_role("link", name="Retry").first.click()
    incident.press("Retry with the next run")
    incident.press("Run now")
    assert incident.run_what_was_started().status == "success"
    incident.expect_well()


def test_a_poisoned_ticket_is_dismissed(incident: Incident) -> None:
    poison(incident)
    incident.follow("Settle these tickets")
    incident.page.get_by_role("link", name=DISMISS).click()
    incident.press("Dismiss until it changes")
    incident.run()
    incident.expect_well()


def test_a_ticket_is_re_opened(incident: Incident) -> None:
    world = incident.world
    ticket = str(world.value("SELECT min(external_id) FROM tickets"))
    world.set_local(ticket, status="closed")
    incident.run()
    world.edit(ticket, status="In Progress")
    incident.run()
    by_mail = incident.expect_mail(
        "1 open conflict needs a decision",
        "qcontact_default, fibreflow_default",
        "Decide the open conflicts",
        "qcontact-sync conflicts",
    )
    incident.expect_on_banner("1 open conflict needs a decision")
    assert incident.follow("Decide the open conflicts") == by_mail == f"{HERE}/conflicts"

    incident.page.get_by_role("link", name="QContact\u2019s value of status").click()
    incident.press("Keep QContact\u2019s")
    expect(incident.page.get_by_role("status").first).to_contain_text("was written to FibreFlow")
    incident.run()
    assert world.local(ticket)["status"] == "in_progress"
    incident.expect_well()


def test_too_many_changes_are_pending(incident: Incident) -> None:
    incident.api.accounts.write_text(f"{ONE_ACCOUNT}max_outbound = 1\n")
    try:
        incident.world.configure(max_outbound=1)
        incident.world.execute("UPDATE tickets SET status = 'closed'")
        incident.run()
        by_mail = incident.expect_mail(
            "outbound changes are held",
            "qcontact_default, fibreflow_default",
            "Check the held changes and confirm them",
            "qcontact-sync run --confirm-outbound",
        )
        incident.expect_on_banner("Outbound changes are held until you confirm them")
        followed = incident.follow("Check the held changes and confirm them")
        assert followed == by_mail == f"{HERE}/pending"

        incident.page.get_by_role("link", name="Confirm…").click()
        incident.press("Confirm and send")
        assert incident.run_what_was_started().status == "success"
        assert len(incident.world.patches()) == 2
        incident.expect_well()
    finally:
        incident.api.accounts.write_text(ONE_ACCOUNT)


def test_the_database_is_gone(incident: Incident) -> None:
    """A page that is open says so and leads to the reason, which leads to the connection."""
    page, there = incident.page, incident.world.database
    with ExitStack() as line:
        through_a_line(incident, line)
        page.clock.install(time=datetime.now(UTC))
        incident.expect_well()
        line.close()
        page.clock.fast_forward(31_000)
        expect(page.get_by_role("heading", name="Not known since")).to_be_visible()
        page.get_by_role("link", name="See why").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(GONE)
        incident.run_without_database()
    by_mail = incident.expect_mail(
        "FibreFlow's database is not available",
        "fibreflow_default",
        "Correct the connection fibreflow_default",
        "qcontact-sync doctor",
    )
    go(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(GONE)
    expect(page.locator("main")).to_contain_text("What to do: check the database")
    incident.expect_accessible()
    page.get_by_role("link", name="Correct the connection fibreflow_default").click()
    page.wait_for_url("**/connections?*")
    assert page.url.endswith(by_mail)

    incident.world.database = there
    incident.api.connect_fibreflow(there)
    go(page).get_by_role("link", name="Start a run").click()
    incident.press("Start the run")
    assert incident.run_what_was_started().status == "success"
    incident.expect_well()
