"""How the command line and Python reach the two sides."""

import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import (
    AccessToken,
    ApiKey,
    Dialect,
    FibreFlowAccess,
    Password,
    QContactAccess,
    access_from_env,
    fibreflow_from_env,
    qcontact_from_env,
)
from qcontact_sync.core.errors import ConfigError

URL = "https://api.example.test"
TICKETS = {"QCONTACT_API_URL": URL, "QCONTACT_API_KEY": "key-12345"}
ENTITIES = {"QCONTACT_API_URL": URL, "QCONTACT_DIALECT": "entities", "QCONTACT_EMAIL": "s@e.test"}
DATABASE_URL = "postgresql://sync@db.example.test/fibreflow"


@pytest.fixture
def environment(monkeypatch):
    """Only these variables."""
    for name in (
        "API_URL",
        "API_KEY",
        "DIALECT",
        "EMAIL",
        "PASSWORD",
        "ACCESS_TOKEN",
        "CLIENT",
        "QUEUES",
    ):
        monkeypatch.delenv(f"QCONTACT_{name}", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def give(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))

    return give


def test_both_sides_come_from_the_environment(environment):
    environment({**TICKETS, "DATABASE_URL": DATABASE_URL})

    assert access_from_env() == (
        FibreFlowAccess(SecretStr(DATABASE_URL)),
        QContactAccess(URL, ApiKey(SecretStr("key-12345"))),
    )


@pytest.mark.parametrize(
    ("variables", "credentials"),
    [
        pytest.param(
            {"QCONTACT_PASSWORD": "p-1"}, Password("s@e.test", SecretStr("p-1")), id="password"
        ),
        pytest.param(
            {"QCONTACT_ACCESS_TOKEN": "t-1", "QCONTACT_CLIENT": "c-1"},
            AccessToken("s@e.test", SecretStr("t-1"), "c-1"),
            id="token",
        ),
    ],
)
def test_the_entities_dialect_takes_a_login_and_queues(environment, variables, credentials):
    environment({**ENTITIES, **variables, "QCONTACT_QUEUES": "7, 8,"})

    assert qcontact_from_env() == QContactAccess(URL, credentials, Dialect.ENTITIES, ("7", "8"))


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        pytest.param({}, "QCONTACT_API_URL, QCONTACT_API_KEY, DATABASE_URL", id="nothing"),
        pytest.param(TICKETS, "DATABASE_URL", id="qcontact-alone"),
        pytest.param({**TICKETS, "DATABASE_URL": ""}, "DATABASE_URL", id="empty"),
        pytest.param(ENTITIES, "QCONTACT_PASSWORD, DATABASE_URL", id="entities"),
        pytest.param(
            {**ENTITIES, "QCONTACT_ACCESS_TOKEN": "t"}, "QCONTACT_CLIENT, DATABASE_URL", id="token"
        ),
    ],
)
def test_all_that_is_missing_is_named_at_once(environment, given, missing):
    environment(given)

    with pytest.raises(ConfigError, match=f"^not set: {missing}$"):
        access_from_env()


def test_a_dialect_that_does_not_exist_is_refused_by_its_variable(environment):
    environment({**TICKETS, "QCONTACT_DIALECT": "tickts"})

    with pytest.raises(ConfigError, match=r"^QCONTACT_DIALECT must be one of tickets, entities$"):
        qcontact_from_env()


@pytest.mark.parametrize("text", [DATABASE_URL, f"{DATABASE_URL}\n"], ids=["bare", "newline"])
def test_a_secret_may_come_from_a_file(environment, tmp_path, text):
    (tmp_path / "secret").write_text(text)
    environment({"DATABASE_URL_FILE": tmp_path / "secret"})

    assert fibreflow_from_env() == FibreFlowAccess(SecretStr(DATABASE_URL))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param({"DATABASE_URL_FILE": "/nowhere/s-1"}, "cannot be read", id="no-file"),
        pytest.param({"DATABASE_URL_FILE": "/dev/null"}, "is empty", id="empty-file"),
        pytest.param(
            {"DATABASE_URL_FILE": "/nowhere/s-1", "DATABASE_URL": DATABASE_URL},
            "both set",
            id="both-ways",
        ),
        pytest.param({"DATABASE_URL": "nonsense s-1"}, "is no PostgreSQL address", id="no-address"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_never_by_value(environment, given, reason):
    environment(given)

    with pytest.raises(ConfigError, match=rf"^DATABASE_URL.*{reason}") as refusal:
        fibreflow_from_env()

    assert "s-1" not in str(refusal.value)


def test_a_secret_never_shows_in_what_is_printed(environment):
    environment({**TICKETS, "DATABASE_URL": DATABASE_URL.replace("sync", "sync:p-12345")})

    assert "12345" not in repr(access_from_env())
