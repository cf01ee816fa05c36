"""The quarantine in parts, and a decision about many tickets at once."""

import asyncio
import re
from typing import get_args

import psycopg
import pytest
from pydantic import SecretStr
from qcontact_sync.config.access import FibreFlowAccess
from qcontact_sync.core.failure_filter import FailureFilter, FailureState
from qcontact_sync.services import review, run_reports

from tests.integration.dashboard.test_dashboard_actions import audited, token_in
from tests.integration.dashboard.test_dashboard_pages import get, text_of

pytestmark = pytest.mark.integration

BASE = "/qcontact-sync"
ALL = f"{BASE}/quarantine/all/retry"
DATABASE = "error_code=DATABASE_ERROR"


def entries(dsn: str, condition: str = "true") -> int:
    with psycopg.connect(dsn) as connection:
        query = f"SELECT count(*) FROM qcontact_quarantine WHERE {condition}"
        (count,) = connection.execute(query.encode()).fetchone()
    return count


def listed(page: str) -> int:
    return len(re.findall(r"/quarantine/[0-9a-f-]{36}/retry", page))


def retry_all(api, query: str, user: str = "clerk"):
    with api.client(user) as client:
        asked = client.get(f"{ALL}?{query}")
        done = client.post(
            f"{ALL}?{query}",
            data={"token": token_in(asked)},
            headers={"Origin": api.url},
        )
    return asked, done


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("", "true"),
        (DATABASE, "error_code = 'DATABASE_ERROR'"),
        ("direction=outbound", "direction = 'outbound'"),
        ("state=due", "dismissed_at IS NULL AND next_try_at <= now()"),
        ("state=pausing", "dismissed_at IS NULL AND next_try_at > now()"),
        ("state=waiting", "dismissed_at IS NULL AND next_try_at IS NULL"),
        ("state=dismissed", "dismissed_at IS NOT NULL"),
        ("state=due&direction=inbound", "direction = 'inbound' AND error_code = 'DATABASE_ERROR'"),
    ],
)
def test_a_part_of_the_quarantine_is_shown_alone(year, year_db, query, condition):
    assert listed(get(year, f"/quarantine?{query}").text) == entries(year_db, condition)


def test_each_entry_has_the_state_that_it_is_counted_and_filtered_by(year_db):
    access = FibreFlowAccess(SecretStr(year_db))
    parts = asyncio.run(run_reports.list_quarantine(access, 0)).parts
    listed_by_state = {
        state: asyncio.run(review.list_failures(access, None, FailureFilter(state=state)))
        for state in get_args(FailureState)
    }

    for state, found in listed_by_state.items():
        assert {row["state"] for row in found} == {state}
        assert len(found) == sum(part[state] for part in parts)


def test_each_number_by_reason_leads_to_its_tickets(year):
    page = get(year, "/quarantine").text
    links = re.findall(r'href="[^"]*(/quarantine\?[^"]*error_code[^"]*)">(\d+)<', page)

    assert links
    for path, number in links:
        assert listed(get(year, path.replace("&amp;", "&")).text) == int(number)


def test_all_of_a_part_are_retried_at_once_and_no_others(year, year_copy):
    year.connect_fibreflow(year_copy)
    others = entries(year_copy, "decision IS NULL AND error_code <> 'DATABASE_ERROR'")
    count = entries(year_copy, "error_code = 'DATABASE_ERROR'")
    asked, done = retry_all(year, DATABASE)

    assert f"Retry {count} tickets?" in text_of(asked)
    assert done.headers["location"] == f"{BASE}/quarantine?said=retry_all"
    assert entries(year_copy, "decision = 'retry' AND decided_by = 'clerk'") == count
    assert entries(year_copy, "decision IS NULL AND error_code <> 'DATABASE_ERROR'") == others
    ((event, owner, _, extra),) = audited(year)
    assert (event, owner) == ("qcontact_sync.retry", "clerk")
    assert "error_code=DATABASE_ERROR" in extra


def test_what_somebody_dismissed_is_retried_only_where_it_is_asked_for(year, year_copy):
    year.connect_fibreflow(year_copy)
    dismissed = entries(year_copy, "dismissed_at IS NOT NULL")
    retry_all(year, "")
    assert entries(year_copy, "dismissed_at IS NOT NULL") == dismissed
    retry_all(year, "state=dismissed")
    assert entries(year_copy, "dismissed_at IS NOT NULL") == 0


def test_who_may_not_decide_retries_nothing(year, year_copy):
    year.connect_fibreflow(year_copy)
    asked, done = retry_all(year, DATABASE, user="onlooker")

    assert "you need the right to start runs" in text_of(asked)
    assert done.status_code == 403
    assert entries(year_copy, "decision IS NOT NULL") == 0


def test_a_part_without_tickets_is_a_sentence(year):
    assert "No ticket matches." in get(year, "/quarantine?error_code=NONE").text
    assert get(year, "/quarantine/all/retry?error_code=NONE").status_code == 404
