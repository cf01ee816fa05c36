"""A database that was taken over: half of its tickets are done here and open there."""

import csv
import io
import re

import httpx
import psycopg
import pytest

from tests.integration.dashboard.conftest import TAKEN_OVER, ApiServer

pytestmark = pytest.mark.integration

BASE = "/qcontact-sync"
DONE = TAKEN_OVER // 2


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
    assert "done in FibreFlow, open in QContact" in page.text

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
