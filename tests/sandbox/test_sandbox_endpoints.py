import pytest

from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox

NOWHERE = "999"


def test_list_answers_the_envelope_with_fifty_tickets_by_default(start):
    page = start(tickets=120).get("/tickets").data
    assert {name: page[name] for name in page if name != "tickets"} == {
        "total": 120,
        "page": 1,
        "page_size": 50,
        "has_more": True,
    }
    assert len(page["tickets"]) == 50


def test_pages_hold_every_ticket_once(start):
    client = start(tickets=250)
    pages = [client.listed_ids(page=number, page_size=100) for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [100, 100, 50, 0]
    assert len(set().union(*pages)) == 250


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "Escalated"),
        ("priority", "High"),
        ("category", "maintenance"),
        ("assigned_to", "Priya Naidoo"),
    ],
)
def test_text_filters_compare_without_case(start, name, value):
    client = start(tickets=300)
    wanted = {
        id_
        for id_, ticket in client.sandbox.world.tickets.items()
        if (ticket[name] or "").lower() == value.lower()
    }
    assert wanted
    assert set(client.listed_ids(**{name: value.upper()}, page_size=100)) == wanted


@pytest.mark.parametrize("field", ["updated", "created"])
def test_time_filters_cut_a_window(client, field):
    tickets = client.sandbox.world.tickets.values()
    stamps = sorted({ticket[f"{field}_at"] for ticket in tickets})
    start, end = stamps[5], stamps[20]
    wanted = {t["id"] for t in tickets if start <= t[f"{field}_at"] < end}
    params = {f"{field}_after": start, f"{field}_before": end}
    assert set(client.listed_ids(**params)) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("updated_after", "yesterday"),
        ("updated_after", "2026-01-01T00:00:00"),
        ("page", "0"),
        ("page_size", "x"),
    ],
)
def test_bad_list_parameters_are_refused_by_name(client, name, value):
    answer = client.get("/tickets", **{name: value})
    assert (answer.status, answer.error["field"]) == (400, name)
    assert answer.error["code"] == "VALIDATION_ERROR"


def test_get_answers_the_ticket_and_404_for_an_unknown_one(client):
    assert client.get(f"/tickets/{FIRST}").data == client.sandbox.world.ticket(FIRST)
    missing = client.get(f"/tickets/{NOWHERE}")
    assert (missing.status, missing.error["code"]) == (404, "NOT_FOUND")


def test_patch_changes_only_what_it_names_and_moves_updated_at(client):
    before = client.sandbox.world.ticket(FIRST)
    after = client.patch(FIRST, status="in_progress", assigned_to=None).data
    assert after["updated_at"] > before["updated_at"]
    assert after == before | {
        "status": "in_progress",
        "assigned_to": None,
        "updated_at": after["updated_at"],
    }
    assert client.sandbox.world.ticket(FIRST) == after
    assert client.listed_ids(page_size=1) == [FIRST]


def test_patch_merges_custom_fields_key_by_key(client):
    client.sandbox.world.edit(FIRST, custom_fields={"dr_number": "DR1", "extra": 1})
    after = client.patch(FIRST, custom_fields={"dr_number": "DR2"}).data
    assert after["custom_fields"]["dr_number"] == "DR2"
    assert after["custom_fields"]["extra"] == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"updated_at": "2026-01-01T00:00:00Z"}, "updated_at"),
        ({"id": "5"}, "id"),
        ({"colour": "red"}, "colour"),
        ({"status": "pending_qa"}, "status"),
        ({"status": None}, "status"),
        ({"title": "  "}, "title"),
        ({"address": 5}, "address"),
        ({}, None),
    ],
)
def test_patch_refuses_what_can_not_be_written(client, fields, named):
    before = client.sandbox.world.ticket(FIRST)
    answer = client.patch(FIRST, **fields)
    assert (answer.status, answer.error.get("field")) == (422, named)
    assert client.sandbox.world.ticket(FIRST) == before
    assert client.sandbox.world.journal[-1].outcome == "refused"


@pytest.mark.parametrize(
    "word",
    ["open", "assigned", "in_progress", "InReview", "reviewed", "solved", "closed", "cancelled"],
)
def test_patch_takes_the_statuses_of_the_dialect(client, word):
    assert client.patch(FIRST, status=word).data["status"] == word


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b""])
def test_a_body_that_is_no_json_object_is_refused(client, body):
    assert client.ask("PATCH", f"/tickets/{FIRST}", body).status == 400


def test_post_creates_a_ticket(client):
    answer = client.ask("POST", "/tickets", {"title": "No light", "status": "Open"})
    assert answer.status == 201
    assert client.get(f"/tickets/{answer.data['id']}").data == answer.data
    assert client.ask("POST", "/tickets", {"status": "Open"}).error["field"] == "title"


def test_notes_are_kept_and_listed(client):
    posted = client.note(FIRST, "Splice redone ✓")
    assert posted.status == 201
    assert posted.data["ticket_id"] == FIRST
    assert client.get(f"/tickets/{FIRST}/notes").data == {"notes": [posted.data]}
    assert client.sandbox.world.notes(FIRST) == [posted.data]
    assert client.note(NOWHERE).status == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"is_internal": True}, "content"),
        ({"content": " ", "is_internal": True}, "content"),
        ({"content": "x"}, "is_internal"),
        ({"content": "x", "is_internal": True, "colour": 1}, "colour"),
    ],
)
def test_bad_notes_are_refused_by_field(client, body, named):
    answer = client.ask("POST", f"/tickets/{FIRST}/notes", body)
    assert (answer.status, answer.error["field"]) == (422, named)


def test_health_needs_no_key_and_all_else_does(client):
    client.headers["Authorization"] = "Bearer wrong"
    assert client.get("/health").status == 200
    for path in ("/tickets", f"/tickets/{FIRST}", "/_sandbox/state"):
        answer = client.get(path)
        assert (answer.status, answer.error["code"]) == (401, "AUTHENTICATION_ERROR")


def test_unknown_paths_and_methods_answer_in_the_envelope(client):
    assert client.get("/nothing").error["code"] == "NOT_FOUND"
    assert client.ask("DELETE", f"/tickets/{FIRST}").error["code"] == "METHOD_NOT_ALLOWED"


def test_a_path_prefix_stands_before_all_paths(start):
    client = start(prefix="/api/v1")
    assert client.sandbox.url.endswith("/api/v1")
    assert client.get("/tickets").status == 200


def test_requests_are_counted_and_logged_with_their_ids(client):
    client.ask("GET", f"/tickets/{FIRST}", X_Request_ID="r1")
    client.note(FIRST, X_Request_ID="r2", Idempotency_Key="k2")
    world = client.sandbox.world
    assert world.counts == {"GET /tickets/{id}": 1, "POST /tickets/{id}/notes": 1}
    assert [entry.request_id for entry in world.requests] == ["r1", "r2"]
    (write,) = world.journal
    assert (write.by, write.outcome, write.status) == ("api", "applied", 201)
    assert (write.ticket_ids, write.idempotency_key) == ([FIRST], "k2")
    assert write.body == {"content": "On site at 10", "is_internal": False}
