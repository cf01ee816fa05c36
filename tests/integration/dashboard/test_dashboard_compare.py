"""A database that was taken over: half of its tickets are done here and open there."""

import csv
import io
import re
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from dev.database.postgres import clone_database, drop_database
from tests.integration.dashboard.conftest import ApiServer

pytestmark = pytest.mark.integration

BASE = "/qcontact-sync"
TICKETS, DONE = 900, 450
TAKEN_OVER = """
WITH made AS (
    INSERT INTO tickets (ticket_uid, source, external_id, title, ticket_type, status)
    SELECT 'FT' || lpad(n::text, 6, '0'), 'qcontact', (21924300000 + n)::text, 'No light',
           'maintenance', CASE WHEN n <= 450 THEN 'resolved' ELSE 'in_progress' END
    FROM generate_series(1, 900) AS n
    RETURNING id, external_id, status
)
INSERT INTO qcontact_ticket_link (
    remote_id, ticket_id, base_status_local, base_remote, fingerprint
)
SELECT external_id, id, status,
       jsonb_build_object('title', 'No light', 'status', 'In Progress', 'assigned_to', NULL), 'x'
FROM made
"""


@pytest.fixture
def taken_over(
    api_server: ApiServer, pg_server: str, template_db: str, qcontact
) -> Iterator[tuple[ApiServer, str]]:
    name = "taken_over"
    dsn = clone_database(pg_server, template_db, name)
    with psycopg.connect(dsn) as connection:
        connection.execute(TAKEN_OVER)
    api_server.connect_fibreflow(dsn)
    api_server.connect_qcontact(qcontact.url, qcontact.api_key)
    yield api_server, dsn
    drop_database(pg_server, name)


def get(api: ApiServer, path: str, user: str = "admin") -> httpx.Response:
    with api.client(user) as client:
        return client.get(BASE + path).raise_for_status()


def post(api: ApiServer, path: str, page: httpx.Response, user: str = "admin", **form):
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    data = {"token": token[1] if token else "", **form}
    with api.client(user) as client:
        return client.post(BASE + path, data=data, headers={"Origin": api.url})


def picked(page: httpx.Response) -> list[str]:
    return re.findall(r'name="ticket" value="([^"]+)"[^>]* checked', page.text)


def hidden(page: httpx.Response) -> list[str]:
    return re.findall(r'<input type="hidden" name="ticket" value="([^"]+)"', page.text)


def values(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def test_all_that_is_done_here_is_settled_in_one_decision(taken_over):
    api, dsn = taken_over
    page = get(api, "/compare?show=done_here&pick=all")
    assert len(picked(page)) == DONE
    assert "done here, open in QContact" in page.text

    plan = post(api, "/compare/plan", page, ticket=picked(page), keep="local")
    assert plan.status_code == 200
    assert len(hidden(plan)) == DONE
    assert "450 tickets to decide" in plan.text
    assert values(dsn, "SELECT count(*) FROM qcontact_conflict") == [(0,)]

    answer = post(api, "/compare/decide", plan, ticket=hidden(plan), keep="local")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{BASE}/compare?said=chosen_local"
    assert values(
        dsn,
        "SELECT decided_by, resolution, local_value, remote_value, count(*) FROM qcontact_conflict"
        " GROUP BY 1, 2, 3, 4",
    ) == [("admin", "kept local", "resolved", "In Progress", DONE)]
    assert "No such difference" in get(api, "/compare?show=done_here").text
    assert "450 tickets changed in FibreFlow" in get(api, "/pending").text
    # The base moved, so that the next run sends it; FibreFlow's rows did not.
    assert values(dsn, "SELECT count(*) FROM tickets WHERE status = 'resolved'") == [(DONE,)]


def test_the_filter_and_the_file_hold_the_same(taken_over):
    api, _ = taken_over
    assert "No such difference" in get(api, "/compare?show=waits").text
    file = get(api, "/compare/csv?show=done_here")
    assert file.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(file.text)))
    assert len(table) == DONE
    assert {(row["standing"], row["gap"], row["field"]) for row in table} == {
        ("differs", "done_here", "status")
    }


def test_what_changed_since_it_was_shown_is_not_decided(taken_over):
    api, dsn = taken_over
    page = get(api, "/compare?show=done_here&pick=all")
    chosen = picked(page)[:2]
    changed = chosen[0].partition(" ")[2]
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE tickets SET status = 'closed' WHERE external_id = %s", [changed])
    plan = post(api, "/compare/plan", page, ticket=chosen, keep="local")
    assert "it changed since it was shown" in plan.text
    assert len(hidden(plan)) == 1
    post(api, "/compare/decide", plan, ticket=chosen, keep="local")
    decided = values(dsn, "SELECT remote_id FROM qcontact_conflict")
    assert decided == [(chosen[1].partition(" ")[2],)]


def test_an_onlooker_sees_no_choice_and_can_make_none(taken_over):
    api, dsn = taken_over
    page = get(api, "/compare", user="onlooker")
    assert 'type="checkbox"' not in page.text
    assert "Plan:" not in page.text
    own = get(api, "/compare?pick=all&show=done_here")
    answer = post(api, "/compare/decide", own, "onlooker", ticket=picked(own)[:1], keep="local")
    assert answer.status_code == 403
    assert values(dsn, "SELECT count(*) FROM qcontact_conflict") == [(0,)]


def test_a_plan_without_a_choice_says_so(taken_over):
    api, _ = taken_over
    page = get(api, "/compare?show=done_here")
    assert "Nothing to decide" in post(api, "/compare/plan", page, keep="local").text
