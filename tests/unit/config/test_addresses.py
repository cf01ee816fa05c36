"""Addresses and credentials as people write them."""

import pytest
from qcontact_sync.config.addresses import credential, database_address
from qcontact_sync.core.errors import ConfigError

GOOD = "postgresql://sync:p%40ss@db.example.test:5432/fibreflow"
SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "address",
    [
        GOOD,
        GOOD.replace("postgresql", "postgres"),
        f"{GOOD}?sslmode=require&channel_binding=require&options=endpoint%3Dep-1",
        "postgresql:///fibreflow?host=/var/run/postgresql",
        "postgresql://one.example.test,two.example.test:5433/fibreflow",
        "postgresql://sync@[2001:db8::1]:5432/fibreflow",
        "postgresql://sync:pa?ss#word@db.example.test/fibreflow",
        "host=db.example.test dbname=fibreflow password='with space'",
        "host=db.bücher.example dbname=fibreflow",
        "service=fibreflow",
        "",
    ],
)
def test_an_address_that_can_be_used_is_kept_but_for_blanks(address: str) -> None:
    for written in (address, f"{address}\n", f" {address}\r\n"):
        assert database_address(written, "DATABASE_URL") == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (f"{GOOD}?pgbouncer=true", "parameter pgbouncer: remove it; the sync works through"),
        (f"{GOOD}?schema=public&connection_limit=5", "schema, connection_limit: .*search_path"),
        (f"{GOOD}?sslmode=require&workaround=1", "parameter workaround"),
        ("host=db schema=public", "parameter schema"),
        (f"host=db password=two {SECRET}=3", "no PostgreSQL address.*quote"),
        (f"postgresql://sync:{SECRET}/2@db/fibreflow", "%2F"),
        (f"postgresql://sync:2/{SECRET}@db/fibreflow", "%2F"),
        (f"postgresql://sync:2/{SECRET}?x@db/fibreflow", "%2F"),
        (f"postgresql://sync:2@{SECRET}@db/fibreflow", "%40"),
        (f"postgresql://sync:2%{SECRET}@db/fibreflow", "%25"),
        (f"postgresql://sync:2 {SECRET}@db/fibreflow", "no PostgreSQL address"),
        (f"postgresql://sync:{SECRET}\n2@db/fibreflow", "line break"),
        (f"postgresql://sync:{SECRET}\udce9@db/fibreflow", "not UTF-8"),
        (f"postgresql+psycopg://sync:{SECRET}@db/fibreflow", "begin with postgresql://"),
        (f"jdbc:postgresql://db/fibreflow?password={SECRET}", "begin with postgresql://"),
        (f"mysql://sync:{SECRET}@db/fibreflow", "begin with postgresql://"),
        (f"postgresql://sync:{SECRET}@[::1/fibreflow", "no PostgreSQL address"),
        (f"postgresql://sync:{SECRET}@db..example/fibreflow", "empty part"),
        (f"postgresql://sync:{SECRET}@.example/fibreflow", "empty part"),
        (f"postgresql://sync:{SECRET}@{'x' * 64}.example/fibreflow", "63 characters"),
        (f"postgresql://sync:{SECRET}", "port must be a number"),
        (f"postgresql://sync:{SECRET}@db:70000/fibreflow", "port must be a number"),
        (f"{GOOD}?sslmode={SECRET}", "sslmode must be one of"),
        (f"{GOOD}?connect_timeout={SECRET}", "connect_timeout must be a whole number"),
        (SECRET, "no PostgreSQL address"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_one_sentence(
    address: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^DATABASE_URL.*{reason}") as refused:
        database_address(address, "DATABASE_URL")
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_key_is_what_a_header_may_hold() -> None:
    assert credential("key-1\r\n", "QCONTACT_API_KEY") == "key-1"
    for key in ("key\n1", "key\udce9", "clé", "key\x00"):
        with pytest.raises(ConfigError, match=r"^QCONTACT_API_KEY"):
            credential(key, "QCONTACT_API_KEY")
