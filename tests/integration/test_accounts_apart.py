"""Two accounts, each with a QContact and a FibreFlow: nothing of one is the other's."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ConfigError, RetryableError
from qcontact_sync.jobs import resolve_conflict
from qcontact_sync.reporting.alerts import Rule
from qcontact_sync.reporting.mail import Mail
from qcontact_sync.services.alerting import check_alerts
from qcontact_sync.services.drift_check import compare_sample
from qcontact_sync.services.retention import delete_old_rows

from dev.database.postgres import database_dsn, drop_database
from sandbox.faults import Fault
from sandbox.running import run_sandbox
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.kept_connections import kept_connections as kept_connections
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NAMES = ("north", "south")
PATIENCE_S = 120
PAGE = Path(__file__).parents[2] / "docs" / "accounts.md"


@dataclass(frozen=True)
class Accounts:
    north: World
    south: World


@pytest.fixture
def accounts(pg_server: str, template_db: str, roles: SyncRoles) -> Iterator[Accounts]:
    worlds = {}
    try:
        with (
            run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as north,
            run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as south,
        ):
            for name, sandbox in zip(NAMES, (north, south), strict=True):
                owner = _cloned(pg_server, template_db, f"accounts_{name}")
                world = World(sandbox, roles.as_runtime(owner), owner)
                world.settings = Settings(
                    account=name, retry_budget_s=0, connections=4, alert_to=f"{name}@example.test"
                )
                worlds[name] = world
            yield Accounts(**worlds)
    finally:
        for name in NAMES:
            drop_database(pg_server, f"accounts_{name}")


def _cloned(server: str, template: str, name: str) -> str:
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(clone.format(sql.Identifier(name), sql.Identifier(template)))
    return database_dsn(server, name)


class Mails:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def __call__(self, mail: Mail) -> None:
        self.sent.append((mail.address, mail.subject, mail.text_body))


def reported_rules(world: World, mails: Mails) -> list[Rule]:
    changes = asyncio.run(check_alerts(world.fibreflow_access, world.settings, mails))
    return [change.alert.rule for change in changes]


def break_down(world: World) -> None:
    """Its QContact refuses everything."""
    world.qcontact.faults.extend([Fault(do="answer", status=403, times="forever")])


def test_tickets_of_the_same_id_stay_with_their_account(accounts):
    ids = {name: getattr(accounts, name).add_ticket(title=name) for name in NAMES}
    assert ids["north"] == ids["south"]

    for world in (accounts.north, accounts.south):
        assert world.run().status == "success"

    assert accounts.north.local(ids["north"])["title"] == "north"
    assert accounts.south.local(ids["south"])["title"] == "south"


def test_each_has_its_own_cursor_lease_and_record(accounts):
    accounts.north.add_ticket()
    accounts.north.run()

    assert [r["account"] for r in accounts.north.rows("SELECT * FROM qcontact_cursor")] == ["north"]
    assert [r["account"] for r in accounts.north.rows("SELECT * FROM qcontact_lease")] == ["north"]
    assert [r["account"] for r in accounts.north.rows("SELECT * FROM qcontact_run")] == ["north"]
    assert accounts.south.cursor() is None
    assert accounts.south.history() == []


def test_a_run_of_one_does_not_wait_for_a_run_of_the_other(accounts):
    accounts.south.add_ticket()
    accounts.north.run()
    accounts.north.execute(
        "UPDATE qcontact_lease SET holder = 'somebody', expires_at = now() + interval '1 hour',"
        " host = 'elsewhere', pid = 1"
    )

    assert accounts.south.run().status == "success"


def test_what_one_account_cannot_take_is_in_its_own_quarantine(accounts):
    accounts.north.add_ticket(title="")
    ticket = accounts.south.add_ticket()

    for world in (accounts.north, accounts.south):
        world.run()

    assert len(accounts.north.quarantine()) == 1
    assert accounts.south.quarantine() == {}
    assert accounts.south.local(ticket)["title"] == "No light"


def test_an_account_that_is_broken_leaves_the_other_one_as_it_is(accounts):
    tickets = {name: getattr(accounts, name).add_ticket() for name in NAMES}
    for world in (accounts.north, accounts.south):
        world.run()
    break_down(accounts.north)
    accounts.south.set_local(tickets["south"], status="qa_approved")
    mails = Mails()

    with ThreadPoolExecutor() as pool:
        north, south = pool.map(lambda world: world.run(), (accounts.north, accounts.south))

    assert (north.status, south.status) == ("failed", "success")
    assert [ticket for ticket, _ in accounts.south.patches()] == [tickets["south"]]
    assert reported_rules(accounts.north, mails) == [Rule.RUN_FAILED]
    assert reported_rules(accounts.south, mails) == []
    ((address, subject, text),) = mails.sent
    assert address == "north@example.test"
    assert subject.startswith("[qcontact_sync] north: run failed")
    assert "Account" in text


def test_an_account_whose_database_is_away_leaves_the_other_one_as_it_is(accounts, pg_server):
    accounts.south.add_ticket()
    accounts.north.database = database_dsn(pg_server, "nobody_made_this")

    with pytest.raises(RetryableError):
        accounts.north.run()

    assert accounts.south.run().status == "success"


def test_limits_are_an_accounts_own(accounts):
    for world, connections in ((accounts.north, 4), (accounts.south, 1)):
        world.configure(connections=connections, page_size=1)
        for _ in range(8):
            world.add_ticket()
        world.qcontact.faults.extend([Fault(do="delay", delay_s=0.1, times="forever")])

    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda world: world.run(), (accounts.north, accounts.south)))

    assert [result.status for result in ran] == ["success", "success"]
    assert accounts.south.qcontact.most_in_flight == 1
    assert 1 < accounts.north.qcontact.most_in_flight <= 4


def test_a_database_stays_with_the_account_that_worked_in_it_first(accounts):
    accounts.north.add_ticket()
    accounts.north.run()
    accounts.south.database = accounts.north.database
    before = accounts.north.snapshot()
    named = "belongs to account north, not to south"

    fibreflow, qcontact = accounts.south.sides
    settings = accounts.south.settings
    for dry_run in (False, True):
        with pytest.raises(ConfigError, match=named):
            accounts.south.run(dry_run=dry_run)
    with pytest.raises(ConfigError, match=named):
        asyncio.run(check_alerts(accounts.south.fibreflow_access, accounts.south.settings, None))
    with pytest.raises(ConfigError, match=named):
        asyncio.run(compare_sample(fibreflow, qcontact, settings))
    with pytest.raises(ConfigError, match=named):
        asyncio.run(delete_old_rows(accounts.south.fibreflow_access, 30, "south"))
    with pytest.raises(ConfigError, match=named):
        resolve_conflict(fibreflow, qcontact, settings, "x", "local")

    assert accounts.north.snapshot() == before


def test_of_two_accounts_that_come_to_an_empty_database_at_once_one_gets_it(accounts):
    accounts.south.database = accounts.north.database

    def start(world: World) -> str:
        try:
            world.start(world.order())
        except ConfigError:
            return "refused"
        return world.settings.account

    with ThreadPoolExecutor() as pool, psycopg.connect(accounts.north.database) as connection:
        # Both read that nobody is there before either can say that it is.
        connection.execute("LOCK TABLE qcontact_lease IN SHARE MODE")
        coming = [pool.submit(start, world) for world in (accounts.north, accounts.south)]
        wait_for_two_that_wait(accounts.north)
        connection.rollback()
        came = sorted(future.result() for future in coming)

    (owner,) = accounts.north.rows("SELECT account FROM qcontact_lease")
    assert came == sorted([owner["account"], "refused"])
    assert len(accounts.north.history()) == 1


def wait_for_two_that_wait(world: World) -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + PATIENCE_S
    while world.value(waiting) < 2:
        assert time.monotonic() < deadline, "the two did not come as far"
        time.sleep(0.02)


def test_a_database_is_given_to_an_account_of_another_name_as_the_page_says(accounts):
    ticket = accounts.north.add_ticket()
    accounts.north.run()
    (statements,) = re.findall(r"<<'SQL'\n(.+?)\nSQL\n", PAGE.read_text(), re.DOTALL)
    accounts.north.execute(statements.replace(":'old'", "'north'").replace(":'new'", "'west'"))
    cursor = accounts.north.cursor()

    with pytest.raises(ConfigError, match="belongs to account west"):
        accounts.north.run()
    accounts.north.configure(account="west")
    accounts.north.edit(ticket, title="Slow light")
    assert accounts.north.run().status == "success"

    assert accounts.north.local(ticket)["title"] == "Slow light"
    assert accounts.north.cursor() > cursor


def test_a_dry_run_makes_no_database_its_own(accounts):
    accounts.south.run(dry_run=True)

    assert accounts.south.rows("SELECT * FROM qcontact_lease") == []
