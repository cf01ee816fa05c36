import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from qcontact_sync.config.access import (
    AccessToken,
    ApiKey,
    Dialect,
    Password,
    QContactAccess,
)
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.on_airflow.connections import (
    configuration,
    fibreflow_database,
    qcontact_account,
)

from tests.unit.on_airflow.conftest import FIBREFLOW, QCONTACT


def test_both_sides_come_from_their_connections(define):
    define("qcontact_default", QCONTACT)
    define("fibreflow_default", FIBREFLOW)

    fibreflow, qcontact, _ = configuration("default")

    assert qcontact == QContactAccess(
        "https://api.example.test", ApiKey(SecretStr("key-12345")), Dialect.TICKETS
    )
    database = conninfo_to_dict(fibreflow.database_url.get_secret_value())
    assert database == {"host": "db.example.test", "dbname": "fibreflow"}


SECRET = SecretStr("key-12345")


@pytest.mark.parametrize(
    ("extra", "credentials", "queues"),
    [
        pytest.param({}, Password("sync@example.test", SECRET), (), id="password"),
        pytest.param(
            {"client": "cl1"}, AccessToken("sync@example.test", SECRET, "cl1"), (), id="token"
        ),
        pytest.param(
            {"queues": "7, 8"}, Password("sync@example.test", SECRET), ("7", "8"), id="queues"
        ),
    ],
)
@pytest.mark.usefixtures("both_sides")
def test_the_entities_dialect_takes_a_login_in_place_of_the_key(define, extra, credentials, queues):
    fields = {"login": "sync@example.test", "extra": {"dialect": "entities", **extra}}
    define("qcontact_default", {**QCONTACT, **fields})

    _, qcontact, _ = configuration("default")

    assert qcontact.credentials == credentials
    assert (qcontact.dialect, qcontact.queues) == (Dialect.ENTITIES, queues)


@pytest.mark.usefixtures("both_sides")
def test_the_entities_dialect_needs_an_address_to_sign_in_with(define):
    define("qcontact_default", {**QCONTACT, "extra": {"dialect": "entities"}})

    with pytest.raises(ConfigError, match="qcontact_default: no e-mail address"):
        configuration("default")


@pytest.mark.usefixtures("both_sides")
def test_what_only_entities_needs_is_ignored_by_tickets(define):
    """As the command line ignores its variables, and the form says."""
    extra = {"dialect": "tickets", "queues": "7", "client": "cl1"}
    define("qcontact_default", {**QCONTACT, "login": "sync@example.test", "extra": extra})

    _, qcontact, _ = configuration("default")

    assert qcontact == QContactAccess("https://api.example.test", ApiKey(SECRET))


def test_port_0_is_no_port(define):
    """Airflow's UI sends it for a hidden field that is empty."""
    define("qcontact_default", {**QCONTACT, "port": 0, "schema": ""})
    define("fibreflow_default", {**FIBREFLOW, "port": 0})

    fibreflow, qcontact, _ = configuration("default")

    assert qcontact.url == "https://api.example.test"
    assert "port" not in conninfo_to_dict(fibreflow.database_url.get_secret_value())


@pytest.mark.usefixtures("both_sides")
def test_a_secret_never_shows_in_what_is_printed():
    assert "key-12345" not in repr(configuration("default"))
    assert "key-12345" not in repr(qcontact_account("qcontact_default"))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        pytest.param({}, 100, id="unset"),
        pytest.param({"page_size": 50}, 50, id="number"),
        pytest.param({"page_size": "77"}, 77, id="text"),
        pytest.param({"page_size": ""}, 100, id="emptied-field"),
        pytest.param({"page_size": None}, 100, id="null"),
    ],
)
@pytest.mark.usefixtures("both_sides")
def test_an_option_of_the_connection_takes_the_place_of_the_setting(define, extra, expected):
    define("qcontact_default", {**QCONTACT, "extra": extra})

    *_, settings = configuration("default")

    assert settings.page_size == expected


@pytest.mark.usefixtures("both_sides")
def test_other_settings_still_come_from_the_environment(define, monkeypatch):
    define("qcontact_default", {**QCONTACT, "extra": {"timeout_s": "5"}})
    monkeypatch.setenv("QCONTACT_SYNC_TIMEOUT_S", "7")
    monkeypatch.setenv("QCONTACT_SYNC_REOPEN", "follow")

    *_, settings = configuration("default")

    assert (settings.timeout_s, settings.reopen) == (5, "follow")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"password": None}, "no API key", id="no-key"),
        pytest.param({"password": " "}, "no API key", id="blank-key"),
        pytest.param({"conn_type": "http"}, "has type http", id="other-type"),
        pytest.param({"extra": {"page_size": "many"}}, "extra page_size", id="not-a-number"),
        pytest.param({"extra": {"connections": 0}}, "extra connections", id="out-of-range"),
        pytest.param({"extra": {"pagesize": 5}}, "unknown extra pagesize", id="misspelt"),
        pytest.param({"extra": {"dialect": "tickts"}}, "extra dialect", id="no-dialect"),
        # Airflow 3.1 itself does not take such a connection.
        pytest.param({"extra": "[1]"}, "not a JSON object|is not defined", id="extra-is-a-list"),
        pytest.param({"host": None}, "base URL", id="no-host"),
        pytest.param({"host": "ftp://api.example.test"}, "base URL", id="scheme"),
        pytest.param({"host": "https://u:p@api.example.test"}, "no user", id="user-in-url"),
        pytest.param({"host": "https://api.example.test:http"}, "base URL", id="port"),
    ],
)
@pytest.mark.usefixtures("both_sides")
def test_what_cannot_be_used_is_refused_by_name_and_never_by_value(define, fields, named):
    define("qcontact_default", {**QCONTACT, **fields})

    with pytest.raises(ConfigError, match=named) as refusal:
        configuration("default")

    assert "connection qcontact_default" in str(refusal.value)
    assert "key-12345" not in str(refusal.value)
    assert "u:p" not in str(refusal.value)


@pytest.mark.usefixtures("both_sides")
def test_a_bad_setting_is_named_as_the_setting_that_it_is(monkeypatch):
    monkeypatch.setenv("QCONTACT_SYNC_PAGE_SIZE", "many")

    with pytest.raises(ConfigError, match="QCONTACT_SYNC_PAGE_SIZE"):
        configuration("default")


@pytest.mark.parametrize("defined", ["qcontact_default", "fibreflow_default"])
def test_a_connection_that_is_missing_fails_and_says_how_to_add_it(define, monkeypatch, defined):
    """There is no other way in: what the command line reads is not looked at."""
    monkeypatch.setenv("QCONTACT_API_URL", "https://elsewhere.example.test")
    monkeypatch.setenv("QCONTACT_API_KEY", "key-67890")
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere.example.test/fibreflow")
    fields = {"qcontact_default": QCONTACT, "fibreflow_default": FIBREFLOW}
    (missing,) = fields.keys() - {defined}
    define(defined, fields[defined])

    with pytest.raises(ConfigError, match=f"{missing} is not defined.*AIRFLOW_CONN_"):
        configuration("default")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("qcontact://:k3y45@api.example.test", "https://api.example.test"),
        ("qcontact://:k3y45@api.example.test:8443/http", "http://api.example.test:8443"),
        ("qcontact://https://:k3y45@api.example.test%2Fv1", "https://api.example.test/v1"),
    ],
    ids=["bare", "http-and-port", "path"],
)
def test_a_connection_written_as_a_uri_gives_the_same_base_url(monkeypatch, uri, expected):
    monkeypatch.setenv("AIRFLOW_CONN_QCONTACT_DEFAULT", uri)

    assert qcontact_account("qcontact_default").access.url == expected


def test_a_database_password_may_hold_anything_and_extras_are_handed_on(define):
    password = r"p @:/?#[]%20'\" =é"
    define(
        "fibreflow_default",
        {
            **FIBREFLOW,
            "port": 6432,
            "login": "sync user",
            "password": password,
            "extra": {"sslmode": "require", "connect_timeout": 5, "cursor": "dictcursor"},
        },
    )

    access = fibreflow_database("fibreflow_default")
    conninfo = conninfo_to_dict(access.database_url.get_secret_value())

    assert conninfo == {
        "host": "db.example.test",
        "port": "6432",
        "dbname": "fibreflow",
        "user": "sync user",
        "password": password,
        "sslmode": "require",
        "connect_timeout": "5",
    }


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"schema": None}, "Database", id="no-database"),
        pytest.param({"conn_type": "mysql"}, "has type mysql", id="other-type"),
        pytest.param({"extra": {"sslmod": "require"}}, "sslmod", id="no-libpq-option"),
        pytest.param({"extra": {"iam": True}}, "iam is not supported", id="token-sign-in"),
    ],
)
def test_a_database_connection_that_cannot_be_used_is_refused_by_name(define, fields, named):
    define("fibreflow_default", {**FIBREFLOW, "password": "p-12345", **fields})

    with pytest.raises(ConfigError, match=named) as refusal:
        fibreflow_database("fibreflow_default")

    assert "p-12345" not in str(refusal.value)
