"""CRON_SECRET on a real server: files, refused values, throttling, and what the log says."""

from pathlib import Path

import pytest

from tests.integration.endpoint.serving import NEW_SECRET, SECRET, SYNC, Server, serve

pytestmark = pytest.mark.integration

ASYNC = {"Prefer": "respond-async"}
# From these, and behind them as many callers as a test names.
PROXIED = {"FORWARDED_ALLOW_IPS": "127.0.0.1"}


def bearer(secret: str, address: str | None = None) -> dict[str, str]:
    forwarded = {"X-Forwarded-For": address} if address else {}
    return {"Authorization": f"Bearer {secret}", **ASYNC, **forwarded}


def logged(server: Server, event: str) -> list[str]:
    return [line for line in server.log.read_text().splitlines() if f"endpoint.{event}" in line]


def test_a_secret_comes_from_a_file_and_a_new_one_needs_no_restart(airflow, tmp_path: Path):
    file = tmp_path / "cron-secret"
    file.write_text(f"{SECRET}\n")
    with (
        serve(airflow, secret="", CRON_SECRET_FILE=str(file)) as server,
        server.client() as client,
    ):
        assert client.post(SYNC, headers=bearer(SECRET)).status_code == 202
        file.write_text(f"{NEW_SECRET},{SECRET}\n")
        assert client.post(SYNC, headers=bearer(NEW_SECRET)).status_code == 202
        file.unlink()
        assert client.post(SYNC, headers=bearer(SECRET)).status_code == 500


@pytest.mark.parametrize(
    ("secret", "said"),
    [("Xq7Zp9,Mk2Rw5", "fewer than 16 characters"), (",".join("abc" * 10), "at most 2")],
)
def test_a_secret_that_cannot_be_used_opens_nothing_and_the_log_says_why(airflow, secret, said):
    with serve(airflow, secret=secret) as server, server.client() as client:
        answers = [client.post(SYNC, headers=bearer(part)) for part in secret.split(",")[:2]]

        assert {a.status_code for a in answers} == {500}
        assert {a.json()["error"]["code"] for a in answers} == {"CRON_JOB_ERROR"}
        assert said in "".join(logged(server, "secret"))
        assert len(logged(server, "secret")) == 1
    assert airflow.runs() == []


def test_a_short_secret_is_warned_of_once(airflow):
    short = "short-but-allowed"
    with serve(airflow, secret=short) as server, server.client() as client:
        for _ in range(2):
            assert client.post(SYNC, headers=bearer(short)).status_code == 202
        (line,) = logged(server, "secret")
        assert "fewer than 32 characters" in line
        assert short not in server.log.read_text()


def test_guesses_from_many_addresses_are_slowed_down_and_the_right_secret_opens(airflow):
    with serve(airflow, **PROXIED) as server, server.client() as client:
        guesses = [
            client.post(SYNC, headers=bearer("guess", f"10.0.{n // 200}.{n % 200}"))
            for n in range(110)
        ]
        assert [g.status_code for g in guesses[:100]] == [401] * 100
        assert {g.status_code for g in guesses[100:]} == {429}
        admitted = client.post(SYNC, headers=bearer(SECRET, "10.9.9.9"))
        assert admitted.status_code == 202

        (began,) = logged(server, "throttling_began")
        assert "for=all" in began
        assert "last_address=10.0.0.100" in began
        (line,) = logged(server, "admitted")
        assert "address=10.9.9.9" in line
        assert SECRET not in server.log.read_text()


def test_the_log_names_who_is_throttled_and_forged_addresses_are_not_repeated(airflow):
    with serve(airflow, **PROXIED) as server, server.client() as client:
        for _ in range(12):
            client.post(SYNC, headers=bearer("guess", "10.3.3.3"))
        client.post(SYNC, headers=bearer("guess", "x status=200"))

        (began,) = logged(server, "throttling_began")
        assert "for=10.3.3.3" in began
        assert "address=unknown status=401" in logged(server, "refused")[-1]
