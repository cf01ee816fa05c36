"""Who is not let in, and what is not taken: nothing starts, nothing that was sent comes back."""

import json
from collections.abc import Iterator

import httpx
import pytest

from dev.airflow.environment import ADMIN
from tests.integration.endpoint.serving import (
    HEALTH,
    NEW_SECRET,
    PREFIX,
    SECRET,
    SYNC,
    VIEWER,
    Server,
    serve,
)

pytestmark = pytest.mark.integration

ASYNC = {"Prefer": "respond-async"}
JSON = {"Content-Type": "application/json"}
GUESS = "guessed-by-nobody"


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def without_secret(installation) -> Iterator[Server]:
    """A server whose CRON_SECRET is empty."""
    with serve(installation, secret="") as running:
        yield running


def refused(answer):
    """The error in its envelope."""
    body = answer.json()
    assert body["success"] is False
    assert set(body) == {"success", "error", "meta"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([("Authorization", f"Bearer {GUESS}")], id="wrong"),
        pytest.param([("Authorization", "Bearer")], id="empty"),
        pytest.param([("Authorization", f"Bearer {SECRET[:-1]}")], id="beginning"),
        pytest.param([("Authorization", f"Bearer {SECRET}, {NEW_SECRET}")], id="both-as-set"),
        pytest.param([("Authorization", SECRET)], id="no-scheme"),
        pytest.param([("Authorization", f"Basic {SECRET}")], id="other-scheme"),
        pytest.param([("Authorization", f"Bearer {SECRET}")] * 2, id="twice"),
        pytest.param([("Authorization", "Bearer " + "x" * 20_000)], id="overlong"),
        pytest.param([("Authorization", "Bearer \xff\xfe")], id="not-ascii"),
        pytest.param([("Cookie", f"_token={SECRET}")], id="cookie"),
        pytest.param([("X-Api-Key", SECRET)], id="other-header"),
    ],
)
def test_caller_without_the_secret_starts_nothing(airflow, stranger, headers):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    answer = stranger.post(SYNC, headers=raw, json={"sync_direction": GUESS})

    assert refused(answer) in {(401, "UNAUTHORIZED"), (429, "TOO_MANY_ATTEMPTS")}
    assert GUESS not in answer.text
    assert SECRET not in answer.text
    assert airflow.runs() == []


def test_a_secret_in_the_address_opens_nothing(airflow, stranger):
    answer = stranger.post(f"{SYNC}?secret={SECRET}&authorization=Bearer%20{SECRET}")

    assert answer.status_code in (401, 429)
    assert airflow.runs() == []


def test_where_a_run_stands_is_told_to_holders_of_the_secret_only(airflow, client, stranger):
    location = client.post(SYNC, headers=ASYNC).headers["location"]

    assert refused(stranger.get(location))[0] in (401, 429)


def test_both_secrets_open_while_one_takes_the_others_place(airflow, server):
    for secret in (SECRET, NEW_SECRET):
        with server.client(Authorization=f"bearer {secret}") as holder:
            assert holder.post(SYNC, headers=ASYNC).status_code == 202


def test_caller_with_many_failures_must_wait_and_the_right_secret_still_works(
    airflow, stranger, client
):
    wrong = {"Authorization": f"Bearer {GUESS}"}
    answers = [stranger.post(SYNC, headers=wrong) for _ in range(30)]

    assert refused(answers[-1]) == (429, "TOO_MANY_ATTEMPTS")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert client.post(SYNC, headers=ASYNC).status_code == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_the_trigger_takes_post_alone(airflow, client, method):
    answer = client.request(method, SYNC)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert method == "HEAD" or refused(answer) == (405, "METHOD_NOT_ALLOWED")
    assert airflow.runs() == []


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/openapi.json", "/cron", "/cron/sync-qcontact/", "/x/%2e"]
)
def test_nothing_else_is_there(client, path):
    assert refused(client.get(PREFIX + path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        pytest.param(b"{", JSON, (400, "MALFORMED_BODY"), id="cut-off"),
        pytest.param(b"\xff\xfe{}", JSON, (400, "MALFORMED_BODY"), id="not-utf-8"),
        pytest.param(b'{"dry_run": NaN}', JSON, (400, "MALFORMED_BODY"), id="no-json"),
        pytest.param(b"[" * 60_000, JSON, (400, "MALFORMED_BODY"), id="deep"),
        pytest.param(b'{"a": "\\ud800"}', JSON, (400, "MALFORMED_BODY"), id="half-a-character"),
        pytest.param(b"null", JSON, (422, "VALIDATION_ERROR"), id="null"),
        pytest.param(b" " * 70_000 + b"{}", JSON, (413, "PAYLOAD_TOO_LARGE"), id="oversized"),
        pytest.param(b"{}", {}, (415, "UNSUPPORTED_MEDIA_TYPE"), id="no-type"),
        pytest.param(
            b"dry_run=true",
            {"Content-Type": "application/x-www-form-urlencoded"},
            (415, "UNSUPPORTED_MEDIA_TYPE"),
            id="form",
        ),
        pytest.param(
            b"{}", JSON | {"Content-Encoding": "gzip"}, (415, "UNSUPPORTED_MEDIA_TYPE"), id="gzip"
        ),
        pytest.param(
            "{}".encode("utf-16"),
            {"Content-Type": "application/json; charset=utf-16"},
            (415, "UNSUPPORTED_MEDIA_TYPE"),
            id="utf-16",
        ),
        pytest.param(b"", {"Idempotency-Key": ""}, (400, "BAD_IDEMPOTENCY_KEY"), id="empty-key"),
        pytest.param(
            b"", {"Idempotency-Key": "k" * 256}, (400, "BAD_IDEMPOTENCY_KEY"), id="long-key"
        ),
    ],
)
def test_a_body_or_key_that_cannot_be_meant_starts_nothing(
    airflow, client, body, headers, expected
):
    assert refused(client.post(SYNC, content=body, headers=ASYNC | headers)) == expected
    assert airflow.runs() == []


def test_an_oversized_body_of_unknown_length_is_not_read_to_its_end(airflow, client):
    def endless():
        for _ in range(300):
            yield b" " * 65_536

    try:
        status = client.post(SYNC, content=endless(), headers=JSON).status_code
    except httpx.TransportError:
        status = 413  # the server hung up while we were still sending
    assert status == 413
    assert airflow.runs() == []


def test_an_empty_body_needs_no_type(airflow, client):
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert client.post(SYNC, content=b"", headers=ASYNC | form).status_code == 202


def test_without_a_secret_an_airflow_user_who_may_trigger_is_admitted(
    airflow, installation, without_secret
):
    token = without_secret.token(ADMIN, installation.credentials.admin_password)
    with without_secret.client(Authorization=f"Bearer {token}") as admin:
        answer = admin.post(SYNC, headers=ASYNC)

    assert answer.status_code == 202
    assert airflow.runs()[0]["triggering_user_name"] == ADMIN


def test_without_a_secret_a_user_who_may_only_look_is_refused(
    airflow, installation, without_secret
):
    token = without_secret.token(VIEWER, installation.credentials.admin_password)
    with without_secret.client(Authorization=f"Bearer {token}") as viewer:
        answer = viewer.post(SYNC, headers=ASYNC)

    assert refused(answer) == (403, "FORBIDDEN")
    assert airflow.runs() == []


@pytest.mark.parametrize("token", ["undefined", SECRET, "a.b.c", "\xff"])
def test_without_a_secret_it_is_open_to_nobody_else(airflow, without_secret, token):
    with without_secret.client() as client:
        headers = [(b"Authorization", b"Bearer " + token.encode("latin-1"))]
        answer = client.post(SYNC, headers=headers)

    assert refused(answer)[0] in (401, 429)
    assert airflow.runs() == []


def test_a_login_cookie_alone_starts_nothing(airflow, installation, without_secret):
    """As a page of somebody else's would have a browser send it."""
    token = without_secret.token(ADMIN, installation.credentials.admin_password)
    headers = {"Cookie": f"_token={token}", "Origin": "https://elsewhere.example.test"}
    with without_secret.client() as browser:
        answer = browser.post(SYNC, headers=headers)

    assert refused(answer)[0] in (401, 429)
    assert airflow.runs() == []


def test_with_a_secret_airflows_own_token_opens_nothing(airflow, installation, server):
    token = server.token(ADMIN, installation.credentials.admin_password)
    with server.client(Authorization=f"Bearer {token}") as admin:
        answer = admin.post(SYNC, headers=ASYNC)

    assert refused(answer)[0] in (401, 429)
    assert airflow.runs() == []


def test_health_needs_no_secret_and_says_no_more_than_yes_or_no(stranger):
    answer = stranger.get(HEALTH)

    assert answer.status_code in (200, 503)
    body = json.dumps(answer.json())
    assert not any(word in body for word in ("run", "conflict", "ticket", "last_sync"))


def test_no_log_holds_a_secret_or_what_was_guessed(server, stranger):
    stranger.post(SYNC, headers={"Authorization": f"Bearer {GUESS}"}, content=GUESS)
    log = server.log.read_text(errors="replace")

    assert "endpoint.refused address=127.0.0.1" in log
    assert not any(text in log for text in (SECRET, NEW_SECRET, GUESS))
