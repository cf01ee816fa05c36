"""Two workers behind a real Redis keep accounts in step; one of them dies in the middle.

`make test` has a worker in ``test_compose_services.py``, and runs that are killed in
``tests/integration/kills``.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from dev.demo.counting import Change, count
from tests.deployment import compose_file
from tests.deployment.fleet import Account, accounts, write_accounts_file
from tests.deployment.loopback import Loopback, demo_variables, loopback
from tests.e2e.airflow_client import ALL_GREEN, AirflowClient

pytestmark = [pytest.mark.e2e, pytest.mark.redis, pytest.mark.deep, pytest.mark.timeout(900)]

NAMES = ("north", "south", "east")
TICKETS = 120
WORKERS = (1, 2)
STAY_UP = ("redis", "api-server", "dag-processor", "triggerer", "scheduler")
# Of an installation's five minutes, until the scheduler gives up a task that is no longer heard of.
HEARTBEAT_TIMEOUT_S = 12
# Of an installation's ten minutes, for a task that a worker took and never began.
QUEUED_TIMEOUT_S = 40
RECOVERED_S = 400
FIRST_PAGE_ONLY = {"do": "delay_answer", "method": "GET", "after": 1, "times": "forever"}


@dataclass
class Fleet:
    system: Loopback
    accounts: list[Account]
    client: AirflowClient

    def run_all(self) -> dict[str, str]:
        """Start a run of every account at once; their ids."""
        return {a.dag_id: self.client.start_run(dag_id=a.dag_id) for a in self.accounts}

    def worker_of(self, account: Account) -> int | None:
        """The worker that holds the account's lease now."""
        with psycopg.connect(account.dsn) as connection:
            found = connection.execute("SELECT pid FROM qcontact_lease WHERE holder IS NOT NULL")
            for (pid,) in found:
                sessions = {self.system.running.session_of(f"worker-{n}"): n for n in WORKERS}
                return sessions.get(os.getsid(pid))
        return None


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, pg_server: str) -> Iterator[Fleet]:
    root = tmp_path_factory.mktemp("fleet")
    with accounts(pg_server, NAMES, TICKETS) as found:
        write_accounts_file(root / "accounts.toml", found, page_size=5, connections=1)
        settings = {
            "QCONTACT_SYNC_ACCOUNTS_FILE": str(root / "accounts.toml"),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT_S),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
            # The worker that dies may have taken a task that it has not begun: no heartbeat.
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(QUEUED_TIMEOUT_S),
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
        }
        for account in found:
            settings |= account.connections()
        proposed = compose_file.example("docker compose with a fleet of workers")
        variables = demo_variables() | {"EXECUTOR": proposed["EXECUTOR"]}
        profile = proposed["COMPOSE_PROFILES"]
        with loopback(root, variables, settings, profile) as system:
            yield from _started(system, found)


def _started(system: Loopback, found: list[Account]) -> Iterator[Fleet]:
    done = system.once("airflow-init")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in STAY_UP:
        system.start(name)
        if name == "redis":
            system.await_healthy("redis")
    for number in WORKERS:
        system.start("worker", number)
    client = system.client()
    for account in found:
        system.running.wait_until(
            lambda: client.dag(account.dag_id) is not None,  # noqa: B023
            account.dag_id,
            timeout_s=180,
        )
    yield Fleet(system, found, client)
    client.close()


@pytest.fixture(scope="module")
def imported(fleet: Fleet) -> Fleet:
    """All accounts were unpaused at once, and their first runs are over."""
    for account in fleet.accounts:
        fleet.client.unpause(account.dag_id)
    for account in fleet.accounts:
        (first,) = fleet.client.wait_for_scheduled(account.dag_id)
        assert first.state == "success"
    return fleet


@pytest.fixture(scope="module")
def changes(imported: Fleet) -> dict[str, list[Change]]:
    """What people did, and a run of each account carried, though a worker died in one's inbound."""
    made = {account.name: account.edit_both_sides() for account in imported.accounts}
    victim, system = imported.accounts[0], imported.system
    victim.sandbox.world.faults.add(**FIRST_PAGE_ONLY, delay_s=600)
    runs = imported.run_all()
    faults = victim.sandbox.world.faults
    system.running.wait_until(
        lambda: any(rule.hits for rule in faults.rules()), "the middle", timeout_s=180
    )
    worker = imported.worker_of(victim)
    assert worker
    system.running.kill(f"worker-{worker}")
    faults.clear()
    for dag_id, run_id in runs.items():
        run = imported.client.wait(run_id, dag_id, RECOVERED_S)
        assert (run.state, imported.client.tasks(dag_id, run_id)) == ("success", ALL_GREEN)
    assert imported.client.tries(runs[victim.dag_id], "inbound_sync", victim.dag_id) == 2
    return made


@pytest.mark.parametrize("number", WORKERS)
def test_a_worker_is_found_well(number, fleet):
    fleet.system.await_healthy("worker", number)


def test_every_account_has_its_own_tickets_each_once(imported):
    for account in imported.accounts:
        sides = account.both_sides()
        assert {t: len(rows) for t, rows in sides.here.items()} == dict.fromkeys(sides.there, 1)


def test_though_a_worker_dies_nothing_is_lost_doubled_or_sent_twice(imported, changes):
    for account in imported.accounts:
        tally = count(changes[account.name], account.both_sides())
        assert tally.is_clean, (account.name, tally.findings())


def test_the_run_whose_worker_died_is_on_record_once_as_a_success(imported, changes):
    for account in imported.accounts:
        with psycopg.connect(account.dsn) as connection:
            statuses = connection.execute("SELECT status FROM sync_job_history").fetchall()
        assert statuses == [("success",)] * 2
