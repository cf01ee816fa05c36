"""Addresses that can be used, and those that lead to this machine: one rule at every door."""

import json
import os
from pathlib import Path

import pytest
from qcontact_sync.core.addresses import base_url
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.fibreflow import tls
from qcontact_sync.qcontact.addresses import checked_base
from qcontact_sync.services.doctor_airflow import check_airflow

SECRET = "s3cr3t"
THIS_MACHINE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "sandbox.localhost",
    "127.0.0.1",
    "127.9.9.9",
    "::1",
]
ANOTHER = [
    "api.qcontact.com",
    "localhost.example.test",
    "notlocalhost",
    "10.0.0.5",
    "0.0.0.0",
    "2001:db8::1",
    "bücher.example",
]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.qcontact.com",
        "https://api.qcontact.com/prefix/",
        "http://127.0.0.1:8080",
        "https://[::1]:8443",
    ],
)
def test_a_base_url_that_can_be_used_is_kept_but_for_blanks(url: str) -> None:
    assert base_url(f"{url}\n", "QCONTACT_API_URL") == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://[::1", "cannot be read"),
        ("https://api.qcontact.com:port", "cannot be read"),
        ("https://api..qcontact.com", "empty part"),
        (f"https://{'x' * 64}.com", "63 characters"),
        (f"https://{'x.' * 130}com", "253 characters"),
        ("https://api qcontact.com", "no URL may hold"),
        ("https://api.qcontact.com/\N{ZERO WIDTH SPACE}", "no URL may hold"),
        ("https://api.qcontact.com\udce9", "not UTF-8"),
        ("https://api.qcontact.com\n/x", "line break"),
        ("api.qcontact.com", "must look like"),
        ("ftp://api.qcontact.com", "must look like"),
        ("https://", "must look like"),
        (f"https://user:{SECRET}@api.qcontact.com", "no user, query or fragment"),
        (f"https://api.qcontact.com?key={SECRET}", "no user, query or fragment"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused_in_one_sentence(url: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=rf"^QCONTACT_API_URL.*{reason}") as refused:
        base_url(url, "QCONTACT_API_URL")
    assert SECRET not in str(refused.value)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of an Airflow whose connections are variables."""
    program = tmp_path / "airflow"
    program.write_text("#!/bin/sh\necho 3.3.2\n")
    program.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    return {"AIRFLOW_HOME": str(tmp_path), "PATH": path}


def _doctor_warns(environment: dict[str, str], conn_type: str, **connection: object) -> bool:
    given = environment | {"AIRFLOW_CONN_OURS": json.dumps(connection)}
    found = {check.name for check in check_airflow(given, {"ours": conn_type})}
    return bool(found & {"connection ours TLS", "mail TLS"})


def _is_refused(url: str) -> bool:
    try:
        checked_base(url)
    except ConfigError as error:
        return "QCONTACT_SYNC_ALLOW_HTTP" in str(error)
    return False


@pytest.mark.parametrize("host", [*THIS_MACHINE, *ANOTHER])
def test_client_database_and_doctor_agree_which_host_is_this_machine(
    environment: dict[str, str], host: str
) -> None:
    url = f"http://[{host}]:8000" if ":" in host else f"http://{host}:8000"
    unverified = {"sslmode": "require"}
    open_mail = {"disable_ssl": True, "disable_tls": True}
    answers = {
        "client": _is_refused(url),
        "database": not tls.is_local(f"host={host}"),
        "doctor, QContact": _doctor_warns(environment, "qcontact", host=url),
        "doctor, FibreFlow": _doctor_warns(environment, "postgres", host=host, extra=unverified),
        "doctor, mail": _doctor_warns(environment, "smtp", host=host, extra=open_mail),
    }
    assert answers == dict.fromkeys(answers, host in ANOTHER)


def test_a_url_that_the_settings_take_is_one_that_the_client_takes() -> None:
    for host in (*THIS_MACHINE, *ANOTHER, "my_service", "x" * 63, "[::1]", "[fe80::1%25eth0]"):
        written = f"[{host}]" if host.count(":") > 1 and "[" not in host else host
        for url in (f"https://{written}", f"https://{written}:8443/a/b/"):
            assert str(checked_base(base_url(url, "QCONTACT_API_URL")))
