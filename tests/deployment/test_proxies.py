"""docs/triggering.md's nginx and Caddy: what they pass on, what they do not, and how often."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deployment.proxies import Upstream, caddy_command, nginx_command, proxied, upstream

PREFIX = "/api/ticketing"
SYNC, HEALTH = f"{PREFIX}/cron/sync-qcontact", f"{PREFIX}/sync/health"
# A random one would give each worker tests of other names.
JOB_ID = "ad703a8d-3da1-44a7-a304-1c1d0592bfbc"
# More than the page's burst, and more than its rate adds while these are sent.
CALLS = 60


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(nginx_command, id="nginx", marks=pytest.mark.nginx),
        pytest.param(caddy_command, id="caddy", marks=pytest.mark.caddy),
    ],
)
def proxy(request, behind: Upstream, tmp_path_factory) -> Iterator[httpx.Client]:
    home: Path = tmp_path_factory.mktemp("proxy")
    with proxied(request.param, home, behind) as client:
        yield client


@pytest.fixture
def passed_on(behind: Upstream) -> list[tuple[str, str, dict[str, str]]]:
    behind.requests.clear()
    return behind.requests


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", SYNC),
        ("POST", f"{SYNC}?account=north"),
        ("GET", f"{SYNC}/{JOB_ID}"),
        ("GET", f"{SYNC}/{JOB_ID}?account=north"),
        ("GET", HEALTH),
        ("GET", f"{HEALTH}?account=north&x=%2F"),
    ],
)
def test_published_paths_arrive_with_their_query(proxy, passed_on, method, target):
    """Without the query, `?account=` would start the account `default`."""
    answer = proxy.request(method, target, headers={"Authorization": "Bearer secret"})

    assert answer.status_code == 200
    ((passed_method, passed_target, headers),) = passed_on
    assert (passed_method, passed_target) == (method, target)
    assert headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/api/v2/dags",
        "/auth/token",
        f"{PREFIX}/cron",
        f"{SYNC}/",
        f"{SYNC}/not-an-id",
        f"{SYNC}/{JOB_ID}/more",
        f"{HEALTH}/",
        f"{SYNC}/../../../v2/dags",
        f"{SYNC}/%2e%2e/%2e%2e/v2/dags",
        "/qcontact-sync/",
    ],
)
def test_proxy_passes_on_published_paths_only(proxy, passed_on, target):
    raw = httpx.URL(str(proxy.base_url)).copy_with(raw_path=target.encode())
    answer = proxy.send(httpx.Request("GET", raw))

    assert answer.status_code in (308, 400, 404)
    assert passed_on == []


def test_the_api_server_learns_the_callers_address_and_not_what_a_caller_claims(proxy, passed_on):
    proxy.get(HEALTH, headers={"X-Forwarded-For": "203.0.113.9"})

    ((_, _, headers),) = passed_on
    assert headers["x-forwarded-for"] in ("127.0.0.1", "::1")
    assert headers["x-forwarded-proto"] == "https"


def test_a_body_that_is_too_large_is_refused(proxy, passed_on):
    assert proxy.post(SYNC, content=b" " * 65_000).status_code == 200
    passed_on.clear()
    assert proxy.post(SYNC, content=b" " * 70_000).status_code in (413, 502)


@pytest.mark.nginx
def test_nginx_limits_how_often_one_address_may_call(behind, tmp_path):
    with proxied(nginx_command, tmp_path, behind) as client:
        answers = [client.post(SYNC).status_code for _ in range(CALLS)]

    assert answers[:20] == [200] * 20
    assert set(answers) == {200, 429}
