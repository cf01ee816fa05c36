"""The switchboard as a person or a test meets it over HTTP."""

import threading

import pytest

from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox


def test_switches_are_shown_and_turned(client):
    assert client.get("/_sandbox/switches").data["page_cap"] == 100
    turned = client.ask("PUT", "/_sandbox/switches", {"page_cap": 3})
    assert turned.data == client.get("/_sandbox/switches").data
    assert client.get("/tickets").data["page_size"] == 3
    assert client.ask("PUT", "/_sandbox/switches", {"colour": 3}).status == 422


def test_faults_are_set_shown_and_cleared(client):
    rules = [{"do": "answer", "status": 429}, {"do": "answer", "status": 502, "times": "forever"}]
    client.ask("POST", "/_sandbox/faults", rules)
    client.ask("POST", "/_sandbox/faults", {"do": "drop"})
    assert [client.get("/tickets").status for _ in range(3)] == [429, 502, 502]
    assert [rule["hits"] for rule in client.get("/_sandbox/faults").data] == [1, 2, 0]
    assert client.ask("DELETE", "/_sandbox/faults").data == []
    assert client.get("/tickets").status == 200
    assert client.ask("POST", "/_sandbox/faults", {"do": "explode"}).status == 422
    assert client.ask("POST", "/_sandbox/faults", {"do": "drop", "path": "("}).status == 422


def test_the_journal_tells_an_agents_edit_from_a_clients_write(client):
    edit = {"ticket_id": int(FIRST), "fields": {"status": "Escalated", "new_thing": [1]}}
    assert client.ask("POST", "/_sandbox/edit", edit).data == {"ticket_ids": [FIRST]}
    client.patch(FIRST, status="solved")
    journal = client.get("/_sandbox/journal").data
    assert [(e["by"], e["method"], e["body"]["status"]) for e in journal] == [
        ("agent", "edit", "Escalated"),
        ("api", "PATCH", "solved"),
    ]
    assert client.sandbox.world.ticket(FIRST)["new_thing"] == [1]


def test_a_bulk_edit_gives_many_tickets_one_stamp(client):
    ids = client.listed_ids(page_size=20)
    stamp = "2027-01-01T00:00:00.000Z"
    edit = {"ticket_ids": ids, "fields": {"priority": "urgent"}, "at": stamp}
    client.ask("POST", "/_sandbox/edit", edit)
    changed = client.get("/tickets", updated_after=stamp).data["tickets"]
    assert {t["id"] for t in changed} == set(ids)
    assert {(t["updated_at"], t["priority"]) for t in changed} == {(stamp, "urgent")}


def test_an_edit_can_hide_fields_delete_and_add(client):
    client.ask("POST", "/_sandbox/edit", {"ticket_id": FIRST, "remove": ["updated_at", "title"]})
    assert {"updated_at", "title"}.isdisjoint(client.get(f"/tickets/{FIRST}").data)
    client.ask("POST", "/_sandbox/edit", {"ticket_id": FIRST, "delete": True})
    assert client.get(f"/tickets/{FIRST}").status == 404
    assert client.get("/tickets").data["total"] == 29
    added = client.ask("POST", "/_sandbox/edit", {"fields": {"title": "Walk-in"}}).data
    assert client.get(f"/tickets/{added['ticket_ids'][0]}").data["title"] == "Walk-in"


@pytest.mark.parametrize("odd", ["2026-03-02 10:00", "soon", None, 5])
def test_an_edit_can_show_an_odd_stamp_until_the_next_change(client, odd):
    client.ask("POST", "/_sandbox/edit", {"ticket_id": FIRST, "fields": {"updated_at": odd}})
    assert client.get(f"/tickets/{FIRST}").data["updated_at"] == odd
    assert client.listed_ids(page_size=1) == [FIRST]
    assert client.patch(FIRST, status="solved").data["updated_at"] != odd


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        ({"ticket_id": "999", "fields": {"status": "New"}}, 404),
        ({"ticket_id": FIRST, "at": "yesterday"}, 422),
        ({"colour": 1}, 422),
    ],
)
def test_a_bad_edit_is_refused(client, edit, status):
    assert client.ask("POST", "/_sandbox/edit", edit).status == status
    assert client.sandbox.world.journal == []


def test_state_counts_what_there_is_and_what_was_asked(client):
    client.note(FIRST)
    client.get("/tickets")
    state = client.get("/_sandbox/state").data
    assert (state["tickets"], state["notes"], state["writes"]) == (30, 1, {"api": 1})
    assert state["requests"] == {"POST /tickets/{id}/notes": 1, "GET /tickets": 1}
    assert state["most_in_flight"] == 1


def test_reset_brings_back_the_start(start):
    client = start(page_cap=9)
    before = client.sandbox.world.ticket(FIRST)
    client.note(FIRST)
    client.patch(FIRST, title="Changed")
    client.sandbox.world.switch(page_cap=5)
    client.sandbox.world.faults.add(do="drop", times="forever")
    client.ask("POST", "/_sandbox/reset")
    world = client.sandbox.world
    assert (world.journal, world.notes(FIRST), world.faults.rules()) == ([], [], [])
    assert world.ticket(FIRST)["title"] == before["title"]
    assert world.switches.page_cap == 9


def test_a_test_may_edit_while_the_server_answers(start):
    client = start(tickets=200)
    world = client.sandbox.world
    ids = list(world.tickets)

    def edit_all() -> None:
        for id_ in ids:
            world.edit(id_, priority="urgent")

    editor = threading.Thread(target=edit_all)
    editor.start()
    totals = {client.get("/tickets", page_size=100).data["total"] for _ in range(20)}
    editor.join()
    assert totals == {200}
    assert len(client.listed_ids(priority="urgent", page_size=100)) == 100
    assert {ticket["priority"] for ticket in world.tickets.values()} == {"urgent"}


@pytest.mark.parametrize("dialect", ["tickets", "entities"])
def test_the_control_works_the_same_in_both_dialects(start, dialect):
    client = start(dialect=dialect)
    world = client.sandbox.world
    client.ask("POST", "/_sandbox/edit", {"ticket_id": FIRST, "fields": {"status": "Escalated"}})
    client.ask("POST", "/_sandbox/edit", {"ticket_id": FIRST, "note": "Called", "public": True})
    tickets = client.get("/_sandbox/tickets").data["tickets"]
    assert {ticket["id"]: ticket for ticket in tickets} == world.tickets
    assert world.ticket(FIRST)["status"] == "Escalated"
    assert client.get(f"/_sandbox/tickets/{FIRST}/notes").data["notes"] == world.notes(FIRST)
    assert [note["content"] for note in world.notes(FIRST)] == ["Called"]
    assert [entry["by"] for entry in client.get("/_sandbox/journal").data] == ["agent", "agent"]
    refused = client.ask("POST", "/_sandbox/faults", {"do": "explode"})
    assert (refused.status, refused.error["code"]) == (422, "VALIDATION_ERROR")
    assert client.ask("POST", "/_sandbox/reset").data["tickets"] == 30
    assert world.notes(FIRST) == []
