"""The DAGs of several accounts, from one file."""

import subprocess
import sys
import warnings

import pytest
from qcontact_sync.config.accounts import ACCOUNTS_FILE

from tests.airflow_releases import AIRFLOWS_OWN, timetable_of
from tests.private_airflow import PROJECT

FILE = """
[accounts.north]
[accounts.south]
schedule = "20 */3 * * *"
fibreflow_conn_id = "south_database"
"""
READS = f"""
import runpy, sys
AIRFLOWS_OWN = {AIRFLOWS_OWN!r}
file, accounts = sys.argv[1:]
runpy.run_path(file)
opened = set()
def watch(event, details):
    if event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        opened.add(str(details[0]))
sys.addaudithook(watch)
runpy.run_path(file)
opened = {{name for name in opened if not any(part in name for part in AIRFLOWS_OWN)}}
print(sorted(opened - {{file}}) == [accounts], "qcontact_sync.jobs" in sys.modules)
"""


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Loads the DAG files beside an accounts file."""

    def load_with(text):
        from tests.airflow_releases import DagBag

        (tmp_path / "accounts.toml").write_text(text)
        monkeypatch.setenv(ACCOUNTS_FILE, str(tmp_path / "accounts.toml"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return DagBag(dag_folder=str(PROJECT / "dags"))

    return load_with


def test_each_account_has_its_two_dags_and_there_are_no_others(load):
    bag = load(FILE)

    assert bag.import_errors == {}
    assert set(bag.dags) == {
        "qcontact_sync_north",
        "qcontact_sync_monitor_north",
        "qcontact_sync_south",
        "qcontact_sync_monitor_south",
    }


def test_an_account_changes_names_and_schedule_and_nothing_else(load, dag):
    bag = load(FILE)

    for name, schedule in (("north", "0 */6 * * *"), ("south", "20 */3 * * *")):
        own = bag.dags[f"qcontact_sync_{name}"]
        assert timetable_of(own).summary == schedule
        assert set(own.params) == set(dag.params)
        assert {t.task_id: t.downstream_task_ids for t in own.tasks} == {
            t.task_id: t.downstream_task_ids for t in dag.tasks
        }
        assert own.max_active_runs == dag.max_active_runs


def test_accounts_announce_assets_of_their_own(load):
    bag = load(FILE)

    names = [bag.dags[f"qcontact_sync_{n}"].get_task("inbound_sync").outlets[0].name for n in
             ("north", "south")]  # fmt: skip
    assert names == ["fibreflow_tickets_written_north", "fibreflow_tickets_written_south"]


@pytest.mark.deadlines
def test_a_deadline_knows_whose_run_is_late(load):
    bag = load(FILE)

    deadline = bag.dags["qcontact_sync_south"].deadline
    assert [d.callback.kwargs for d in deadline] == [{"account": "south"}]


def test_the_manual_names_the_accounts_own_connections_and_dags(load):
    bag = load(FILE)

    page = bag.dags["qcontact_sync_south"].doc_md
    assert "Connections: `qcontact_south` (QContact), `south_database` (Postgres)." in page
    monitor = bag.dags["qcontact_sync_monitor_south"].doc_md
    assert "that a run of `qcontact_sync_south` cannot make" in monitor


def test_the_account_default_keeps_the_dags_that_there_are_without_a_file(load, dag_bag):
    bag = load("[accounts.default]\n[accounts.north]")

    assert set(dag_bag.dags) < set(bag.dags)
    assert bag.dags["qcontact_sync"].doc_md == dag_bag.dags["qcontact_sync"].doc_md


@pytest.mark.parametrize(
    ("text", "named"),
    [("[accounts.north]\nrate = 1", "'rate'"), ("[accounts.north", "not TOML in UTF-8")],
)
def test_a_bad_file_is_an_import_error_that_names_the_fault(load, text, named):
    bag = load(text)

    assert bag.dags == {}
    assert len(bag.import_errors) == 2
    assert all(named in error for error in bag.import_errors.values())


def test_a_worker_makes_the_dags_of_its_tasks_account_alone(load):
    from airflow.sdk.definitions._internal.dag_parsing_context import (
        _airflow_parsing_context_manager,
    )

    with _airflow_parsing_context_manager(dag_id="qcontact_sync_south"):
        bag = load(FILE)

    assert set(bag.dags) == {"qcontact_sync_south", "qcontact_sync_monitor_south"}


@pytest.mark.parametrize("file", sorted((PROJECT / "dags").glob("*.py")), ids=lambda f: f.stem)
def test_reading_a_dag_file_reads_the_accounts_file_and_nothing_else(file, tmp_path, monkeypatch):
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(FILE)
    monkeypatch.setenv(ACCOUNTS_FILE, str(accounts))

    done = subprocess.run(
        [sys.executable, "-c", READS, str(file), str(accounts)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == ["True", "False"], done.stderr
