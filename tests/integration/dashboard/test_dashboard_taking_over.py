"""A database of the lineage "maintenance" that was taken over: half of it is done here and open
there, and a person settles all of it in the browser. `make prove` does it with 900 tickets.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from dev.airflow.credentials import Credentials
from dev.airflow.environment import Sides, airflow_environment
from dev.database.postgres import database_dsn, free_port
from dev.settings import RemoteAccess
from dev.state import RunDirectory
from sandbox.running import Sandbox, run_sandbox
from tests.depth import IS_DEEP
from tests.integration.dashboard.browsing import go, opened
from tests.integration.dashboard.conftest import ApiServer, served
from tests.integration.lineage import maintenance
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.browser, pytest.mark.timeout(900)]

TICKETS = 900 if IS_DEEP else 24
DONE = TICKETS // 2
Result = TypeVar("Result")
LIMIT = 10
"""MAX_OUTBOUND: the decision is a flood."""
ADOPTED = """
INSERT INTO maintenance_tickets (
    ticket_uid, source, external_id, title, type, ticket_category, status, created_by
)
VALUES (
    %s, 'qcontact', %s, %s, 'maintenance', 'maintenance', %s,
    '00000000-0000-4000-8000-000000000001'
)
"""


@dataclass
class Takeover:
    """Both sides after the first run, and the server."""

    world: World
    api: ApiServer
    done: list[str]

    def carry_out(self, conf: dict[str, object]) -> None:
        """What the scheduler does with the run that a button made."""
        beside_the_browser(lambda: self.world.run(**conf))

    def conf_of_run(self) -> dict[str, object]:
        """Of the only run that waits in Airflow, which is then gone."""
        (run,) = self.api.airflow("DELETE FROM dag_run RETURNING conf, triggering_user_name")
        assert run["triggering_user_name"] == "clerk"
        return run["conf"] if isinstance(run["conf"], dict) else json.loads(run["conf"])

    def sent(self) -> int:
        return sum(entry.by == "api" for entry in self.world.qcontact.journal)


def beside_the_browser(act: Callable[[], Result]) -> Result:
    """A run has an event loop of its own, and the browser's is in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(act).result()


@pytest.fixture(params=["entities", "tickets"] if IS_DEEP else ["entities"])
def takeover(
    request: pytest.FixtureRequest,
    api_server: ApiServer,
    pg_server: str,
    roles: SyncRoles,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Takeover]:
    maintenance.use("own_words.toml", monkeypatch)
    with (
        maintenance.template(pg_server, roles, "own_words.toml") as name,
        run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S, dialect=request.param) as sandbox,
    ):
        owner = database_dsn(pg_server, name)
        world = World(sandbox, roles.as_runtime(owner), owner)
        world.configure(max_outbound=LIMIT)
        done = adopt(world)
        run = RunDirectory(tmp_path_factory.mktemp("taking-over"))
        environment = of_server(run, api_server, world)
        accounts = api_server.accounts
        with served(run, environment, roles, accounts, api_server.metadata_dsn) as api:
            api.pause(False)
            yield Takeover(world, api, done)
        world.line.hang_up()


def adopt(world: World) -> list[str]:
    """QContact ids of the tickets that are done here; after the first run all are linked."""
    ids = [world.qcontact.add(title=f"FT{n:06}", status="Open") for n in range(TICKETS)]
    rows = [
        (f"VF-20260101-{n:03}", remote_id, f"FT{n:06}", "resolved" if n < DONE else "open")
        for n, remote_id in enumerate(ids)
    ]
    with psycopg.connect(world.owner) as connection:
        connection.cursor().executemany(ADOPTED, rows)
    assert beside_the_browser(world.run).status == "success"
    return ids[:DONE]


def of_server(run: RunDirectory, usual: ApiServer, world: World) -> dict[str, str]:
    """The environment of an API server on the lineage, which shares Airflow's own database."""
    run.logs.mkdir()
    run.airflow_home.mkdir()
    return {
        **airflow_environment(
            {},
            run,
            Credentials(),
            metadata_dsn=usual.metadata_dsn,
            ui_port=free_port(),
            sides=Sides(remote_access(world.sandbox), world.database),
        ),
        "QCONTACT_SYNC_SCHEMA": maintenance.MAINTENANCE,
        "QCONTACT_SYNC_MAPPING_FILE": str(maintenance.HERE / "own_words.toml"),
        "QCONTACT_SYNC_MAX_OUTBOUND": str(LIMIT),
        "QCONTACT_SYNC_ACCOUNTS_FILE": str(usual.accounts),
    }


def remote_access(sandbox: Sandbox) -> RemoteAccess:
    if sandbox.dialect == "entities":
        return RemoteAccess(sandbox.url, sandbox.password, "entities", sandbox.email)
    return RemoteAccess(sandbox.url, sandbox.api_key)


@pytest.fixture
def page(chrome: Browser, takeover: Takeover) -> Iterator[Page]:
    context = opened(chrome, takeover.api, "clerk")
    yield context.new_page()
    context.close()


def test_a_person_settles_all_that_is_done_here_and_open_there(page: Page, takeover: Takeover):
    """Filter, choose all, see each value, decide, confirm the flood, and find each decision."""
    world = takeover.world
    go(page).get_by_role("link", name="Compare", exact=True).click()
    page.get_by_role("link", name="done in FibreFlow, open in QContact").click()
    expect(page.get_by_text(f"{DONE} shown of {TICKETS} linked tickets")).to_be_visible()
    page.get_by_role("link", name="Select all shown").click()
    page.get_by_role("button", name="Plan: keep FibreFlow").click()

    expect(page.get_by_text(f"{DONE} tickets to decide")).to_be_visible()
    planned = page.locator("tbody tr").all_inner_texts()
    assert len(planned) == DONE
    assert all({"status", "resolved", "Open"} <= set(row.split()) for row in planned)
    uids = {row.split()[0] for row in planned}
    assert (takeover.sent(), decided(world)) == (0, [])

    page.get_by_role("button", name="Keep FibreFlow").click()
    expect(page.get_by_role("status").first).to_contain_text("the next run sends them")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status").first).to_contain_text("A run starts")
    takeover.carry_out(takeover.conf_of_run())
    assert takeover.sent() == 0

    go(page, "/pending")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pending outbound: held")
    page.get_by_role("link", name="Confirm…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Send {DONE} pending tickets?")
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.get_by_role("status").first).to_contain_text("sends all pending changes")
    takeover.carry_out(takeover.conf_of_run())

    words = {world.remote(i)["status"].lower() for i in takeover.done}
    assert (words, takeover.sent()) == ({"solved"}, DONE)
    expect(go(page, "/compare?show=done_here").get_by_text("No such difference")).to_be_visible()
    assert decided(world) == [("kept local", "clerk", "resolved", "Open", DONE)]
    assert decisions_shown(page, "kept local, by clerk") == uids


def decided(world: World) -> list[tuple[object, ...]]:
    rows = world.rows(
        "SELECT resolution, decided_by, local_value, remote_value, count(DISTINCT remote_id)"
        " FROM qcontact_conflict WHERE decided_by IS NOT NULL GROUP BY 1, 2, 3, 4"
    )
    return [tuple(row.values()) for row in rows]


def decisions_shown(page: Page, outcome: str) -> set[str]:
    """The tickets of which the dashboard's pages say so."""
    go(page, "/conflicts").locator("summary").click()
    shown: set[str] = set()
    while True:
        rows = page.locator("#ended tbody tr", has_text=outcome)
        shown |= {text.split()[0] for text in rows.all_inner_texts()}
        older = page.get_by_role("link", name="Older")
        if not older.count():
            return shown
        older.click()
        page.wait_for_load_state()
