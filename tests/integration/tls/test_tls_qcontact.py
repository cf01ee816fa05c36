"""HTTPS to a real QContact (the sandbox): a CA of one's own, and what does not verify."""

from datetime import timedelta
from pathlib import Path

import pytest
from qcontact_sync.config.settings import load_settings
from qcontact_sync.core.errors import ConfigError

from sandbox.running import run_sandbox
from tests.integration.certificates import Authority
from tests.integration.sync_world import CLOCK_OFFSET_S, World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def run(runtime_db: str, fibreflow_db: str, certificate: Path, ca_file: Path | None):
    """One run; what it came to, the world, and how many requests QContact has seen."""
    with run_sandbox(tickets=3, clock_offset_s=CLOCK_OFFSET_S, certificate=certificate) as sandbox:
        world = World(sandbox, runtime_db, fibreflow_db)
        world.configure(ca_file=str(ca_file) if ca_file else None)
        return world.run(), world, len(sandbox.world.requests)


def test_a_ca_of_ones_own_is_trusted_where_it_is_named(
    runtime_db: str, fibreflow_db: str, authority: Authority
) -> None:
    certificate = authority.issue("127.0.0.1")
    result, world, _ = run(runtime_db, fibreflow_db, certificate, authority.ca_file)
    assert result.status == "success"
    assert world.value("SELECT count(*) FROM tickets") == 3


@pytest.mark.parametrize(
    ("host", "lasts", "is_known", "reason"),
    [
        pytest.param("127.0.0.1", 1, False, "unable to get local issuer", id="unknown-authority"),
        pytest.param("qcontact.example.test", 1, True, "mismatch", id="another-host"),
        pytest.param("127.0.0.1", -1, True, "expired", id="expired"),
    ],
)
def test_what_does_not_verify_stops_the_run_and_says_what_to_do(
    runtime_db: str,
    fibreflow_db: str,
    authority: Authority,
    host: str,
    lasts: int,
    is_known: bool,
    reason: str,
) -> None:
    certificate = authority.issue(host, lasts=timedelta(days=lasts))
    ca_file = authority.ca_file if is_known else None
    result, world, requests = run(runtime_db, fibreflow_db, certificate, ca_file)
    assert (result.status, result.error_code) == ("failed", "NETWORK_ERROR")
    assert reason in (result.error_message or "")
    assert "QCONTACT_SYNC_CA_FILE" in (result.error_message or "")
    assert (requests, world.value("SELECT count(*) FROM tickets")) == (0, 0)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_is_none_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    monkeypatch.setenv("QCONTACT_SYNC_CA_FILE", str(path))
    with pytest.raises(ConfigError, match=r"QCONTACT_SYNC_CA_FILE.*PEM"):
        load_settings()
