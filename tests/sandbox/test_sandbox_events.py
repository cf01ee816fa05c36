"""Notes and events of a case."""

from datetime import UTC, datetime

import pytest

from tests.sandbox.case_client import NOTES, OTHER_QUEUE
from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox


def _events(client, **params):
    return client.events(FIRST, **params).json["results"]


def test_a_note_is_kept_and_makes_an_event(tenant):
    answer = tenant.note(FIRST, "On site at 10")
    assert answer.status == 201
    (kept,) = tenant.sandbox.world.notes(FIRST)
    assert (kept["id"], kept["content"]) == (answer.json["id"], "On site at 10")
    assert (kept["ticket_id"], kept["is_internal"]) == (FIRST, True)
    event = _events(tenant)[0]
    assert (event["event_type"], event["subtitle"]) == ("note", "On site at 10")
    assert (event["public_note"], event["user"]["label"]) == (False, "Sync Account")
    assert event["id"] != answer.json["id"]


def test_a_public_note(tenant):
    body = {"entity_type": "Case", "entity_id": int(FIRST), "subtitle": "x", "public_note": True}
    assert tenant.ask("POST", NOTES, body).status == 201
    assert tenant.sandbox.world.notes(FIRST)[0]["is_internal"] is False
    assert _events(tenant)[0]["public_note"] is True
    (entry,) = tenant.sandbox.world.journal
    assert (entry.ticket_ids, entry.method, entry.outcome) == ([FIRST], "POST", "applied")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"entity_type": "Lead"}, 422), ({"entity_id": FIRST}, 422), ({"entity_id": None}, 422),
        ({"entity_id": 99999999999}, 404), ({"subtitle": " "}, 422), ({"subtitle": None}, 422),
        ({"public_note": "yes"}, 422), ({"content": "x"}, 422),
    ],
)  # fmt: skip
def test_a_bad_note_is_refused(tenant, change, status):
    body = {"entity_type": "Case", "entity_id": int(FIRST), "subtitle": "x", "public_note": True}
    assert tenant.ask("POST", NOTES, {**body, **change}).status == status
    assert tenant.sandbox.world.notes(FIRST) == []


@pytest.mark.parametrize(("idempotency", "kept"), [(True, 1), (False, 2)])
def test_an_idempotency_key_is_honoured_or_ignored(start_tenant, idempotency, kept):
    client = start_tenant(idempotency=idempotency)
    first, second = (client.note(FIRST, Idempotency_Key="k") for _ in range(2))
    assert (first.body == second.body) is idempotency
    assert len(client.sandbox.world.notes(FIRST)) == kept == len(_events(client)) - 1


def test_a_note_whose_answer_is_lost_stands_in_the_events(tenant):
    tenant.sandbox.world.faults.add(do="lose_answer", method="POST", ticket_id=FIRST)
    with pytest.raises(OSError):
        tenant.note(FIRST, "Lost answer")
    assert [e["subtitle"] for e in _events(tenant) if e["event_type"] == "note"] == ["Lost answer"]
    assert tenant.sandbox.world.journal[-1].outcome == "applied"


def test_a_lying_answer_keeps_no_note(tenant):
    tenant.sandbox.world.faults.add(do="lie", method="POST")
    assert tenant.note(FIRST).status == 201
    assert tenant.sandbox.world.notes(FIRST) == []
    assert len(_events(tenant)) == 1


def test_a_proxy_may_deliver_a_note_twice(tenant):
    tenant.sandbox.world.faults.add(do="twice", method="POST")
    tenant.note(FIRST)
    assert len(tenant.sandbox.world.notes(FIRST)) == 2 == len(_events(tenant)) - 1


def test_each_kind_of_change_makes_an_event_of_its_type(tenant):
    tenant.patch(FIRST, status="Escalated", assigned_to=OTHER_QUEUE, description="New")
    types = [event["event_type"] for event in _events(tenant)]
    assert sorted(types) == ["assignment", "status_change", "system", "update"]
    changes = {name: c for e in _events(tenant) for name, c in e["formatted_changes"].items()}
    assert changes["$t.fields.status"] == {
        "field": "Status",
        "old_value": "New",
        "new_value": "Escalated",
    }
    names = tenant.sandbox.world.directory
    assert changes["$t.fields.assigned_to"]["new_value"] == names.name_of(OTHER_QUEUE)
    assert set(changes) >= {"$t.fields.description"}


def test_what_an_agent_does_makes_events_too(tenant):
    world = tenant.sandbox.world
    world.edit(FIRST, status="In Progress")
    world.write_note(FIRST, "Called the customer", is_internal=False)
    world.write_note(FIRST, "Hello?", kind="message")
    message, note, change, created = _events(tenant)
    assert (message["event_type"], message["subtitle"]) == ("message", "Hello?")
    assert (note["event_type"], note["public_note"]) == ("note", True)
    assert change["formatted_changes"]["$t.fields.status"]["new_value"] == "In Progress"
    assert note["user"]["label"] == change["user"]["label"] != "Sync Account"
    assert (created["event_type"], created["user"]) == ("system", None)
    assert [n["content"] for n in world.notes(FIRST)] == ["Called the customer"]
    assert [entry.by for entry in world.journal] == ["agent"] * 3


def test_an_agents_note_over_http(tenant):
    edit = {"ticket_id": FIRST, "note": "Called", "public": True}
    assert tenant.ask("POST", "/_sandbox/edit", edit).status == 200
    assert tenant.sandbox.world.notes(FIRST)[0]["is_internal"] is False
    assert tenant.ask("POST", "/_sandbox/edit", {**edit, "ticket_id": "999"}).status == 404


def test_an_agents_note_in_the_tickets_dialect(client):
    client.sandbox.world.write_note(FIRST, "Called")
    (note,) = client.get(f"/tickets/{FIRST}/notes").data["notes"]
    assert (note["content"], note["is_internal"]) == ("Called", True)


def test_a_change_that_changes_nothing_makes_no_event(tenant):
    tenant.patch(FIRST, status="Open")
    tenant.patch(FIRST, status="Open")
    tenant.sandbox.world.edit(FIRST, priority="urgent")
    assert len(_events(tenant)) == 2


def test_the_time_of_a_change_is_the_servers(start_tenant):
    client = start_tenant(clock_offset_s=7200)
    client.patch(FIRST, status="Escalated")
    raised = datetime.fromisoformat(_events(client)[0]["raised_at"])
    assert abs((raised - datetime.now(UTC)).total_seconds() - 7200) < 600


def test_events_come_newest_first_in_pages_that_end(start_tenant):
    client = start_tenant(events_page_size=2)
    for word in ("Open", "Assigned", "Escalated", "Reviewed"):
        client.patch(FIRST, status=word)
    pages = [[event["id"] for event in _events(client, page=n)] for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    ids = [id_ for page in pages for id_ in page]
    assert ids == sorted(set(ids), reverse=True)


def test_page_2_may_repeat_page_1(start_tenant):
    client = start_tenant(events_page_size=1, events_page_2="repeats")
    client.patch(FIRST, status="Open")
    assert _events(client, page=2) == _events(client, page=1) != []


@pytest.mark.parametrize("status", ["400", "404"])
def test_a_tenant_may_have_no_events(start_tenant, status):
    client = start_tenant(events=status)
    assert client.events(FIRST).status == int(status)
    assert client.note(FIRST).status == 201


def test_events_may_be_a_list(start_tenant):
    assert isinstance(start_tenant(events_shape="list").events(FIRST).json, list)


def test_other_names_in_an_event(start_tenant):
    client = start_tenant(event_text="html", event_time="created_at", event_changes="raw")
    client.patch(FIRST, status="InReview")
    client.note(FIRST, "a < b")
    note, change, _ = _events(client)
    assert note["html"] == "<p>a &lt; b</p>"
    assert change["changes"] == {"status": ["New", "InReview"]}
    for event in (note, change):
        assert {"subtitle", "raised_at", "formatted_changes"}.isdisjoint(event)
        assert event["created_at"].endswith("Z")


@pytest.mark.parametrize("bumps", [True, False])
def test_a_note_may_move_the_case(start_tenant, bumps):
    client = start_tenant(note_bumps_ticket=bumps)
    before = client.sandbox.world.ticket(FIRST)
    client.note(FIRST)
    assert (client.sandbox.world.ticket(FIRST) != before) is bumps
    assert len(_events(client)) == 2
