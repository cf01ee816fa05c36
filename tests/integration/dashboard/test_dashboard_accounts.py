"""The pages where there are several accounts: each has its own, and a person chooses."""

import re
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest

pytestmark = pytest.mark.integration

BASE = "/qcontact-sync"
NORTH = f"{BASE}/accounts/north"


@pytest.fixture
def accounts(year) -> Iterator[Callable[[str], object]]:
    """Writes the accounts file."""
    before = year.accounts.read_text()
    yield year.accounts.write_text
    year.accounts.write_text(before)


@pytest.fixture
def two_accounts(year, empty_db, roles, accounts):
    """The page over a year of the default account, and north, in which nothing happened but that
    one ticket failed.
    """
    roles.migrate(empty_db)
    with psycopg.connect(empty_db) as connection:
        connection.execute(
            "INSERT INTO qcontact_quarantine (remote_id, direction, sync_type, error_code,"
            " error_message, job_id) VALUES ('N-1', 'inbound', 'create', 'SERVER_ERROR',"
            " 'in trouble', gen_random_uuid())"
        )
    year.connect_fibreflow(empty_db, "north")
    accounts("[accounts.default]\n[accounts.north]\n")
    yield year
    year.disconnect("fibreflow_north")


def get(api, path, user="clerk", **more) -> httpx.Response:
    with api.client(user) as client:
        return client.get(path, **more)


def test_one_account_needs_no_choice(year):
    assert 'aria-label="Accounts"' not in get(year, f"{BASE}/").text


def test_each_page_leads_to_the_other_accounts(two_accounts):
    page = get(two_accounts, f"{BASE}/runs").text

    chooser = page.partition('aria-label="Accounts"')[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]+)"( aria-current="true")?', chooser) == [
        (f"{BASE}/accounts/default/", ' aria-current="true"'),
        (f"{NORTH}/", ""),
    ]


@pytest.mark.parametrize("path", ["/", "/runs", "/pending", "/quarantine", "/conflicts"])
def test_an_accounts_pages_are_there_and_stay_with_it(two_accounts, path):
    answer = get(two_accounts, NORTH + path)

    assert answer.status_code == 200
    dashboard = answer.text.partition('aria-label="Dashboard"')[2].partition("</nav>")[0]
    assert all(link.startswith(NORTH) for link in re.findall(r'href="([^"]+)"', dashboard))
    assert get(two_accounts, f"{NORTH}/static/dashboard.css").status_code == 200


def test_an_account_shows_its_own_database(two_accounts):
    assert "N-1" in get(two_accounts, f"{NORTH}/quarantine").text
    assert "N-1" not in get(two_accounts, f"{BASE}/quarantine").text
    assert "/dags/qcontact_sync_north" in get(two_accounts, f"{NORTH}/").text


def test_a_decision_is_made_for_the_account_it_was_asked_for(two_accounts):
    (entry,) = set(re.findall(r"/quarantine/([0-9a-f-]{36})/", get(
        two_accounts, f"{NORTH}/quarantine").text))  # fmt: skip
    path = f"{NORTH}/quarantine/{entry}/dismiss"
    (token,) = re.findall(r'name="token" value="([^"]+)"', get(two_accounts, path).text)
    origin = {"Origin": two_accounts.url}
    with two_accounts.client("clerk") as client:
        other = client.post(
            f"{BASE}/quarantine/{entry}/dismiss", data={"token": token}, headers=origin
        )
        own = client.post(path, data={"token": token}, headers=origin)

    assert other.status_code == 403
    assert (own.status_code, own.headers["location"]) == (303, f"{NORTH}/quarantine?said=dismiss")


@pytest.mark.parametrize("path", [f"{NORTH}/", f"{BASE}/accounts/west/"])
def test_nobody_learns_of_an_account_without_logging_in(two_accounts, path):
    assert get(two_accounts, path, user=None).status_code == 401


def test_an_account_that_is_not_there_is_said_to_be_not_there(two_accounts):
    answer = get(two_accounts, f"{BASE}/accounts/west/")

    assert answer.status_code == 404
    assert "No account has this name." in answer.text


def test_where_there_is_no_default_account_the_page_asks_which(two_accounts, accounts):
    accounts("[accounts.north]\n[accounts.south]\n")

    answer = get(two_accounts, f"{BASE}/")

    assert answer.status_code == 404
    assert "Select an account." in answer.text
    assert f'href="{NORTH}/"' in answer.text


def test_a_bad_file_is_told_by_name(two_accounts, accounts):
    accounts("[accounts.north]\n[accounts.NORTH]\n")

    answer = get(two_accounts, f"{NORTH}/")

    assert answer.status_code == 503
    assert "accounts.NORTH" in answer.text


def test_an_account_without_a_connection_leaves_the_others_their_pages(two_accounts):
    two_accounts.disconnect("fibreflow_north")

    assert get(two_accounts, f"{NORTH}/").status_code == 503
    assert get(two_accounts, f"{BASE}/").status_code == 200
