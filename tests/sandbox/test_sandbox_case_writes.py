"""Writing to a case: what is taken, refused, ignored, and what happens to a solved one."""

import pytest

from tests.sandbox.case_client import CASES, MAIN_QUEUE, OTHER_QUEUE
from tests.sandbox.sandbox_client import FIRST

pytestmark = pytest.mark.sandbox

DAY_S = 86_400
WRITABLE = (
    "Open", "Assigned", "InProgress", "Escalated", "InReview", "Reviewed",
    "Pending Company Response", "Solved",
)  # fmt: skip


def _outcomes(tenant):
    return [entry.outcome for entry in tenant.sandbox.world.journal if entry.by == "api"]


@pytest.mark.parametrize("word", WRITABLE)
def test_exact_words_are_taken(tenant, word):
    answer = tenant.patch(FIRST, status=word)
    raw = word.replace(" ", "")
    assert (answer.status, answer.json["fields"]["status"]) == (200, raw)
    assert tenant.fields(FIRST)["status"] == raw
    assert tenant.sandbox.world.ticket(FIRST)["status"] == word


@pytest.mark.parametrize(
    "word", ["in_progress", "In Progress", "open", "Closed", "Cancelled", "New", "", None, 5, []]
)
def test_other_words_are_refused(tenant, word):
    refused = tenant.patch(FIRST, status=word)
    assert (refused.status, len(refused.errors)) == (422, 1)
    assert tenant.fields(FIRST)["status"] == "New"
    assert _outcomes(tenant) == ["refused"]


def test_without_the_wrapper_nothing_changes(tenant):
    before = tenant.case(FIRST).json
    answer = tenant.ask("PATCH", f"{CASES}/{FIRST}", {"status": "Escalated"})
    assert (answer.status, answer.json) == (200, before)
    assert tenant.case(FIRST).json == before
    assert _outcomes(tenant) == ["ignored"]


@pytest.mark.parametrize(("mode", "answered"), [("old", "New"), ("echo", "Escalated")])
def test_a_patch_can_be_accepted_and_change_nothing(start_tenant, mode, answered):
    client = start_tenant(silent_patch=mode)
    answer = client.patch(FIRST, status="Escalated")
    assert (answer.status, answer.json["fields"]["status"]) == (200, answered)
    assert client.fields(FIRST)["status"] == "New"
    assert len(client.events(FIRST).json["results"]) == 1
    assert _outcomes(client) == ["lied"]


@pytest.mark.parametrize(("echo", "answered"), [(False, "New"), (True, "Escalated")])
def test_a_lying_answer_changes_nothing(tenant, echo, answered):
    tenant.sandbox.world.faults.add(do="lie", method="PATCH", echo=echo)
    assert tenant.patch(FIRST, status="Escalated").json["fields"]["status"] == answered
    assert tenant.fields(FIRST)["status"] == "New"
    assert _outcomes(tenant) == ["lied"]


def test_assignment_is_a_number_and_moves_the_case(tenant):
    answer = tenant.patch(FIRST, assigned_to=OTHER_QUEUE)
    assert answer.json["fields"]["assigned_to"] == OTHER_QUEUE
    name = tenant.sandbox.world.directory.name_of(OTHER_QUEUE)
    assert answer.json["relationships"]["assigned_to"]["label"] == name
    assert tenant.sandbox.world.ticket(FIRST)["assigned_to"] == name
    assert tenant.patch(FIRST, assigned_to=None).json["relationships"]["assigned_to"] is None


@pytest.mark.parametrize("value", ["Thandi Mokoena", str(MAIN_QUEUE), 5, True, [1]])
def test_other_assignees_are_refused(tenant, value):
    assert tenant.patch(FIRST, assigned_to=value).status == 422


def test_other_fields(tenant):
    custom = {"dr_number": "DR1734315", "ont_serial": "ALCLB00000001"}
    id_ = tenant.sandbox.world.add(title="x", subcategory="Router", custom_fields=custom)
    written = {
        "description": "New text",
        "category": "General|Maintenance",
        "telephone": "+27 00 000 0000",
        "email": "new@example.test",
        "address": "2 Aloe Street",
        "c__serial_number": "ALCLB00000002",
        "c__availability": "After 17:00",
    }
    shown = tenant.patch(id_, **written).json["fields"]
    assert {name: shown[name] for name in written} == written
    model = tenant.sandbox.world.ticket(id_)
    assert model["customer_phone"] == "+27 00 000 0000"
    assert model["custom_fields"] == {
        "dr_number": "DR1734315",  # what was not sent stays
        "ont_serial": "ALCLB00000002",
        "c__availability": "After 17:00",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"c__update": "Technician on site"}, {"c__feedback": "Good"}, {"reference": "FT1"},
        {"priority": "high"}, {"label": "x"}, {"c__dr_number": "DR1"}, {"description": 5},
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_by_name(tenant, fields):
    before = tenant.case(FIRST).json
    refused = tenant.patch(FIRST, status="Escalated", **fields)
    assert refused.status == 422
    assert next(iter(fields)) in refused.errors[0]
    assert tenant.case(FIRST).json == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object_is_refused(tenant, body):
    assert tenant.ask("PATCH", f"{CASES}/{FIRST}", body).status == 400


def test_an_unknown_case_cannot_be_written(tenant):
    assert tenant.patch("99999999999", status="Open").status == 404


def test_writes_may_answer_with_an_empty_body(start_tenant):
    client = start_tenant(empty_write_body=True)
    patched, noted = client.patch(FIRST, status="Escalated"), client.note(FIRST)
    assert [(patched.status, patched.body), (noted.status, noted.body)] == [(200, b""), (201, b"")]
    assert client.fields(FIRST)["status"] == "Escalated"


# --- rights


@pytest.mark.parametrize("right", ["may_set_status", "may_assign", "may_note"])
def test_each_kind_of_write_has_a_right_of_its_own(start_tenant, right):
    client = start_tenant(**{right: False})
    answers = {
        "may_set_status": client.patch(FIRST, status="Escalated"),
        "may_assign": client.patch(FIRST, assigned_to=OTHER_QUEUE),
        "may_note": client.note(FIRST),
    }
    refused = {name for name, answer in answers.items() if answer.status == 403}
    assert refused == {right}
    assert client.patch(FIRST, description="Free for all").status == 200


def test_one_missing_right_refuses_the_whole_patch(start_tenant):
    client = start_tenant(may_assign=False)
    assert client.patch(FIRST, status="Escalated", assigned_to=OTHER_QUEUE).status == 403
    assert client.fields(FIRST)["status"] == "New"


def test_rights_change_over_time(tenant):
    tenant.sandbox.world.switch(may_note=False)
    assert tenant.note(FIRST).status == 403
    tenant.sandbox.world.switch(may_note=True)
    assert tenant.note(FIRST).status == 201


def test_a_read_only_account_may_not_write(start_tenant):
    client = start_tenant(read_only=True)
    assert client.cases().status == 200
    assert [client.patch(FIRST, status="Open").status, client.note(FIRST).status] == [403, 403]


@pytest.mark.parametrize("right", ["may_set_status", "may_assign", "may_note"])
def test_the_tickets_dialect_has_the_same_rights(start, right):
    client = start(**{right: False})
    answers = {
        "may_set_status": client.patch(FIRST, status="escalated"),
        "may_assign": client.patch(FIRST, assigned_to="Anna"),
        "may_note": client.note(FIRST),
    }
    refused = {name: a.error["code"] for name, a in answers.items() if a.status == 403}
    assert refused == {right: "AUTHORIZATION_ERROR"}
    assert client.patch(FIRST, description="Free for all").status == 200


# --- solved and closed


def test_a_solved_case_is_closed_after_a_while(start_tenant):
    client = start_tenant(solved_closes_after_s=DAY_S)
    world = client.sandbox.world
    client.patch(FIRST, status="Solved")
    world.switch(clock_offset_s=DAY_S - 60)
    assert client.fields(FIRST)["status"] == "Solved"
    world.switch(clock_offset_s=DAY_S + 60)
    assert FIRST in [str(r["id"]) for r in client.rows() if r["__status"] == "Closed"]
    assert client.fields(FIRST)["status"] == "Closed"
    closing = [entry for entry in world.journal if entry.by == "system"]
    assert FIRST in closing[0].ticket_ids
    assert client.events(FIRST).json["results"][0]["event_type"] == "automation"


@pytest.mark.parametrize(("after_s", "status"), [(None, "Closed"), (0, "Solved")])
def test_closing_takes_three_days_by_default_or_never_happens(start_tenant, after_s, status):
    switches = {} if after_s is None else {"solved_closes_after_s": after_s}
    client = start_tenant(**switches)
    world = client.sandbox.world
    id_ = world.add(title="x", status="Solved")
    world.switch(clock_offset_s=4 * DAY_S)
    assert world.ticket(id_)["status"] == status
    assert client.sandbox.world.case(id_)["fields"]["status"] == status


def test_a_case_that_is_opened_again_in_time_is_not_closed(tenant):
    world = tenant.sandbox.world
    world.edit(FIRST, status="Solved")
    world.switch(clock_offset_s=2 * DAY_S)
    world.edit(FIRST, status="InProgress")
    world.switch(clock_offset_s=3.5 * DAY_S)
    world.edit(FIRST, status="Solved")
    world.switch(clock_offset_s=6 * DAY_S)
    assert world.ticket(FIRST)["status"] == "Solved"
    world.switch(clock_offset_s=7 * DAY_S)
    assert world.ticket(FIRST)["status"] == "Closed"


def test_a_deleted_case_is_not_closed(tenant):
    world = tenant.sandbox.world
    world.edit(FIRST, status="Solved")
    world.delete(FIRST)
    world.switch(clock_offset_s=4 * DAY_S)
    assert tenant.case(FIRST).status == 404


def test_tickets_are_never_closed_by_themselves(start):
    world = start().sandbox.world
    world.edit(FIRST, status="Solved")
    world.switch(clock_offset_s=400 * DAY_S)
    assert world.ticket(FIRST)["status"] == "Solved"


@pytest.mark.parametrize("word", ["Open", "Solved", "Closed"])
def test_a_closed_case_refuses_every_change_of_status(tenant, word):
    tenant.sandbox.world.edit(FIRST, status="Closed")
    assert tenant.patch(FIRST, status=word).status == 422
    assert tenant.patch(FIRST, description="Still open to this").status == 200
    assert tenant.note(FIRST).status == 201
    assert tenant.fields(FIRST)["status"] == "Closed"


def test_a_closed_case_may_take_a_status_all_the_same(start_tenant):
    client = start_tenant(closed_refuses_status=False)
    client.sandbox.world.edit(FIRST, status="Closed")
    assert client.patch(FIRST, status="Open").status == 200
