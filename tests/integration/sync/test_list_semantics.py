"""Whatever QContact's list does that the contract leaves open, the end is the same."""

import threading
import time

import pytest
from qcontact_sync.jobs import run_sync_job
from qcontact_sync.sync import inbound

from sandbox.instants import SECOND
from tests.integration.sync_world import BETWEEN_RUNS_S, CLOCK_OFFSET_S, World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

SWITCHES = {
    "oldest-first": {"order": "updated_asc"},
    "by-id": {"order": "id"},
    "at-random": {"order": "random"},
    "bounds-excluded": {"updated_after_inclusive": False},
    "bounds-included": {"updated_before_inclusive": True},
    "whole-seconds": {"time_resolution": "seconds"},
    "microseconds": {"time_resolution": "microseconds"},
    "small-pages": {"page_cap": 7},
    "large-pages-refused": {"page_cap": 100, "page_over_cap": "refuse"},
    "number-ids": {"id_type": "number"},
    "with-offset": {"time_zone": "+02:00"},
    "without-zone": {"time_zone": "none"},
    "all-at-once": {
        "order": "random",
        "updated_after_inclusive": False,
        "time_resolution": "seconds",
        "page_cap": 33,
        "id_type": "number",
        "time_zone": "+02:00",
    },
}


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_every_ticket_arrives_as_it_is(seeded_world: World, switches):
    world = seeded_world
    world.configure(page_size=200)
    world.qcontact.switch(**switches)

    first = world.run()
    edited = [f"219243{number:05}" for number in range(1, 300, 10)]
    world.edit(edited, title="Edited", at=world.qcontact.now() - 20 * SECOND)
    world.edit(edited[:5], title="Edited again")
    second = world.run()
    third = world.run()

    assert [first.status, second.status, third.status] == ["success"] * 3
    assert first.sync_result["inbound_stats"]["created"] == 300
    assert second.sync_result["inbound_stats"]["updated"] == len(edited)
    assert third.sync_result["inbound_stats"]["updated"] == 0
    assert matches_qcontact(world)
    assert world.sent() == []


def matches_qcontact(world: World) -> bool:
    rows = world.rows("SELECT external_id, title FROM tickets")
    here = {row["external_id"]: row["title"][:200] for row in rows}
    there = {i: ticket["title"][:200] for i, ticket in world.qcontact.tickets.items()}
    return here == there


def test_thousands_with_one_stamp_arrive_once(world: World):
    stamp = world.qcontact.now() - 3_600 * SECOND
    for number in range(3_000):
        world.qcontact.add(at=stamp, title=f"Bulk {number}", status="New")
    result = world.run()
    stats = result.sync_result["inbound_stats"]
    assert (result.status, stats["created"], stats["total_processed"]) == ("success", 3_000, 3_000)
    assert matches_qcontact(world)


def test_a_window_with_more_than_a_slice_holds_is_read_in_slices(seeded_world, monkeypatch):
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=10, max_slice=25)
    )
    result = seeded_world.run()
    stats = result.sync_result["inbound_stats"]
    assert (stats["created"], stats["total_processed"]) == (300, 300)
    assert matches_qcontact(seeded_world)


@pytest.mark.parametrize("is_inclusive", [True, False], ids=["bounds-included", "bounds-excluded"])
def test_a_ticket_on_the_bound_of_two_slices_arrives_once(world, monkeypatch, is_inclusive):
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=10, max_slice=10)
    )
    world.qcontact.switch(
        updated_after_inclusive=is_inclusive, updated_before_inclusive=is_inclusive
    )
    an_hour_ago = (world.qcontact.now() // SECOND - 3_600) * SECOND
    for number in range(100):
        world.qcontact.add(at=an_hour_ago + number * SECOND, title=f"Second {number}")
    stats = world.run().sync_result["inbound_stats"]
    assert (stats["created"], stats["total_processed"]) == (100, 100)


@pytest.mark.parametrize("order", ["updated_desc", "updated_asc", "id"])
def test_edits_while_the_list_is_read_lose_nothing(seeded_world: World, order):
    """A ticket that is edited leaves the window that is being read, and the rest moves up."""
    world = seeded_world
    world.qcontact.switch(order=order)
    world.configure(page_size=10)
    world.qcontact.faults.add(do="delay", delay_s=0.01, path=r"/tickets\?", times="forever")
    is_over = threading.Event()

    def agents() -> None:
        for number in range(1, 300, 3):
            if is_over.is_set():
                return
            world.qcontact.edit(f"219243{number:05}", title=f"Edited {number}")
            time.sleep(0.005)

    editing = threading.Thread(target=agents)
    editing.start()
    try:
        during = world.run()
    finally:
        is_over.set()
        editing.join()
    world.qcontact.faults.clear()
    after = world.run()

    assert [during.status, after.status] == ["success"] * 2
    assert matches_qcontact(world)
    assert world.sent() == []


def test_a_page_that_repeats_for_ever_ends_in_a_reported_error_and_the_cursor_stays(world: World):
    stamp = world.qcontact.now() - 3_600 * SECOND
    for number in range(150):
        world.qcontact.add(at=stamp, title=f"Bulk {number}")
    world.qcontact.faults.add(do="repeat_page", path=r"/tickets\?", times="forever")

    result = world.run()

    assert (result.status, result.error_code) == ("failed", "PARSE_ERROR")
    cursor = world.cursor()
    assert cursor is None or cursor.timestamp() * SECOND <= stamp
    world.qcontact.faults.clear()
    assert world.run().status == "success"
    assert matches_qcontact(world)


@pytest.mark.parametrize("total_off", [-200, -300], ids=["too-low", "zero"])
def test_a_total_that_is_too_low_hides_no_ticket(seeded_world: World, total_off: int):
    world = seeded_world
    world.qcontact.switch(total_off=total_off)
    result = world.run()
    assert (result.status, result.sync_result["inbound_stats"]["created"]) == ("success", 300)
    assert matches_qcontact(world)


def test_total_that_stays_too_high_is_reported_and_the_cursor_stays(seeded_world: World):
    world = seeded_world
    world.qcontact.switch(total_off=5)
    first = world.run()
    world.edit("21924300123", title="Edited")
    second = world.run()
    assert [(run.status, run.error_code) for run in (first, second)] == [("partial", None)] * 2
    assert "QContact counts" in first.error_message
    assert matches_qcontact(world)
    stats = second.sync_result["inbound_stats"]
    assert (stats["updated"], stats["total_processed"]) == (1, 300)
    assert world.cursor() is None
    world.qcontact.switch(total_off=0)
    assert world.run().status == "success"
    assert world.cursor()


@pytest.mark.parametrize("body", ["html", "empty", '{"data": {"tickets": []}}', "[]"])
def test_an_answer_that_is_no_list_is_not_believed_and_the_cursor_stays(world, body):
    world.add_ticket()
    world.qcontact.faults.add(
        do="answer", status=200, body=body, path=r"/tickets\?", times="forever"
    )
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "PARSE_ERROR")
    assert world.cursor() is None
    world.qcontact.faults.clear()
    world.run()
    assert matches_qcontact(world)


def test_a_change_that_lists_show_late_is_read_by_the_overlap(world: World):
    world.configure(overlap_s=2 * BETWEEN_RUNS_S)
    remote_id = world.add_ticket()
    world.run()
    world.qcontact.switch(search_lag_s=1.5 * BETWEEN_RUNS_S)
    world.edit(remote_id, title="Shown late")
    world.run()
    assert world.local(remote_id)["title"] == "No light"
    world.run()
    assert world.local(remote_id)["title"] == "Shown late"


def test_a_worker_whose_clock_is_slow_leaves_nothing_out(world: World):
    """The call centre's clock, two days ahead of the worker's, says what is now."""
    world.pass_time(32 * 86_400)
    remote_id = world.add_ticket()
    world.run()
    world.edit(remote_id, title="Edited")
    world.run()
    assert world.local(remote_id)["title"] == "Edited"


def test_an_edit_of_the_second_in_which_a_manual_run_begins_comes_in(world: World):
    """A `Date` has whole seconds: what is stamped later in that second is stamped after it."""
    world.qcontact.switch(clock_offset_s=CLOCK_OFFSET_S - time.time() % 1)
    end_of_second = (world.qcontact.now() // SECOND + 1) * SECOND - 1_000
    just_now = world.qcontact.add(at=end_of_second, title="Just now", status="New")
    run_sync_job(
        {},
        fibreflow=world.fibreflow_access,
        qcontact=world.qcontact_access,
        settings=world.settings,
    )
    assert world.local(just_now)
    cursor = world.cursor()
    assert cursor is not None
    assert cursor <= world.remote_now()
