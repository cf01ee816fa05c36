"""What `make run` is asked for: refused by name where it is wrong, and never shown."""

import json

import pytest

from dev.airflow.credentials import load_or_create
from dev.airflow.environment import postgres_connection, qcontact_connection
from dev.errors import CannotRun
from dev.settings import RemoteAccess, read_settings, without_systems

REAL = {
    "QCONTACT_API_URL": "https://qcontact.example.test/v1",
    "QCONTACT_API_KEY": "k-s3cret",
    "DATABASE_URL": "postgresql://app:pw-s3cret@db.example.test/fibreflow",
}


TENANT = {
    "QCONTACT_DIALECT": "entities",
    "QCONTACT_API_URL": "https://tenant.example.test",
    "QCONTACT_EMAIL": "sync@example.test",
    "QCONTACT_PASSWORD": "p-s3cret",
    "DATABASE_URL": REAL["DATABASE_URL"],
}


def test_nothing_set_is_the_demo_and_starts_afresh():
    settings = read_settings({"HOME": "/home/somebody"})
    assert settings.is_demo
    assert settings.starts_afresh
    assert not settings.once


def test_empty_values_count_as_unset():
    assert read_settings(dict.fromkeys(REAL, " ")).starts_afresh


def test_all_three_are_the_real_systems():
    settings = read_settings(REAL)
    assert settings.qcontact == RemoteAccess(REAL["QCONTACT_API_URL"], REAL["QCONTACT_API_KEY"])
    assert not settings.is_demo
    assert not settings.starts_afresh


def test_a_tenant_needs_a_login_in_place_of_the_key():
    queues = {"QCONTACT_QUEUES": "7,8"}
    expected = RemoteAccess(
        TENANT["QCONTACT_API_URL"], "p-s3cret", "entities", "sync@example.test", queues="7,8"
    )
    assert read_settings(TENANT | queues).qcontact == expected
    assert "s3cret" not in repr(expected)


def test_a_ready_token_needs_its_client():
    token = {"QCONTACT_ACCESS_TOKEN": "t-s3cret"}
    with pytest.raises(CannotRun, match="set, but not QCONTACT_CLIENT:"):
        read_settings(TENANT | token)
    access = read_settings(TENANT | token | {"QCONTACT_CLIENT": "cl1"}).qcontact
    assert access is not None
    assert (access.secret, access.client) == ("t-s3cret", "cl1")


@pytest.mark.parametrize("missing", sorted(TENANT.keys() - {"QCONTACT_DIALECT"}))
def test_a_half_set_tenant_is_refused_by_name(missing):
    half = {name: value for name, value in TENANT.items() if name != missing}
    with pytest.raises(CannotRun, match=f"set, but not {missing}:"):
        read_settings(half)


def test_a_secret_may_come_from_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("p-s3cret\n")
    given = TENANT | {"QCONTACT_PASSWORD": "", "QCONTACT_PASSWORD_FILE": str(file)}

    assert read_settings(given).qcontact == read_settings(TENANT).qcontact
    with pytest.raises(CannotRun, match="QCONTACT_PASSWORD and QCONTACT_PASSWORD_FILE are both"):
        read_settings(TENANT | {"QCONTACT_PASSWORD_FILE": str(file)})
    with pytest.raises(CannotRun, match="QCONTACT_PASSWORD_FILE: cannot be read"):
        read_settings(given | {"QCONTACT_PASSWORD_FILE": str(tmp_path / "nowhere")})


def test_dialect_is_the_demos_and_not_the_real_systems():
    assert read_settings({"DIALECT": "entities"}).demo_dialect == "entities"
    assert read_settings({}).demo_dialect == "tickets"
    with pytest.raises(CannotRun, match="set QCONTACT_DIALECT"):
        read_settings(REAL | {"DIALECT": "entities"})


def test_processes_get_no_access_but_the_one_that_was_chosen():
    given = {"QCONTACT_PASSWORD_FILE": "/f", "HOME": "/h", "QCONTACT_SYNC_OVERLAP_S": "60"}
    assert without_systems(given | TENANT) == {"HOME": "/h", "QCONTACT_SYNC_OVERLAP_S": "60"}


@pytest.mark.parametrize("given", [REAL, TENANT | {"QCONTACT_QUEUES": "7"}], ids=["key", "login"])
def test_the_command_line_gets_the_same_access(given):
    access = read_settings(given).qcontact
    assert access is not None
    assert {"QCONTACT_DIALECT": "tickets", **given} == {
        **access.variables,
        "DATABASE_URL": given["DATABASE_URL"],
    }


def test_a_database_that_was_given_is_never_emptied():
    settings = read_settings({"DATABASE_URL": REAL["DATABASE_URL"]})
    assert settings.is_demo
    assert not settings.starts_afresh


@pytest.mark.parametrize("missing", REAL)
def test_half_set_real_systems_are_refused_by_name(missing):
    half = {name: value for name, value in REAL.items() if name != missing}
    with pytest.raises(CannotRun, match=f"set, but not {missing}:") as refused:
        read_settings(half)
    assert not any(value in str(refused.value) for value in REAL.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QCONTACT_API_URL", "ftp://s3cret"),
        ("DATABASE_URL", "mysql s3cret"),
        ("ONCE", "s3cret"),
        ("DIALECT", "s3cret"),
        ("QCONTACT_DIALECT", "s3cret"),
    ],
)
def test_nonsense_is_refused_by_name_not_by_value(name, value):
    with pytest.raises(CannotRun, match=name) as refused:
        read_settings(REAL | {name: value})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(("text", "once"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_once(text, once):
    assert read_settings({"ONCE": text}).once is once


def test_credentials_are_made_once_and_are_private(tmp_path):
    path = tmp_path / "state" / "credentials.json"
    first = load_or_create(path)
    assert load_or_create(path) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_credentials_do_not_show_themselves(tmp_path):
    credentials = load_or_create(tmp_path / "credentials.json")
    assert credentials.jwt_secret not in repr(credentials)


def test_a_database_url_becomes_a_connection_with_its_options():
    url = "postgresql://app:p%40ss@db.example.test:6432/fibreflow?sslmode=require&connect_timeout=5"
    assert json.loads(postgres_connection(url)) == {
        "conn_type": "postgres",
        "host": "db.example.test",
        "port": 6432,
        "login": "app",
        "password": "p@ss",
        "schema": "fibreflow",
        "extra": {"sslmode": "require", "connect_timeout": "5"},
    }


def test_a_qcontact_url_keeps_its_path():
    connection = json.loads(
        qcontact_connection(RemoteAccess("https://q.example.test/api/v1/", "k"))
    )
    assert connection["host"] == "https://q.example.test/api/v1/"


def test_a_tenant_becomes_a_connection_with_its_login_and_queues():
    access = RemoteAccess("https://t.example.test", "p", "entities", "s@example.test", queues="7")
    assert json.loads(qcontact_connection(access)) == {
        "conn_type": "qcontact",
        "host": "https://t.example.test",
        "login": "s@example.test",
        "password": "p",
        "extra": {"dialect": "entities", "client": "", "queues": "7"},
    }
