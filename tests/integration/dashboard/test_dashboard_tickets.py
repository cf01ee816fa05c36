"""Finding a ticket by what people know of it, and what its page tells to whom."""

import re

import pytest

from tests.integration.dashboard.test_dashboard_pages import get, text_of

pytestmark = pytest.mark.integration


@pytest.fixture
def tickets_with_past(world, api_server):
    """Some tickets with a past: the world, the server, and a ticket that a technician has taken."""
    world.add_ticket(title="Slow in the evening")
    world.add_ticket(title="Drop 100% broken")
    ticket = world.add_ticket(
        title="No light",
        description="secret text",
        custom_fields={"dr_number": "DR1745", "ont_serial": "ALCLB40D2C"},
    )
    ann = world.add_user("Ann Ville")
    world.run()
    world.edit(ticket, title="No light since Sunday")
    world.set_local(ticket, status="in_progress", assigned_to=ann)
    world.run()
    api_server.connect_fibreflow(world.database)
    api_server.connect_qcontact(world.sandbox.url, world.sandbox.api_key)
    return world, api_server, ticket


@pytest.mark.parametrize(
    "known", ["{uid}", "{uid_lower}", "{digits}", "dr17", "alclb4", "NO LIGHT SINCE", "{id}"]
)
def test_a_ticket_is_found_by_a_part_of_what_people_know_in_any_case(tickets_with_past, known):
    world, api, ticket = tickets_with_past
    uid = world.local(ticket)["ticket_uid"]
    given = known.format(
        uid=uid, uid_lower=uid.lower(), digits=uid[2:], id=world.local(ticket)["id"]
    )
    answer = get(api, f"/ticket?id={given}")

    assert answer.status_code == 200
    assert f"<h1>{uid} " in answer.text


def test_several_tickets_are_listed_to_choose_from(tickets_with_past):
    _, api, ticket = tickets_with_past
    answer = get(api, "/ticket?id=ft")

    assert "3 tickets match “ft”" in text_of(answer)
    assert f"/ticket?id={ticket}" in answer.text


@pytest.mark.parametrize("given", ["100%25", "%25", "_"])
def test_what_means_anything_to_the_database_means_itself_here(tickets_with_past, given):
    _, api, _ = tickets_with_past
    answer = get(api, f"/ticket?id={given}")

    assert answer.status_code == (404 if given == "_" else 200)
    assert "tickets match" not in answer.text


def test_who_finds_nothing_learns_what_the_search_looks_for(tickets_with_past):
    _, api, _ = tickets_with_past
    answer = get(api, "/ticket?id=nothing-like-it")

    assert answer.status_code == 404
    assert "part of the FT number" in text_of(answer)


def test_the_timeline_has_old_and_new_values_and_names_for_who_may_decide(tickets_with_past):
    _, api, ticket = tickets_with_past
    seen = text_of(get(api, f"/ticket?id={ticket}", user="clerk"))

    assert "created in FibreFlow" in seen
    assert "title: No light → No light since Sunday" in seen
    assert re.search(r"sent to QContact\s+status: New → in_progress", seen)
    assert "assigned_to: unassigned → Ann Ville" in seen


def test_who_may_not_decide_sees_no_names_and_is_told_so(tickets_with_past):
    _, api, ticket = tickets_with_past
    answer = get(api, f"/ticket?id={ticket}", user="onlooker")

    assert "assigned_to: unassigned → assigned" in text_of(answer)
    assert "Names of people are not shown" in answer.text
    assert "Ann Ville" not in answer.text


def test_neither_sees_the_tickets_text(tickets_with_past):
    _, api, ticket = tickets_with_past

    assert "secret text" not in get(api, f"/ticket?id={ticket}").text


def test_an_open_conflict_and_who_ended_it_stand_on_the_tickets_page(tickets_with_past):
    world, api, ticket = tickets_with_past
    world.set_local(ticket, status="closed")
    world.run()
    world.edit(ticket, status="In Progress")
    world.run()
    waiting = get(api, f"/ticket?id={ticket}")
    world.execute(
        "UPDATE qcontact_conflict SET resolved_at = now(), resolution = 'kept local',"
        " decided_by = 'thandi'"
    )
    ended = text_of(get(api, f"/ticket?id={ticket}"))

    assert "Open conflict: status" in text_of(waiting)
    assert waiting.text.count("/conflicts/") == 2
    assert "conflict about status ended: kept local by thandi" in ended
    assert "Open conflict" not in ended
