"""TLS to a real PostgreSQL: verified unless the address says otherwise, and never quietly not."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from qcontact_sync.core.errors import ErrorCode, FatalError, RetryableError
from qcontact_sync.fibreflow import tls
from qcontact_sync.jobs import migrate

from tests.integration.certificates import Authority
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.mark.tls
def test_a_run_goes_through_where_the_certificate_is_that_of_the_host(
    tls_world: World, authority: Authority
) -> None:
    secured = make_conninfo(
        tls_world.database, host="localhost", sslrootcert=str(authority.ca_file)
    )
    with psycopg.connect(tls.verified(secured)) as connection:
        used = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert used.fetchone() == (True,)
    assert replace(tls_world, database=secured).run().status == "success"


@pytest.mark.tls
@pytest.mark.parametrize(
    ("host", "is_known", "reason"),
    [
        pytest.param("localhost", False, "unable to get local issuer", id="unknown-authority"),
        pytest.param("127.0.0.1", True, "IP address mismatch", id="another-host"),
    ],
)
def test_a_certificate_that_does_not_verify_is_fatal_and_nothing_is_written(
    tls_world: World,
    authority: Authority,
    stranger: Authority,
    host: str,
    is_known: bool,
    reason: str,
) -> None:
    ca_file = (authority if is_known else stranger).ca_file
    unproven = make_conninfo(tls_world.database, host=host, sslrootcert=str(ca_file))
    before = tls_world.snapshot()
    for use in (replace(tls_world, database=unproven).run, lambda: migrate(unproven)):
        with pytest.raises(FatalError, match=reason) as refused:
            use()
        assert refused.value.code is ErrorCode.DATABASE_ERROR
        assert "sslrootcert" in str(refused.value)
    assert tls_world.snapshot() == before
    assert tls_world.sent() == []


def test_a_server_without_tls_is_refused_where_verification_is_asked_for(
    world: World, authority: Authority
) -> None:
    """The tests' ordinary server has no TLS."""
    unproven = make_conninfo(world.database, sslrootcert=str(authority.ca_file))
    with pytest.raises(FatalError, match="offers no TLS"):
        replace(world, database=unproven).run()
    assert world.history() == []


def test_a_file_of_authorities_that_is_none_is_named(world: World, tmp_path) -> None:
    unproven = make_conninfo(world.database, sslrootcert=str(tmp_path / "missing.pem"))
    with pytest.raises(FatalError, match="sslrootcert"):
        replace(world, database=unproven).run()


@pytest.mark.parametrize(
    ("address", "sslmode"),
    [
        ("postgresql://sync@db.example.test/fibreflow", "verify-full"),
        ("postgresql://sync@10.1.2.3/fibreflow", "verify-full"),
        ("postgresql://sync@127.0.0.1,10.1.2.3/fibreflow", "verify-full"),
        ("postgresql://sync@db.example.test/fibreflow?sslmode=require", "require"),
        ("postgresql://sync@db/fibreflow?sslmode=disable", "disable"),
        ("postgresql://sync@db/fibreflow?sslmode=verify-ca", "verify-ca"),
        ("postgresql://sync@localhost/fibreflow?sslmode=verify-full", "verify-full"),
        ("host=db.example.test hostaddr=127.0.0.1 dbname=fibreflow", "verify-full"),
        ("hostaddr=10.1.2.3 dbname=fibreflow", "verify-full"),
        ("postgresql://sync@localhost/fibreflow", None),
        ("postgresql://sync@[::1]/fibreflow", None),
        ("postgresql://sync@127.0.0.1:6432/fibreflow", None),
        ("postgresql:///fibreflow", None),
        ("host=/var/run/postgresql dbname=fibreflow", None),
        ("postgresql://sync@localhost/fibreflow?sslrootcert=ca.pem", "verify-full"),
    ],
)
def test_an_address_that_names_no_sslmode_is_verified_off_this_machine(
    address: str, sslmode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PGSERVICE", "PGSSLMODE", "PGSSLROOTCERT", "PGHOST", "PGHOSTADDR"):
        monkeypatch.delenv(variable, raising=False)
    parts = conninfo_to_dict(tls.verified(address))
    assert parts.get("sslmode") == sslmode
    assert bool(parts.get("sslrootcert")) is (sslmode in ("verify-full", "verify-ca"))


@pytest.mark.parametrize(
    ("entry", "sslmode", "sslrootcert"),
    [
        pytest.param("host=db.example.test", "verify-full", None, id="another-machine"),
        pytest.param("hostaddr=10.1.2.3", "verify-full", None, id="another-address"),
        pytest.param("host=db.example.test\nsslmode=prefer", "verify-full", None, id="default"),
        pytest.param("host=db.example.test\nsslmode=require", None, None, id="says-require"),
        pytest.param(
            "host=db.example.test\nsslrootcert=own.pem", "verify-full", "own.pem", id="own-ca"
        ),
        pytest.param("host=localhost", None, None, id="this-machine"),
        pytest.param("host=/run/postgresql", None, None, id="socket"),
    ],
)
@pytest.mark.parametrize("address", ["postgresql:///fibreflow?service=app", "dbname=fibreflow"])
def test_an_address_from_a_service_file_is_verified_like_any_other(
    address: str,
    entry: str,
    sslmode: str | None,
    sslrootcert: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Named in the address or by PGSERVICE; the variables of libpq stand behind the file."""
    services = tmp_path / "pg_service.conf"
    services.write_text(f"[app]\n{entry}\n")
    for variable in ("PGSSLMODE", "PGSSLROOTCERT", "PGHOSTADDR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGSERVICE", "app")
    if "host=" in entry:
        monkeypatch.setenv("PGHOST", "localhost")
    parts = conninfo_to_dict(tls.verified(address))
    assert parts.get("sslmode") == sslmode
    if sslrootcert is not None:
        assert parts["sslrootcert"] == sslrootcert


def test_a_service_that_no_file_defines_fails_like_a_missing_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICEFILE", "/dev/null")
    with pytest.raises(RetryableError, match="no connection to the database"):
        replace(world, database=make_conninfo(world.database, service="none")).run()


def test_the_variables_of_libpq_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://sync@db.example.test/fibreflow"
    monkeypatch.setenv("PGSSLROOTCERT", "own.pem")
    assert conninfo_to_dict(tls.verified(address))["sslrootcert"] == "own.pem"
    monkeypatch.setenv("PGSSLMODE", "require")
    assert tls.verified(address) == address
    assert not tls.is_verified(address)
