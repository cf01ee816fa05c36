"""The endpoint where there are several accounts: each caller says which one is meant."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import pytest
from pydantic import SecretStr
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.request import ParamError
from qcontact_sync.core.windows import Trigger
from qcontact_sync.sync.lifecycle import RunOrder

from dev.airflow.environment import postgres_connection
from dev.database.postgres import drop_database
from tests.integration.endpoint.serving import HEALTH, SYNC, Installation, Server, serve
from tests.pristine_airflow import metadata_database
from tests.sync_roles import SyncRoles

pytestmark = pytest.mark.integration

ASYNC = {"Prefer": "respond-async"}
NORTH = {"account": "north"}
METADATA = "endpoint_airflow_north"
DEFAULT_DAG, NORTH_DAG = "qcontact_sync", "qcontact_sync_north"


@pytest.fixture(scope="module")
def norths_fibreflow(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    """DSN of the second account's database, for the sync."""
    with roles.database(pg_server, "endpoint_fibreflow_north") as owner:
        yield roles.as_runtime(owner)


@pytest.fixture(scope="module")
def north(
    pg_server: str,
    norths_fibreflow: str,
    installation: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """A second account, whose things these are, beside the default one; another Airflow knows both.

    That Airflow has a database of its own: it leaves nothing behind in the other tests' one.
    """
    file: Path = tmp_path_factory.mktemp("accounts") / "accounts.toml"
    file.write_text("[accounts.default]\n[accounts.north]\n")
    metadata = metadata_database(pg_server, METADATA)
    own = replace(
        installation,
        environment={**installation.on(metadata), "QCONTACT_SYNC_ACCOUNTS_FILE": str(file)},
        metadata_dsn=metadata,
        fibreflow=replace(installation.fibreflow, database_url=SecretStr(norths_fibreflow)),
        settings=Settings(account="north"),
        dag_id=NORTH_DAG,
    )
    own.tool("dags", "reserialize")
    default = installation.fibreflow.database_url.get_secret_value()
    own.know("fibreflow_default", postgres_connection(default))
    own.know("fibreflow_north", postgres_connection(norths_fibreflow))
    yield own
    drop_database(pg_server, METADATA)


@pytest.fixture(scope="module")
def two_server(north: Installation) -> Iterator[Server]:
    with serve(north) as running:
        yield running


@pytest.fixture
def caller(two_server: Server, north: Installation) -> Iterator[httpx.Client]:
    north.forget_runs()
    with two_server.admitted() as client:
        yield client


def started(north: Installation) -> list[str]:
    return [run["dag_id"] for run in north.runs()]


def test_a_trigger_starts_the_dag_of_the_account_that_is_named(caller, north):
    answer = caller.post(SYNC, params=NORTH, headers=ASYNC)

    (run,) = north.runs()
    job_id = str(uuid5(NAMESPACE_URL, f"{NORTH_DAG}/{run['run_id']}"))
    assert (answer.status_code, run["dag_id"]) == (202, NORTH_DAG)
    assert answer.json()["data"]["job_id"] == job_id
    assert answer.headers["location"] == f"{SYNC}/{job_id}?account=north"
    assert caller.get(answer.headers["location"]).json()["data"]["status"] == "queued"


def test_without_an_account_the_default_one_is_meant(caller, north):
    caller.post(SYNC, headers=ASYNC)

    assert started(north) == [DEFAULT_DAG]


def test_the_record_comes_from_the_accounts_own_database(caller, north):
    location = caller.post(SYNC, params=NORTH, headers=ASYNC).headers["location"]
    north.carry_out(north.runs()[0])

    data = caller.get(location).json()["data"]

    assert data["status"] == "success"
    assert data["summary"]["inbound"]["created"] == 3


def test_a_run_is_not_found_under_another_account(caller):
    job_id = caller.post(SYNC, params=NORTH, headers=ASYNC).json()["data"]["job_id"]

    assert caller.get(f"{SYNC}/{job_id}").status_code == 404


def test_equal_params_and_keys_of_two_accounts_are_two_runs(caller, north):
    caller.post(SYNC, headers=ASYNC)
    key = {**ASYNC, "Idempotency-Key": f"same-{uuid4()}"}

    joined = caller.post(SYNC, headers=key)
    other = caller.post(SYNC, params=NORTH, headers=key)

    assert started(north) == [DEFAULT_DAG, NORTH_DAG]
    assert joined.json()["data"]["job_id"] != other.json()["data"]["job_id"]


@pytest.mark.parametrize("name", ["west", "", "monitor", "\x00", "north "])
def test_an_account_that_is_not_there_starts_nothing(caller, north, name):
    answer = caller.post(SYNC, params={"account": name}, headers=ASYNC)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    assert "default, north" in answer.json()["error"]["message"]
    assert started(north) == []


def test_who_may_not_call_learns_of_no_account(two_server):
    with two_server.client(Authorization="Bearer wrong") as stranger:
        answer = stranger.post(SYNC, params={"account": "west"})

    assert answer.status_code == 401
    assert "north" not in answer.text


def test_health_is_that_of_all_accounts_or_with_the_secret_of_one(caller, north):
    north.carry_out({"run_id": f"well-{uuid4()}", "conf": {}})

    assert caller.get(HEALTH, params=NORTH).status_code == 200
    refused = [caller.get(HEALTH, params={"account": name}) for name in ("west", "")]
    assert [answer.status_code for answer in refused] == [422, 422]


def test_health_does_not_tell_strangers_which_accounts_exist(north, two_server):
    """Whatever the name, and whatever the account's own state: the answer is that of all."""
    order = RunOrder(NORTH_DAG, f"refused-{uuid4()}", Trigger.MANUAL, {"start_date": "nonsense"})
    with pytest.raises(ParamError):
        north.carry_out_order(order)
    with two_server.client() as anybody:
        names = [{}, *({"account": name} for name in ("default", "north", "west", ""))]
        answers = [anybody.get(HEALTH, params=named) for named in names]
        wrong = anybody.get(HEALTH, params=NORTH, headers={"Authorization": "Bearer wrong"})

    given = {(a.status_code, a.json().get("message"), str(a.json().get("error"))) for a in answers}
    assert len(given) == 1
    assert wrong.status_code == 401
