"""What `make run` is asked for: refused by name where it is wrong, and never shown."""

import json

import pytest

from dev.airflow.credentials import load_or_create
from dev.airflow.environment import postgres_connection, qcontact_connection
from dev.errors import CannotRun
from dev.settings import RemoteAccess, read_settings

REAL = {
    "QCONTACT_API_URL": "https://qcontact.example.test/v1",
    "QCONTACT_API_KEY": "k-s3cret",
    "DATABASE_URL": "postgresql://app:pw-s3cret@db.example.test/fibreflow",
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
