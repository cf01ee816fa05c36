"""Each thing that is not known about the real QContact can be either way here."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from sandbox.instants import parse_instant
from sandbox.switches import SwitchError, Switches, parse_switches
from tests.sandbox.sandbox_client import FIRST

SECOND_ID = "21924300002"
NOON = "2026-03-02T12:00:00Z"


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("order", "key", "backwards"),
    [
        ("id", "id", False),
        ("updated_asc", "updated_at", False),
        ("updated_desc", "updated_at", True),
    ],
)
def test_order_of_the_list(start, order, key, backwards):
    client = start(order=order)
    listed = [ticket[key] for ticket in client.get("/tickets").data["tickets"]]
    assert listed == sorted(listed, reverse=backwards)


@pytest.mark.sandbox
def test_random_order_differs_from_request_to_request(start):
    client = start(order="random", tickets=100)
    first, second = (client.listed_ids(page_size=100) for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second)


@pytest.mark.sandbox
def test_pages_beyond_the_depth_are_refused(start):
    client = start(page_depth=2)
    assert client.get("/tickets", page=2, page_size=5).status == 200
    refused = client.get("/tickets", page=3, page_size=5)
    assert (refused.status, refused.error["field"]) == (400, "page")


@pytest.mark.sandbox
@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("bound", ["updated_after", "updated_before"])
def test_a_bound_of_the_window_is_included_or_not(start, bound, inclusive):
    client = start(tickets=3, **{f"{bound}_inclusive": inclusive})
    client.sandbox.world.edit(FIRST, at=parse_instant(NOON))
    assert (FIRST in client.listed_ids(**{bound: NOON})) is inclusive


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("resolution", "shown"),
    [
        ("seconds", "2026-03-02T10:20:30Z"),
        ("milliseconds", "2026-03-02T10:20:30.123Z"),
        ("microseconds", "2026-03-02T10:20:30.123456Z"),
    ],
)
def test_stamps_are_kept_and_filtered_in_their_resolution(start, resolution, shown):
    client = start(time_resolution=resolution, updated_after_inclusive=False)
    client.sandbox.world.edit(FIRST, at=parse_instant("2026-03-02T10:20:30.123456Z"))
    assert client.get(f"/tickets/{FIRST}").data["updated_at"] == shown
    # Cut down, not just shown shorter: its own stamp is the exclusive bound.
    assert FIRST not in client.listed_ids(updated_after=shown)


@pytest.mark.sandbox
def test_resolution_turned_at_run_time_holds_for_tickets_that_are_there(client):
    client.sandbox.world.switch(time_resolution="seconds", order="updated_asc")
    stamps = [ticket["updated_at"] for ticket in client.get("/tickets").data["tickets"]]
    assert all(len(stamp) == len(NOON) for stamp in stamps)
    assert stamps == sorted(stamps)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("zone", "shown"), [("+02:00", "14:00:00.000+02:00"), ("none", "12:00:00.000")]
)
def test_stamps_can_carry_an_offset_or_no_zone(start, zone, shown):
    client = start(time_zone=zone)
    client.sandbox.world.edit(FIRST, at=parse_instant(NOON))
    assert client.get(f"/tickets/{FIRST}").data["updated_at"] == f"2026-03-02T{shown}"


@pytest.mark.sandbox
def test_page_size_over_the_cap_is_cut_and_the_answer_says_so(start):
    page = start(page_cap=7).get("/tickets", page_size=100).data
    assert (page["page_size"], len(page["tickets"]), page["has_more"]) == (7, 7, True)


@pytest.mark.sandbox
def test_page_size_over_the_cap_can_be_refused(start):
    client = start(page_cap=7, page_over_cap="refuse")
    answer = client.get("/tickets", page_size=8)
    assert (answer.status, answer.error["field"]) == (400, "page_size")
    assert client.get("/tickets", page_size=7).status == 200


@pytest.mark.sandbox
def test_page_size_over_the_cap_can_be_cut_without_saying_so(start):
    page = start(page_cap=7, page_over_cap="cut_unsaid").get("/tickets", page_size=100).data
    assert (page["page_size"], len(page["tickets"]), page["has_more"]) == (100, 7, True)


@pytest.mark.sandbox
@pytest.mark.parametrize("status", ["404", "405"])
def test_notes_may_not_be_listable(start, status):
    client = start(note_listing=status)
    assert client.note(FIRST).status == 201
    assert client.get(f"/tickets/{FIRST}/notes").status == int(status)


@pytest.mark.sandbox
@pytest.mark.parametrize("bumps", [True, False])
def test_a_note_may_move_the_ticket(start, bumps):
    client = start(note_bumps_ticket=bumps)
    before = client.sandbox.world.ticket(FIRST)
    client.note(FIRST)
    assert (client.sandbox.world.ticket(FIRST) != before) is bumps


@pytest.mark.sandbox
@pytest.mark.parametrize(("idempotency", "kept"), [(True, 1), (False, 2)])
def test_an_idempotency_key_is_honoured_or_ignored(start, idempotency, kept):
    client = start(idempotency=idempotency)
    first, second = (client.note(FIRST, Idempotency_Key="k") for _ in range(2))
    assert (first.body == second.body) is idempotency
    assert len(client.sandbox.world.notes(FIRST)) == kept


@pytest.mark.sandbox
def test_an_idempotency_key_belongs_to_one_body_and_one_path(start):
    client = start(idempotency=True)
    client.note(FIRST, Idempotency_Key="k")
    assert client.note(FIRST, "other", Idempotency_Key="k").status == 409
    assert client.note(SECOND_ID, "other", Idempotency_Key="k").status == 201
    outcomes = [entry.outcome for entry in client.sandbox.world.journal]
    assert outcomes == ["applied", "refused", "applied"]


@pytest.mark.sandbox
def test_ids_are_numbers_or_text(start):
    client = start(id_type="number")
    assert client.get(f"/tickets/{FIRST}").data["id"] == int(FIRST)
    assert client.note(FIRST).data["ticket_id"] == int(FIRST)
    client.sandbox.world.switch(id_type="text")
    assert (
        client.get("/tickets", page_size=1).data["tickets"][0]["id"] in client.sandbox.world.tickets
    )


@pytest.mark.sandbox
def test_writes_may_answer_with_an_empty_body(start):
    client = start(empty_write_body=True)
    patched, noted = client.patch(FIRST, status="solved"), client.note(FIRST)
    assert [(patched.status, patched.body), (noted.status, noted.body)] == [(200, b""), (201, b"")]
    assert client.get(f"/tickets/{FIRST}").data["status"] == "solved"


@pytest.mark.sandbox
def test_a_read_only_account_may_not_write(start):
    client = start(read_only=True)
    assert client.get("/tickets").status == 200
    answers = [client.patch(FIRST, status="solved"), client.note(FIRST)]
    assert [a.error["code"] for a in answers] == ["AUTHORIZATION_ERROR"] * 2


@pytest.mark.sandbox
def test_lists_can_lag_behind_by_a_number_of_lists(start):
    client = start(tickets=3, search_lag_lists=2)
    client.sandbox.world.edit(FIRST, status="Escalated")
    new = client.sandbox.world.add(title="New one")
    assert client.get(f"/tickets/{FIRST}").data["status"] == "Escalated"
    assert client.get(f"/tickets/{new}").status == 200
    seen = [(len(client.listed_ids()), client.listed_ids(status="Escalated")) for _ in range(2)]
    assert seen == [(3, []), (4, [FIRST])]


@pytest.mark.sandbox
def test_lists_can_lag_behind_by_seconds(start):
    client = start(search_lag_s=3600)
    client.sandbox.world.edit(FIRST, status="Escalated", title="Seen late")
    assert FIRST not in client.listed_ids(page_size=1)
    client.sandbox.world.switch(clock_offset_s=3601)
    assert FIRST in client.listed_ids(page_size=1)


@pytest.mark.sandbox
@pytest.mark.parametrize(("trim", "kept"), [(True, "Anna"), (False, "  Anna ")])
def test_text_can_be_trimmed_on_write(start, trim, kept):
    client = start(trim_text=trim)
    assert client.patch(FIRST, assigned_to="  Anna ").data["assigned_to"] == kept


@pytest.mark.sandbox
def test_status_words_can_be_recased_on_write(start):
    client = start(recase_status=True)
    assert client.patch(FIRST, status="in_progress").data["status"] == "In Progress"
    odd = client.sandbox.world.add(title="x", status="Parked")
    assert client.get(f"/tickets/{odd}").data["status"] == "Parked"


@pytest.mark.sandbox
@pytest.mark.parametrize("offset_s", [-7200, 0, 7200])
def test_the_server_has_a_clock_of_its_own(start, offset_s):
    client = start(clock_offset_s=offset_s)
    answer = client.patch(FIRST, status="solved")
    dates = [parsedate_to_datetime(answer.headers["date"])]
    dates.append(datetime.fromisoformat(answer.data["updated_at"]))
    for date in dates:
        skew_s = (date - datetime.now(UTC)).total_seconds()
        assert abs(skew_s - offset_s) < 600


def test_the_dialects_differ_in_the_page_cap_alone():
    assert parse_switches([], "entities") == Switches(page_cap=50)
    assert parse_switches(["page_cap=70"], "entities").page_cap == 70


def test_switches_are_read_from_the_command_line():
    switches = parse_switches(["order=id", "page_cap=10", "idempotency=true", "search_lag_s=1.5"])
    assert switches == Switches(order="id", page_cap=10, idempotency=True, search_lag_s=1.5)


@pytest.mark.parametrize(
    "pair", ["colour=red", "order=up", "page_cap=0", "page_cap", "read_only=5"]
)
def test_a_bad_switch_is_refused_by_name(pair):
    with pytest.raises(SwitchError, match=pair.partition("=")[0]):
        parse_switches([pair])
