"""Each fault as a client on a real socket meets it."""

import http.client
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise

import aiohttp
import pytest

from sandbox.faults import FaultBoard
from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox

SECOND_ID = "21924300002"


def test_an_answer_of_choice_applies_nothing(client):
    client.sandbox.world.faults.add(do="answer", status=503, method="PATCH")
    before = client.sandbox.world.ticket(FIRST)
    refused = client.patch(FIRST, status="solved")
    assert (refused.status, refused.error["code"]) == (503, "SERVER_ERROR")
    assert client.sandbox.world.ticket(FIRST) == before
    (entry,) = client.sandbox.world.journal
    assert (entry.fault, entry.outcome, entry.status) == ("answer", "refused", 503)
    assert client.patch(FIRST, status="solved").status == 200


def test_an_answer_of_choice_may_come_after_the_work(client):
    client.sandbox.world.faults.add(do="answer", status=504, applied=True, method="PATCH")
    assert client.patch(FIRST, status="solved").status == 504
    assert client.sandbox.world.ticket(FIRST)["status"] == "solved"
    (entry,) = client.sandbox.world.journal
    assert (entry.outcome, entry.status) == ("applied", 504)


@pytest.mark.parametrize(("idempotency", "notes"), [(False, 2), (True, 1)])
def test_a_proxy_may_deliver_a_request_twice(start, idempotency, notes):
    client = start(idempotency=idempotency)
    client.sandbox.world.faults.add(do="twice", method="POST")
    answer = client.note(FIRST, Idempotency_Key="key-1")
    kept = client.sandbox.world.notes(FIRST)
    assert answer.data == kept[0]
    assert len(kept) == notes


@pytest.mark.parametrize(
    ("body", "start_of_body", "media_type"),
    [
        ("html", b"<html>", "text/html"),
        ("empty", b"", "application/json"),
        ('{"data": {"error": "no"}}', b'{"data": {"error"', "application/json"),
    ],
)
def test_the_body_of_the_answer_can_be_a_proxys(client, body, start_of_body, media_type):
    client.sandbox.world.faults.add(do="answer", status=200, body=body)
    answer = client.get("/tickets")
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    assert answer.body[: len(start_of_body)] == start_of_body
    assert bool(answer.body) is bool(start_of_body)


@pytest.mark.parametrize("value", [7, "soon"])
def test_retry_after_is_sent_as_given(client, value):
    client.sandbox.world.faults.add(do="answer", status=429, retry_after=value)
    answer = client.get("/tickets")
    assert (answer.status, answer.headers["retry-after"]) == (429, str(value))
    assert answer.error["code"] == "RATE_LIMITED"


def test_retry_after_can_be_a_date_by_the_servers_clock(client):
    client.sandbox.world.switch(clock_offset_s=-5000)
    client.sandbox.world.faults.add(do="answer", status=503, retry_after_date_s=9000)
    date = parsedate_to_datetime(client.get("/tickets").headers["retry-after"])
    assert abs((date - datetime.now(UTC)).total_seconds() - 4000) < 600


def test_a_dropped_connection_comes_before_the_work(client):
    client.sandbox.world.faults.add(do="drop", method="PATCH")
    with pytest.raises(http.client.RemoteDisconnected):
        client.patch(FIRST, status="solved")
    (entry,) = client.sandbox.world.journal
    assert (entry.outcome, entry.status) == ("", None)
    assert client.patch(FIRST, status="solved").status == 200


def test_a_lost_answer_comes_after_the_work(client):
    client.sandbox.world.faults.add(do="lose_answer", method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        client.note(FIRST)
    assert len(client.sandbox.world.notes(FIRST)) == 1
    (entry,) = client.sandbox.world.journal
    assert (entry.outcome, entry.status) == ("applied", None)


def test_a_cut_body_is_noticed_by_the_client(client):
    client.sandbox.world.faults.add(do="cut_body")
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get("/tickets")
    assert len(caught.value.partial) > 1000
    assert client.get("/tickets").status == 200


async def test_aiohttp_meets_the_same_cuts(client):
    faults = client.sandbox.world.faults
    headers = {"Authorization": f"Bearer {client.sandbox.api_key}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def read():
            async with session.get(f"{client.sandbox.url}/tickets") as answer:
                return await answer.read()

        faults.add(do="drop", times="forever")
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await read()
        faults.clear()
        faults.add(do="cut_body")
        with pytest.raises(aiohttp.ClientPayloadError):
            await read()
        assert await read()


async def _patch_with_timeout(client, timeout_s):
    headers = {"Authorization": f"Bearer {client.sandbox.api_key}"}
    async with aiohttp.ClientSession(
        headers=headers, timeout=aiohttp.ClientTimeout(timeout_s)
    ) as session:
        url = f"{client.sandbox.url}/tickets/{FIRST}"
        async with session.patch(url, json={"status": "solved"}) as answer:
            return answer.status


@pytest.mark.parametrize(("action", "outcome"), [("delay", ""), ("delay_answer", "applied")])
async def test_a_delay_comes_before_or_after_the_work(client, action, outcome):
    client.sandbox.world.faults.add(do=action, delay_s=60)
    with pytest.raises(TimeoutError):
        await _patch_with_timeout(client, 0.5)
    (entry,) = client.sandbox.world.journal
    assert (entry.outcome, entry.status) == (outcome, None)


@pytest.mark.parametrize("action", ["delay", "delay_answer", "drip"])
async def test_after_a_short_delay_the_answer_comes(client, action):
    client.sandbox.world.faults.add(do=action, delay_s=0.01)
    assert await _patch_with_timeout(client, 10) == 200


def test_a_drip_delivers_the_whole_body(client):
    whole = client.get("/tickets").body
    client.sandbox.world.faults.add(do="drip", delay_s=0.01)
    assert client.get("/tickets").body == whole


@pytest.mark.parametrize(("echo", "shown"), [(False, "New"), (True, "solved")])
def test_a_lying_answer_changes_nothing(client, echo, shown):
    client.sandbox.world.faults.add(do="lie", method="PATCH", echo=echo)
    answer = client.patch(FIRST, status="solved")
    assert (answer.status, answer.data["status"]) == (200, shown)
    assert client.get(f"/tickets/{FIRST}").data["status"] == "New"
    assert client.sandbox.world.journal[-1].outcome == "lied"


def test_a_lying_answer_to_a_post_keeps_nothing(client):
    client.sandbox.world.faults.add(do="lie", method="POST", times=2)
    assert client.note(FIRST).status == 201
    created = client.ask("POST", "/tickets", {"title": "No light"})
    assert created.status == 201
    assert client.sandbox.world.notes(FIRST) == []
    assert client.get(f"/tickets/{created.data['id']}").status == 404


def test_the_same_page_for_ever(start):
    client = start(tickets=30)
    client.sandbox.world.faults.add(do="repeat_page", path="/tickets", times="forever")
    pages = [client.get("/tickets", page=n, page_size=10).data for n in (1, 2, 9)]
    assert [page["has_more"] for page in pages] == [True, True, True]
    assert all(a["tickets"] == b["tickets"] for a, b in pairwise(pages))


def test_a_stale_page_shows_an_older_version_of_one_ticket(client):
    world = client.sandbox.world
    before = {id_: world.ticket(id_) for id_ in (FIRST, SECOND_ID)}
    world.edit([FIRST, SECOND_ID], status="Escalated")
    world.faults.add(do="stale", path=r"/tickets\?", ticket_id=FIRST, times=1)
    listed = {t["id"]: t for t in client.get("/tickets", page_size=2).data["tickets"]}
    assert listed == {FIRST: before[FIRST], SECOND_ID: world.ticket(SECOND_ID)}
    assert client.get(f"/tickets/{FIRST}").data["status"] == "Escalated"


def test_a_stale_ticket_by_id(client):
    client.sandbox.world.edit(FIRST, status="Escalated")
    client.sandbox.world.faults.add(do="stale", ticket_id=FIRST)
    statuses = [client.get(f"/tickets/{FIRST}").data["status"] for _ in range(2)]
    assert statuses == ["New", "Escalated"]


def test_a_rule_skips_then_strikes_then_rests(client):
    client.sandbox.world.faults.add(do="answer", status=500, after=2, times=2)
    assert [client.get("/tickets").status for _ in range(6)] == [200, 200, 500, 500, 200, 200]
    (rule,) = client.sandbox.world.faults.rules()
    assert (rule.seen, rule.hits) == (6, 2)


def test_a_rule_matches_by_method_path_query_and_ticket(client):
    faults = client.sandbox.world.faults
    faults.add(do="answer", status=500, method="get", path="page=2", times="forever")
    faults.add(do="answer", status=409, ticket_id=int(FIRST), times="forever")
    assert client.get("/tickets", page=1).status == 200
    assert client.get("/tickets", page=2).status == 500
    assert client.get(f"/tickets/{SECOND_ID}").status == 200
    assert client.get(f"/tickets/{FIRST}").status == 409
    assert client.note(FIRST).status == 409


def test_the_control_endpoints_never_fail(client):
    client.sandbox.world.faults.add(do="answer", status=500, times="forever")
    assert client.get("/_sandbox/state").status == 200


@pytest.mark.parametrize(
    "rule", [{"do": "explode"}, {"do": "drop", "path": "("}, {"do": "drop", "colour": 1}, {}]
)
def test_a_bad_rule_is_refused(rule):
    with pytest.raises(ValueError, match=r"do|path|colour"):
        FaultBoard().add(**rule)
