"""Each fault on the routes of the entities dialect."""

import http.client

import pytest

from tests.sandbox.case_client import CASES
from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox


def _patch(tenant):
    return tenant.patch(FIRST, status="Escalated")


def _status(tenant):
    return tenant.sandbox.world.ticket(FIRST)["status"]


@pytest.mark.parametrize("status", [401, 403, 409, 422, 429, 500, 503])
def test_an_answer_of_choice_has_the_dialects_envelope(tenant, status):
    tenant.sandbox.world.faults.add(do="answer", status=status, method="PATCH", retry_after=7)
    refused = _patch(tenant)
    assert (refused.status, refused.headers["retry-after"]) == (status, "7")
    assert len(refused.errors) == 1
    assert _status(tenant) == "New"
    (entry,) = tenant.sandbox.world.journal
    assert (entry.fault, entry.outcome, entry.status) == ("answer", "refused", status)


def test_an_answer_of_choice_may_come_after_the_work(tenant):
    tenant.sandbox.world.faults.add(do="answer", status=504, applied=True, method="PATCH")
    assert _patch(tenant).status == 504
    assert _status(tenant) == "Escalated"


def test_the_body_can_be_a_proxys(tenant):
    tenant.sandbox.world.faults.add(do="answer", status=200, body="html")
    assert tenant.cases().body.startswith(b"<html>")


def test_a_dropped_connection_comes_before_the_work(tenant):
    tenant.sandbox.world.faults.add(do="drop", method="PATCH")
    with pytest.raises(http.client.RemoteDisconnected):
        _patch(tenant)
    assert _status(tenant) == "New"


def test_a_lost_answer_comes_after_the_work(tenant):
    tenant.sandbox.world.faults.add(do="lose_answer", method="PATCH")
    with pytest.raises(http.client.RemoteDisconnected):
        _patch(tenant)
    assert _status(tenant) == "Escalated"


def test_a_cut_body_is_noticed_by_the_client(tenant):
    tenant.sandbox.world.faults.add(do="cut_body")
    with pytest.raises(http.client.IncompleteRead):
        tenant.cases()


@pytest.mark.parametrize("action", ["delay", "delay_answer", "drip"])
def test_after_a_short_delay_the_answer_comes(tenant, action):
    tenant.sandbox.world.faults.add(do=action, delay_s=0.01)
    assert _patch(tenant).status == 200


def test_a_repeated_patch_is_the_same_as_one(tenant):
    tenant.sandbox.world.faults.add(do="twice", method="PATCH")
    assert _patch(tenant).json["fields"]["status"] == "Escalated"
    assert len(tenant.events(FIRST).json["results"]) == 2


def test_repeated_pages_of_events(start_tenant):
    client = start_tenant(events_page_size=1)
    _patch(client)
    client.sandbox.world.faults.add(do="repeat_page", path="/events", times="forever")
    pages = [client.events(FIRST, page=n).json for n in (1, 2, 3)]
    assert pages[0] == pages[1] == pages[2]


def test_a_rule_matches_by_case_and_page(tenant):
    faults = tenant.sandbox.world.faults
    faults.add(do="answer", status=409, ticket_id=int(FIRST), times="forever")
    faults.add(do="answer", status=500, path="page=2", times="forever")
    assert [tenant.cases(page=n).status for n in (1, 2)] == [200, 500]
    assert tenant.case(FIRST).status == tenant.note(FIRST).status == 409
    assert tenant.case(str(int(FIRST) + 1)).status == 200


def test_a_401_in_the_middle_of_a_run(tenant):
    tenant.sandbox.world.faults.add(do="answer", status=401, path=CASES)
    assert [tenant.cases().status for _ in range(2)] == [401, 200]


def test_calls_are_counted_by_name(tenant):
    tenant.case(FIRST)
    tenant.events(FIRST)
    tenant.note(FIRST)
    assert tenant.sandbox.world.counts == {
        "POST /api/v2/auth/sign_in": 1,
        "GET /api/v2/entities/Case/{id}": 1,
        "GET /api/v2/entities/Case/{id}/events": 1,
        "POST /api/v2/entities/Note": 1,
    }


def test_the_tenant_can_live_below_a_prefix(start_tenant):
    client = start_tenant(prefix="/crm")
    assert client.cases().status == 200
    assert client.sandbox.world.counts["GET /api/v2/entities/Case"] == 1
