"""Runs against a tenant, whose list is walked whole: what is read, what comes in, what goes out."""

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

DETAIL = "GET /api/v2/entities/Case/{id}"


def details(world: World) -> list[str]:
    """Ids of the cases whose details were read, in order."""
    reads = [
        entry.target.partition("?")[0].rpartition("/")[2]
        for entry in world.qcontact.requests
        if entry.method == "GET" and entry.by == "api"
    ]
    return [part for part in reads if part.isdecimal()]


def details_of(world: World, run) -> list[str]:
    before = len(details(world))
    run()
    return details(world)[before:]


def inbound(result):
    return result.sync_result["inbound_stats"]


@pytest.fixture
def linked(tenant: World) -> str:
    remote_id = tenant.add_ticket()
    tenant.run()
    return remote_id


def test_a_first_run_brings_every_case_in(seeded_tenant: World):
    result = seeded_tenant.run()
    assert (result.status, inbound(result)["created"]) == ("success", 300)
    assert seeded_tenant.value("SELECT count(*) FROM tickets") == 300
    assert seeded_tenant.cursor() is not None


def test_an_unchanged_run_writes_nothing_and_reads_few_details(seeded_tenant: World):
    seeded_tenant.run()
    before = seeded_tenant.tickets_snapshot()
    again = []
    read = details_of(seeded_tenant, lambda: again.append(seeded_tenant.run()))
    assert len(read) <= 5
    assert seeded_tenant.tickets_snapshot() == before
    stats = inbound(again[0])
    assert stats["total_processed"] == stats["skipped"] == 300


def test_a_change_that_a_row_shows_comes_in_with_the_next_run(tenant: World, linked: str):
    tenant.edit(linked, status="In Progress")
    read = details_of(tenant, tenant.run)
    assert read == [linked]
    assert tenant.local(linked)["status"] == "in_progress"


def test_a_change_that_no_row_shows_comes_in_within_a_day(tenant: World, linked: str):
    tenant.add_ticket()
    tenant.run()
    tenant.execute(
        "UPDATE qcontact_listed_row SET looked_at = looked_at - interval '1 hour'"
        " WHERE remote_id <> %s",
        linked,
    )
    tenant.edit(linked, description="The dog is loose")
    tenant.run()
    assert tenant.local(linked)["description"] != "The dog is loose"
    tenant.execute("UPDATE qcontact_listed_row SET looked_at = looked_at - interval '19 hours'")
    tenant.run()
    assert tenant.local(linked)["description"] == "The dog is loose"


def test_a_change_that_no_row_shows_comes_in_at_once_for_a_ticket_that_is_named(tenant, linked):
    tenant.edit(linked, description="The dog is loose")
    tenant.run(ticket_ids=[linked])
    assert tenant.local(linked)["description"] == "The dog is loose"


def test_a_local_status_goes_out_and_nothing_comes_back(tenant: World, linked: str):
    tenant.set_local(linked, status="pending_qa")
    result = tenant.run()
    assert result.status == "success", result.error_message
    assert tenant.remote(linked)["status"] == "InReview"
    tenant.run()
    assert tenant.local(linked)["status"] == "pending_qa"
    patches = [e for e in tenant.qcontact.journal if e.method == "PATCH"]
    assert [entry.body for entry in patches] == [{"fields": {"status": "InReview"}}]


@pytest.mark.parametrize("status", ["Escalated", "Pending Customer", "New"])
def test_a_status_without_a_word_of_its_own_survives_all_runs(tenant: World, status):
    remote_id = tenant.add_ticket(status=status)
    for _ in range(3):
        tenant.run()
    assert tenant.remote(remote_id)["status"].replace(" ", "") == status.replace(" ", "")
    assert [e for e in tenant.qcontact.journal if e.by == "api"] == []


def test_solved_that_closes_by_itself_is_no_move(tenant: World, linked: str):
    tenant.set_local(linked, status="resolved")
    tenant.run()
    assert tenant.remote(linked)["status"] == "Solved"
    tenant.edit(linked, status="Closed")
    for _ in range(2):
        tenant.run()
    assert tenant.local(linked)["status"] == "resolved"
    assert tenant.conflicts() == []


def test_a_local_change_against_a_closed_case_is_tried_once_and_needs_a_decision(tenant, linked):
    tenant.set_local(linked, status="resolved")
    tenant.run()
    tenant.edit(linked, status="Closed")
    tenant.run()
    tenant.set_local(linked, status="in_progress")
    for _ in range(3):
        result = tenant.run()
    tried = [e for e in tenant.qcontact.journal if e.method == "PATCH" and e.outcome == "refused"]
    assert len(tried) == 1
    assert result.status == "success"
    assert tenant.quarantine() == {}
    (conflict,) = tenant.conflicts()
    assert (conflict["kind"], conflict["field"]) == ("needs_you", "status")


def test_a_local_assignment_stays_here_and_is_not_pending(tenant: World, linked: str):
    user = tenant.add_user("Thandi Nkosi")
    tenant.set_local(linked, assigned_to=user)
    result = tenant.run()
    assert result.sync_result["outbound_stats"]["total_processed"] == 0
    assert tenant.local(linked)["assigned_to"] == user
    assert [e for e in tenant.qcontact.journal if e.by == "api"] == []


def test_a_case_that_is_handed_on_is_read_once_and_stays_as_it_is(tenant: World):
    queue = tenant.remote(tenant.add_ticket())["assigned_to"]
    ids = [tenant.add_ticket() for _ in range(8)]
    world = tenant.watching(queue)
    world.run()
    world.edit(ids[0], assigned_to="Another Team")
    assert ids[0] in details_of(world, world.run)
    assert details_of(world, world.run).count(ids[0]) <= 1
    assert world.local(ids[0])["status"] == "open"
    world.edit(ids[0], assigned_to=queue, status="In Progress")
    world.run()
    assert world.local(ids[0])["status"] == "in_progress"


def test_an_empty_list_closes_and_deletes_nothing(tenant: World):
    ids = [tenant.add_ticket() for _ in range(6)]
    tenant.run()
    before = tenant.tickets_snapshot()
    tenant.qcontact.edit(ids, assigned_to=None)
    world = tenant.watching("Tier 1")
    result = world.run()
    assert result.status == "success"
    assert world.tickets_snapshot() == before


def test_a_case_that_is_gone_is_reported_and_never_made_again(tenant: World, linked: str):
    tenant.add_ticket()
    tenant.qcontact.delete(linked)
    tenant.run()
    assert tenant.quarantine()[linked]["error_code"] == "NOT_FOUND"
    tenant.set_local(linked, status="resolved")
    tenant.run()
    assert [e for e in tenant.qcontact.journal if e.by == "api"] == []


def test_a_first_import_that_is_cut_short_goes_on_where_it_stopped(seeded_tenant: World):
    world = seeded_tenant
    run = world.start(world.order())
    world.configure(time_limit_s=1)
    world.qcontact.faults.add(do="delay", delay_s=0.05, path="/entities/Case/", times="forever")
    stats = world.run_direction(run, "inbound")
    world.finish(run, inbound=stats)
    world.qcontact.faults.clear()
    settled = world.value("SELECT count(*) FROM tickets")
    assert 0 < settled < 300
    assert world.cursor() is None
    world.configure(time_limit_s=3_600)
    read = details_of(world, world.run)
    assert world.value("SELECT count(*) FROM tickets") == 300
    assert len(read) <= 300 - settled + settled // 4 + 5


def test_a_note_goes_out_once(tenant: World, linked: str):
    tenant.add_note(linked, "On site at ten")
    for _ in range(2):
        tenant.run()
    assert [n["content"] for n in tenant.qcontact.notes(linked)] == ["On site at ten"]


def test_an_assignee_holds_up_neither_status_nor_note(tenant: World, linked: str):
    tenant.set_local(linked, status="pending_qa", assigned_to=tenant.add_user(None))
    tenant.add_note(linked, "On site at ten")
    for _ in range(2):
        tenant.run()
    assert tenant.patches() == [(linked, {"fields": {"status": "InReview"}})]
    assert tenant.notes_at(linked) == ["On site at ten"]
    assert tenant.quarantine() == {}


@pytest.mark.parametrize(
    ("switch", "lost", "kept"),
    [("may_set_status", "status", "note"), ("may_note", "note", "status")],
)
def test_rights_are_told_apart_by_kind_of_write(tenant: World, switch, lost, kept):
    ids = [tenant.add_ticket() for _ in range(6)]
    tenant.run()
    tenant.qcontact.switch(**{switch: False})
    for remote_id in ids:
        tenant.set_local(remote_id, status="pending_qa")
        tenant.add_note(remote_id, "On site at ten")
    result = tenant.run()
    assert result.error_code == "AUTHORIZATION_ERROR"
    assert tenant.quarantine() == {}
    arrived = {
        "status": sum(tenant.remote(i)["status"] == "InReview" for i in ids),
        "note": sum(len(tenant.qcontact.notes(i)) for i in ids),
    }
    assert arrived[kept] == 6
    assert arrived[lost] == 0
    refused = [e for e in tenant.qcontact.journal if e.status == 403]
    assert len(refused) == 3


def test_a_dated_run_takes_what_was_created_in_its_window(tenant: World):
    old = tenant.add_ticket()
    tenant.pass_time(86_400)
    start = tenant.qcontact.stamp()
    new = tenant.add_ticket()
    tenant.run(start_date=start)
    known = [row["external_id"] for row in tenant.rows("SELECT external_id FROM tickets")]
    assert known == [new]
    assert old not in known
    assert tenant.cursor() is None


def test_a_case_that_was_gone_and_comes_back_with_the_same_row_comes_in(tenant: World):
    case, other = tenant.add_ticket(), tenant.add_ticket()
    gone = {"do": "answer", "method": "GET", "ticket_id": case, "status": 404}
    tenant.qcontact.faults.add(**gone, times="forever")
    tenant.run()
    # Of the ids at least one must be known.
    tenant.run(ticket_ids=[case, other])
    assert tenant.quarantine() == {}
    tenant.qcontact.faults.clear()
    tenant.run()
    assert tenant.local(case)["external_id"] == case
