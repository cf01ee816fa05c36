"""The fault list's HTTP rows: what a run makes of QContact's answers."""

import pytest
from qcontact_sync.sync import inbound

from sandbox.instants import SECOND
from tests.integration.engine import Engine, SkippingClock
from tests.integration.sync_world import World
from tests.kept_connections import kept_connections as kept_connections

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

NOTE = {"method": "POST", "path": "/notes"}
LIST = r"/tickets\?"
FOREVER = {"times": "forever"}


@pytest.fixture
def linked(world: World) -> str:
    """The id of a ticket that both sides agree on: in progress, nobody's."""
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    return remote_id


def several(world: World, count: int) -> list[str]:
    ids = [world.add_ticket(status="In Progress") for _ in range(count)]
    world.run()
    return ids


def asked(world: World) -> int:
    return sum(world.qcontact.counts.values())


# --- who may ask, and how often


def test_credentials_that_are_refused_stop_the_run_with_one_error(world: World):
    ids = several(world, 12)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.edit(ids, title="Edited there")
    world.qcontact.faults.add(do="answer", status=401, **FOREVER)
    before, cursor = asked(world), world.cursor()
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "AUTHENTICATION_ERROR")
    assert result.sync_result["errors"] == []
    assert world.quarantine() == {}
    assert world.cursor() == cursor
    # One of the list, and of the tickets no more than were on their way at once.
    assert asked(world) - before <= 1 + world.settings.connections


@pytest.mark.parametrize("after", [2, 5, 8], ids="after-{}-requests".format)
def test_credentials_that_end_in_mid_run_leave_the_rest_to_the_next(world: World, after):
    ids = several(world, 10)
    world.configure(page_size=4, connections=1)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.edit(ids, title="Edited there")
    world.qcontact.faults.add(do="answer", status=401, after=after, **FOREVER)
    before = asked(world)
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "AUTHENTICATION_ERROR")
    assert asked(world) - before <= after + 2
    assert result.sync_result["errors"] == []
    assert world.quarantine() == {}
    world.qcontact.faults.clear()
    assert world.run().status == "success"
    applied = [t for t, body in world.patches() if body == {"status": "in_review"}]
    assert sorted(set(applied)) == sorted(ids)
    assert {world.local(i)["title"] for i in ids} == {"Edited there"}
    assert {world.remote(i)["status"] for i in ids} == {"in_review"}


@pytest.mark.parametrize(
    "pause", [{"retry_after": 86_400}, {"retry_after_date_s": 86_400}], ids=["seconds", "date"]
)
def test_retry_after_of_a_day_ends_the_run_without_further_requests(world: World, pause):
    several(world, 8)
    world.configure(retry_budget_s=60)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.qcontact.faults.add(do="answer", status=429, **pause, **FOREVER)
    before, cursor = asked(world), world.cursor()
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "RATE_LIMITED")
    # Each direction has a client of its own; requests that were on their way count too.
    assert asked(world) - before <= 1 + world.settings.connections
    assert world.quarantine() == {}
    assert world.cursor() == cursor
    world.qcontact.faults.clear()
    assert world.run().sync_result["outbound_stats"]["successful"] == 8


def test_rate_limit_on_every_call_stops_the_run_and_quarantines_nothing(world: World):
    several(world, 8)
    world.configure(retry_budget_s=2)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    world.qcontact.faults.add(do="answer", status=429, retry_after=0, **FOREVER)
    before, cursor = asked(world), world.cursor()
    clock = SkippingClock()
    result = Engine(world, clock=clock, sleep=clock.sleep).run_whole()
    assert (result["status"], result["error_code"]) == ("failed", "RATE_LIMITED")
    assert asked(world) - before < 60
    assert world.quarantine() == {}
    assert world.cursor() == cursor
    world.qcontact.faults.clear()
    assert world.run().sync_result["outbound_stats"]["successful"] == 8


# --- refused tickets


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_change_that_is_refused_waits_for_the_next_change(world: World, linked, status):
    world.qcontact.faults.add(do="answer", status=status, method="PATCH", **FOREVER)
    world.set_local(linked, status="pending_qa")
    world.run()
    assert world.quarantine()[linked]["next_try_at"] is None
    world.run()
    assert len(world.patches()) == 1
    world.qcontact.faults.clear()
    world.set_local(linked, status="resolved")
    world.run()
    assert world.remote(linked)["status"] == "solved"
    assert world.quarantine() == {}


@pytest.mark.parametrize("settling", ["taken-back", "followed-there"])
def test_a_refused_change_that_is_moot_leaves_the_quarantine(world: World, linked, settling):
    world.qcontact.faults.add(do="answer", status=422, method="PATCH", **FOREVER)
    world.set_local(linked, status="pending_qa")
    world.run()
    assert linked in world.quarantine()
    if settling == "taken-back":
        world.set_local(linked, status="in_progress")
    else:
        world.edit(linked, status="In Review")
    world.run()
    assert world.quarantine() == {}
    assert len(world.patches()) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_note_that_is_refused_waits_and_another_one_goes_out(world, linked, status):
    world.qcontact.faults.add(do="answer", status=status, **NOTE, **FOREVER)
    world.add_note(linked, "Refused")
    world.run()
    assert world.quarantine()[linked]["next_try_at"] is None
    world.run()
    assert len(world.sent()) == 1
    world.qcontact.faults.clear()
    world.execute("DELETE FROM ticket_notes WHERE content = 'Refused'")
    world.add_note(linked, "Shorter")
    world.run()
    assert world.notes_at(linked) == ["Shorter"]
    assert world.quarantine() == {}


# --- unavailable, or answering something else


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_list_that_fails_is_read_again(world: World, status):
    remote_id = world.add_ticket()
    world.configure(retry_budget_s=30)
    world.qcontact.faults.add(do="answer", status=status, path=LIST)
    result, waits = world.run_without_pauses()
    assert result.status == "success"
    assert len(waits) == 1
    assert world.local(remote_id)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_list_that_fails_for_ever_is_left_to_a_later_run(world: World, status):
    remote_id = world.add_ticket()
    world.qcontact.faults.add(do="answer", status=status, path=LIST, **FOREVER)
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "SERVER_ERROR")
    assert world.cursor() is None
    world.qcontact.faults.clear()
    world.run()
    assert world.local(remote_id)


@pytest.mark.parametrize("idempotency", [False, True], ids=["no-key", "key"])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_note_that_was_kept_and_answered_with_an_error_is_there_once(
    world: World, linked, status, idempotency
):
    world.qcontact.switch(idempotency=idempotency)
    world.qcontact.faults.add(do="answer", status=status, applied=True, **NOTE)
    world.add_note(linked, "On site at ten")
    result = world.run()
    world.run()
    assert result.sync_result["outbound_stats"]["successful"] == 1
    assert world.notes_at(linked) == ["On site at ten"]
    assert world.quarantine() == {}


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_change_that_was_kept_and_answered_with_an_error_is_sent_once(
    world: World, linked, status
):
    world.qcontact.faults.add(do="answer", status=status, applied=True, method="PATCH")
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert result.sync_result["outbound_stats"]["successful"] == 1
    assert world.patches() == [(linked, {"status": "in_review"})]
    assert world.quarantine() == {}


def test_an_error_in_a_200_to_a_list_is_none(world: World):
    remote_id = world.add_ticket()
    body = '{"error": {"code": "SERVER_ERROR", "message": "no"}}'
    world.qcontact.faults.add(do="answer", status=200, body=body, path=LIST, **FOREVER)
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "PARSE_ERROR")
    assert world.cursor() is None
    world.qcontact.faults.clear()
    world.run()
    assert world.local(remote_id)


def test_an_error_in_a_200_to_a_write_is_a_failure(world: World, linked):
    body = '{"error": {"code": "SERVER_ERROR", "message": "no"}}'
    world.qcontact.faults.add(do="answer", status=200, body=body, method="PATCH", **FOREVER)
    world.set_local(linked, status="pending_qa")
    result = world.run()
    assert result.sync_result["outbound_stats"]["failed"] == 1
    assert world.quarantine()[linked]["error_code"] == "PARSE_ERROR"
    world.qcontact.faults.clear()
    world.make_due()
    world.run()
    assert world.remote(linked)["status"] == "in_review"
    assert world.quarantine() == {}


@pytest.mark.parametrize("echo", [False, True], ids=["shows-the-old", "shows-the-new"])
def test_write_that_is_accepted_and_not_stored_is_detected(world: World, echo):
    ids = several(world, 3)
    world.qcontact.faults.add(do="lie", echo=echo, method="PATCH", **FOREVER)
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    result = world.run()
    assert result.sync_result["outbound_stats"]["failed"] == 3
    assert {entry["error_code"] for entry in world.quarantine().values()} == {"CONFLICT"}
    assert {world.local(i)["status"] for i in ids} == {"pending_qa"}
    world.qcontact.faults.clear()
    world.execute("UPDATE tickets SET status = 'resolved'")
    world.run()
    assert {world.remote(i)["status"] for i in ids} == {"solved"}
    assert world.quarantine() == {}


# --- lists that do not end, move or shrink


@pytest.mark.parametrize("total", [0, 5])
def test_empty_page_that_announces_more_ends_the_run(world: World, total):
    remote_id = world.add_ticket()
    listing = f'"total": {total}, "page": 1, "page_size": 100, "has_more": true'
    world.qcontact.faults.add(
        do="answer", status=200, body=f'{{"data": {{"tickets": [], {listing}}}}}', path=LIST,
        **FOREVER,
    )  # fmt: skip
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "PARSE_ERROR")
    assert world.cursor() is None
    world.qcontact.faults.clear()
    world.run()
    assert world.local(remote_id)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=10, max_slice=200)
    )


@pytest.mark.usefixtures("small_slices")
def test_a_list_that_shows_only_so_many_pages_is_read_in_smaller_slices(seeded_world: World):
    world = seeded_world
    world.qcontact.switch(page_depth=5)
    result = world.run()
    assert result.status == "success"
    assert world.value("SELECT count(*) FROM tickets") == 300


@pytest.mark.usefixtures("small_slices")
def test_hidden_tickets_of_one_second_are_reported_and_the_cursor_stays(world: World):
    stamp = world.qcontact.now() - 3_600 * SECOND
    for number in range(80):
        world.qcontact.add(at=stamp, title=f"Bulk {number}")
    world.qcontact.switch(page_depth=5)
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "VALIDATION_ERROR")
    cursor = world.cursor()
    assert cursor is None or cursor.timestamp() * SECOND <= stamp
    world.qcontact.switch(page_depth=0)
    assert world.run().status == "success"
    assert world.value("SELECT count(*) FROM tickets") == 80


def test_a_note_that_lists_do_not_show_yet_is_not_sent_again(world: World, linked):
    world.add_note(linked, "On site at ten")
    world.qcontact.faults.add(do="lose_answer", **NOTE)
    world.qcontact.faults.add(
        do="answer", status=200, body='{"data": {"notes": []}}', method="GET", path="/notes",
        times=2,
    )  # fmt: skip
    world.run()
    assert world.quarantine()[linked]["next_try_at"] is not None
    world.run()
    world.make_due()
    world.run()
    assert world.notes_at(linked) == ["On site at ten"]
    assert world.quarantine() == {}


def test_a_ticket_that_is_listed_twice_is_one_row(world: World):
    first = world.add_ticket(title="One")
    world.edit(world.add_ticket(), id=first, title="One")
    result = world.run()
    assert result.status == "success"
    assert [row["external_id"] for row in world.rows("SELECT * FROM tickets")] == [first]


def test_of_two_rows_for_one_ticket_the_older_is_linked_and_the_other_named(world: World):
    remote_id = world.add_ticket(status="In Progress")
    younger = world.add_local(remote_id, status="in_progress", created_at="2026-02-01")
    older = world.add_local(remote_id, status="in_progress", created_at="2026-01-01")
    world.run()
    (link,) = world.rows("SELECT * FROM qcontact_ticket_link")
    assert link["ticket_id"] == older
    (other,) = world.rows("SELECT ticket_uid FROM tickets WHERE id = %s", younger)
    assert other["ticket_uid"] in world.audit(remote_id)[-1]["error_message"]
    assert world.sent() == []


def test_an_unknown_field_is_ignored_and_a_wrong_type_costs_its_field(world: World, linked):
    world.edit(linked, description="Gate code at security")
    world.run()
    world.edit(linked, title="Edited", description=7, sentiment={"score": 1})
    result = world.run()
    row = world.local(linked)
    assert (row["title"], row["description"]) == ("Edited", "Gate code at security")
    assert result.status == "success"
    audit = world.audit(linked)[-1]
    assert audit["status"] == "partial"
    assert "description" in audit["error_message"]


@pytest.mark.parametrize("field", ["title", "id"])
def test_a_list_whose_rows_all_lack_a_required_field_is_not_believed(seeded_world, field):
    world = seeded_world
    world.run()
    before = world.tickets_snapshot()
    cursor = world.cursor()
    world.edit(list(world.qcontact.tickets), remove=[field], description="New shape")
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "PARSE_ERROR")
    assert world.quarantine() == {}
    assert world.tickets_snapshot() == before
    assert world.cursor() == cursor


@pytest.mark.parametrize("body", ["empty", "halved"])
def test_a_list_that_is_suddenly_short_changes_nothing(seeded_world: World, body):
    world = seeded_world
    world.run()
    ids = sorted(world.qcontact.tickets)
    world.qcontact.delete(ids if body == "empty" else ids[::2])
    before, links = world.tickets_snapshot(), world.rows("SELECT * FROM qcontact_ticket_link")
    assert world.run(start_date="2000-01-01T00:00:00Z").status == "success"
    assert world.tickets_snapshot() == before
    assert world.rows("SELECT * FROM qcontact_ticket_link") == links
    assert world.sent() == []
