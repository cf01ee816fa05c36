"""A sync at work behind the dashboard: its runs, its mails, and who acts on both."""

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from pydantic import SecretStr
from qcontact_sync.config.access import ApiKey, QContactAccess
from qcontact_sync.core.errors import SyncError
from qcontact_sync.on_airflow.alerts import send_mail
from qcontact_sync.services.alerting import check_alerts, notify_without_database
from qcontact_sync.services.results import JobResult
from qcontact_sync.services.whole_run import run_whole
from qcontact_sync.sync.stopping import Stop

from tests.integration.alerts.mail_server import MailServer
from tests.integration.dashboard.browsing import go
from tests.integration.dashboard.conftest import ApiServer
from tests.integration.dashboard.test_dashboard_accessibility import violations
from tests.integration.silent_line import SilentLine
from tests.integration.sync_world import BETWEEN_RUNS_S, World

T = TypeVar("T")
PERSON = "ops@example.test"
_PLACE = re.compile(r"^(\S.*):\n  (http\S+)$", re.MULTILINE)


@dataclass
class Incident:
    """One account's sync.

    Attributes:
        key: The API key that Airflow's connection has.
    """

    world: World
    api: ApiServer
    page: Page
    mails: MailServer
    key: str

    # --- the sync, as the DAG's tasks do it

    def run(self, run_id: str = "", conf: dict[str, object] | None = None) -> JobResult:
        """One run with its mails."""
        world = self.world
        world.pass_time(BETWEEN_RUNS_S)
        login = ApiKey(SecretStr(self.key))
        order = world.order(run_id, params=conf or {})
        access = QContactAccess(world.sandbox.url, login)
        ended = in_a_loop(
            run_whole(world.fibreflow_access, access, world.settings, order, None, None, Stop())
        )
        self.check()
        return ended

    def run_without_database(self) -> None:
        """A run whose first task fails, which then sends its mail."""
        try:
            self.run("scheduled__at-night")
        except SyncError as error:
            notify_without_database(
                self.world.settings,
                send_mail,
                error,
                "scheduled__at-night",
                None,
                airflow_url=self.api.url,
            )
        else:
            raise AssertionError("the database was there")

    def check(self) -> None:
        """Look for alerts, and send their mails."""
        in_a_loop(
            check_alerts(
                self.world.fibreflow_access,
                self.world.settings,
                send_mail,
                airflow_url=self.api.url,
            )
        )

    def run_what_was_started(self) -> JobResult:
        """The run that a press of a button created, as Airflow's scheduler would."""
        (found,) = self.api.airflow("SELECT run_id, conf FROM dag_run WHERE state = 'queued'")
        self.api.airflow("UPDATE dag_run SET state = 'success'")
        return self.run(str(found["run_id"]), dict(found["conf"] or {}))

    # --- what people see

    def expect_on_banner(self, *said: str) -> None:
        """Why, and what to do."""
        banner = go(self.page).locator(".health")
        for text in said:
            expect(banner).to_contain_text(text)
        self.expect_accessible()

    def expect_accessible(self) -> None:
        """Axe finds nothing in light and dark."""
        for look in ("light", "dark"):
            self.page.emulate_media(color_scheme=look)
            assert violations(self.page) == []
        self.page.emulate_media(color_scheme="light")

    def follow(self, name: str) -> str:
        """Press a link of the banner; the path of its page."""
        go(self.page).locator(".health").get_by_role("link", name=name).click()
        self.page.wait_for_load_state()
        return path_of(self.page.url)

    def expect_well(self) -> None:
        heading = go(self.page).get_by_role("heading", name="Healthy", exact=True)
        expect(heading).to_be_visible()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_load_state()

    def expect_mail(self, subject: str, connection: str, place: str, command: str) -> str:
        """The newest mail names the connection, the page and then the command; the page's path."""
        mail = self.mails.mails[-1]
        assert subject in str(mail["Subject"])
        text = text_of(mail)
        assert re.search(rf"^Connections? +.*{connection}", text, re.MULTILINE)
        addresses = dict(_PLACE.findall(text))
        flat = " ".join(text.split())
        assert flat.index(place) < flat.index(command)
        assert addresses[place].startswith(self.api.url)
        self.page.goto(addresses[place])
        return path_of(addresses[place])


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """In a thread: the browser's own loop occupies this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def through_a_line(incident: Incident, until_it_is_cut: ExitStack) -> None:
    """Lead everything to FibreFlow over a line of its own."""
    address = urlsplit(incident.world.database)
    line = until_it_is_cut.enter_context(SilentLine(address.port or 5432).carrying())
    near = address.netloc.rpartition(":")[0]
    there = address._replace(netloc=f"{near}:{line.port}").geturl()
    incident.world = replace(incident.world, database=there)
    incident.api.connect_fibreflow(there)
