"""`make secrets` writes what docker compose needs, keeps what is there, names what is missing."""

import json
import stat

import pytest

from dev.compose.secret_files import OWN, SecretFiles
from dev.errors import CannotRun

TICKETS = {
    "QCONTACT_API_URL": "https://api.example.test",
    "QCONTACT_API_KEY": "key-1",
    "DATABASE_URL": "postgresql://sync:pw@db.example.test/fibreflow?sslmode=require",
}
TENANT = {
    "QCONTACT_API_URL": "https://tenant.example.test",
    "QCONTACT_DIALECT": "entities",
    "QCONTACT_EMAIL": "sync@example.test",
    "QCONTACT_QUEUES": "7,8",
    "DATABASE_URL": TICKETS["DATABASE_URL"],
}


@pytest.fixture
def files(tmp_path):
    return SecretFiles(tmp_path / "secrets")


def connections(files):
    return json.loads((files.folder / "connections.json").read_text())


def test_each_secret_is_a_file_in_a_folder_that_keeps_others_out(files):
    written = files.write(TICKETS)
    assert sorted(written) == sorted(path.name for path in files.folder.iterdir())
    assert {*OWN, "connections.json", "broker_url"} <= set(written)
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    # A container reads its file as a user of its own.
    assert {stat.S_IMODE(p.stat().st_mode) for p in files.folder.iterdir()} == {0o644}


def test_connections_are_those_of_airflow(files):
    files.write(TICKETS)
    found = connections(files)
    assert found["qcontact_default"]["password"] == "key-1"
    assert found["fibreflow_default"]["extra"] == {"sslmode": "require"}
    assert "smtp_default" not in found


@pytest.mark.parametrize(
    ("given", "password", "client"),
    [
        ({"QCONTACT_PASSWORD": "p"}, "p", ""),
        ({"QCONTACT_ACCESS_TOKEN": "t", "QCONTACT_CLIENT": "cl1"}, "t", "cl1"),
    ],
    ids=["password", "token"],
)
def test_a_tenants_variables_become_the_connection(files, given, password, client):
    files.write(TENANT | given)
    assert connections(files)["qcontact_default"] == {
        "conn_type": "qcontact",
        "host": TENANT["QCONTACT_API_URL"],
        "login": "sync@example.test",
        "password": password,
        "extra": {"dialect": "entities", "client": client, "queues": "7,8"},
    }


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (TICKETS | {"QCONTACT_API_KEY": ""}, "QCONTACT_API_KEY"),
        (TICKETS | {"DATABASE_URL": ""}, "DATABASE_URL"),
        (TENANT, "QCONTACT_PASSWORD"),
        (TENANT | {"QCONTACT_PASSWORD": "p", "QCONTACT_EMAIL": ""}, "QCONTACT_EMAIL"),
        ({}, "QCONTACT_API_URL"),
    ],
    ids=["key", "database", "password", "email", "nothing"],
)
def test_what_is_missing_is_named_and_nothing_is_written(files, given, missing):
    with pytest.raises(CannotRun, match=missing):
        files.write(given)
    assert not files.folder.exists()


def test_a_second_time_changes_nothing(files):
    files.write(TICKETS)
    assert files.write(TICKETS) == []


def test_a_new_value_changes_its_file_alone(files):
    files.write(TICKETS)
    assert files.write(TICKETS | {"QCONTACT_API_KEY": "key-2"}) == ["connections.json"]


def test_connections_of_further_accounts_stay(files):
    files.write(TICKETS)
    path = files.folder / "connections.json"
    path.write_text(json.dumps(connections(files) | {"qcontact_north": {"conn_type": "qcontact"}}))
    files.write(TICKETS)
    assert connections(files)["qcontact_north"] == {"conn_type": "qcontact"}


def test_a_file_that_is_not_json_is_named(files):
    files.write(TICKETS)
    (files.folder / "connections.json").write_text("{")
    with pytest.raises(CannotRun, match=r"connections\.json is not JSON"):
        files.write(TICKETS)


def test_an_earlier_installations_password_is_kept_and_fits_into_addresses(files):
    files.write(TICKETS | {"POSTGRES_PASSWORD": "a/b@c", "REDIS_PASSWORD": "d:e"})
    read = {
        name: (files.folder / name).read_text() for name in ("airflow_database_url", "broker_url")
    }
    assert read == {
        "airflow_database_url": "postgresql+psycopg2://airflow:a%2Fb%40c@postgres/airflow",
        "broker_url": "redis://:d%3Ae@redis:6379/0",
    }


def test_the_demos_database_takes_the_password_that_was_made(files):
    demo = "postgresql://airflow:<POSTGRES_PASSWORD>@postgres/fibreflow_demo?sslmode=disable"
    files.write(TICKETS | {"DATABASE_URL": demo})
    password = (files.folder / "postgres_password").read_text()
    assert connections(files)["fibreflow_default"]["password"] == password


def test_the_owner_of_the_tables_may_be_another_role(files):
    owner = "postgresql://owner:pw@db.example.test/fibreflow"
    files.write(TICKETS | {"MIGRATOR_DATABASE_URL": owner})
    assert (files.folder / "migrator_database_url").read_text() == owner
    assert "owner" not in (files.folder / "connections.json").read_text()


def test_an_address_may_come_from_a_file(files, tmp_path):
    (tmp_path / "address").write_text(TICKETS["DATABASE_URL"] + "\n")
    files.write({**TICKETS, "DATABASE_URL": "", "DATABASE_URL_FILE": str(tmp_path / "address")})
    assert (files.folder / "migrator_database_url").read_text() == TICKETS["DATABASE_URL"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "MIGRATOR_DATABASE_URL"])
@pytest.mark.parametrize(
    "place",
    ["u:x@s3cret@h:5432/f", "u:s3cret/x@h/f", "u:p@h:s3cret/f", "u:s3cret%zz@h/f", "u:p@h:99999/f"],
    ids=["at", "slash", "port", "percent", "large-port"],
)
def test_an_address_that_cannot_be_used_is_refused_by_name(files, name, place):
    with pytest.raises(CannotRun, match=rf"^{name}\b") as refused:
        files.write(TICKETS | {name: f"postgresql://{place}"})
    assert "s3cret" not in str(refused.value)
    assert not files.folder.exists()
