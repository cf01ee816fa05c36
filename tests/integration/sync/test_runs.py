"""The life of a run: its window, its record across crashes and retries, its lease."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.core.errors import LeaseBusy, RetryableError
from qcontact_sync.core.model import Direction, Window
from qcontact_sync.core.request import ParamError
from qcontact_sync.core.windows import Trigger
from qcontact_sync.jobs import get_last_sync_job_run, get_sync_job_history
from qcontact_sync.services.runs import CLI_DAG_ID
from qcontact_sync.sync import inbound
from qcontact_sync.sync.leases import POLL_S
from qcontact_sync.sync.row_faults import ROWS_THAT_STOP

from sandbox.instants import SECOND
from tests.integration.program import running
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

HOUR = timedelta(hours=1)
MONITORING = {
    "by-status": "SELECT status, count(*) FROM sync_job_history GROUP BY status",
    "last-24-hours": """
        SELECT * FROM sync_job_history
        WHERE started_at > NOW() - INTERVAL '24 hours' ORDER BY started_at DESC
    """,
    "failed-last-24-hours": """
        SELECT id, started_at, error_message, error_code FROM sync_job_history
        WHERE status = 'failed' AND started_at > NOW() - INTERVAL '24 hours'
    """,
    "success-rate-7-days": """
        SELECT DATE(started_at) AS day, COUNT(*) AS runs, AVG(success_rate) AS avg_success_rate
        FROM sync_job_history WHERE started_at > NOW() - INTERVAL '7 days' GROUP BY DATE(started_at)
    """,
    "errors": """
        SELECT id, sync_result->'errors' AS errors FROM sync_job_history
        WHERE jsonb_array_length(sync_result->'errors') > 0
    """,
    "each-error": """
        SELECT e->>'ticket_id', e->>'qcontact_ticket_id', e->>'error_code', e->>'error_message'
        FROM sync_job_history, jsonb_array_elements(sync_result->'errors') AS e
    """,
    "stats": """
        SELECT sync_result->'inbound_stats'->>'created', sync_result->'outbound_stats'->>'failed'
        FROM sync_job_history
    """,
}

DATABASE_IN_TROUBLE = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'broken' USING ERRCODE = 'XX000';
    END
    $$;
    CREATE TRIGGER fail BEFORE INSERT ON {tickets} FOR EACH ROW EXECUTE FUNCTION fail();
"""


class Killed(BaseException):
    """Ends a direction as a kill would: nothing of ours catches it."""


def dying_after(calls: int) -> Callable[[Direction, int, int], None]:
    left = [calls]

    def progress(direction: Direction, done: int, expected: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    return progress


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=10, max_slice=40)
    )


def total(stats: dict[str, object]) -> tuple[object, ...]:
    return tuple(stats[n] for n in ("total_processed", "successful", "failed", "skipped"))


# --- the record


@pytest.mark.parametrize("query", MONITORING.values(), ids=MONITORING)
def test_the_monitoring_queries_that_users_have_run_unchanged(world: World, query):
    bad = world.add_ticket()
    world.edit(bad, title=None)
    assert world.run().status == "failed"
    world.add_ticket()
    assert world.run().status == "success"
    assert world.rows(query)


def test_the_history_row_says_what_the_run_did(world: World):
    good, bad = world.add_ticket(), world.add_ticket()
    world.edit(bad, title=None)
    result = world.run(force_resync=True)
    (row,) = world.history()
    assert row["id"] == result.job_id
    assert row["status"] == "partial"
    assert row["completed_at"] >= row["started_at"]
    assert float(row["duration_seconds"]) >= 0
    assert (row["inbound_processed"], row["inbound_success"], row["inbound_failed"]) == (2, 1, 1)
    assert float(row["success_rate"]) == 0.5
    assert row["sync_options"]["force_resync"] is True
    assert row["sync_result"]["errors"][0]["qcontact_ticket_id"] == bad
    assert row["sync_result"]["inbound_stats"]["created"] == 1
    assert world.local(good)


def test_a_run_with_nothing_to_do_is_a_success_without_a_rate(world: World):
    result = world.run()
    (row,) = world.history()
    assert (result.status, row["success_rate"]) == ("success", None)


def test_a_run_in_which_nothing_that_was_tried_succeeded_has_failed(world: World):
    world.edit(world.add_ticket(), title=None)
    assert world.run().status == "failed"


def test_the_history_is_read_newest_first_and_limited(world: World):
    results = [world.run() for _ in range(3)]
    rows = get_sync_job_history(2, fibreflow=world.fibreflow_access)
    last = get_last_sync_job_run(fibreflow=world.fibreflow_access)
    assert [row.id for row in rows] == [results[2].job_id, results[1].job_id]
    assert last is not None
    assert last.id == results[2].job_id
    assert get_sync_job_history(status="failed", fibreflow=world.fibreflow_access) == []


# --- the window


def test_the_cursor_moves_forward_to_the_end_of_what_was_read(world: World):
    world.run()
    first = world.cursor()
    world.run()
    second = world.cursor()
    assert first is not None
    assert second is not None
    assert first < second <= world.remote_now()


@pytest.mark.parametrize(
    "params",
    [
        {"start_date": "2026-01-01T00:00:00Z"},
        {"end_date": "2099-01-01T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-02-01T00:00:00Z"},
        {"sync_direction": "outbound"},
        {"dry_run": True},
        {"ticket_ids": ["21924300001"]},
    ],
    ids=lambda params: "-".join(params),
)
def test_a_run_that_does_not_read_on_from_the_cursor_leaves_it(world: World, params):
    world.add_ticket()
    world.run()
    before = world.cursor()
    world.run(**params)
    assert world.cursor() == before


def test_a_dated_run_takes_exactly_its_window(world: World):
    for hour in (1, 2, 3):
        stamp = int(datetime(2026, 1, 1, hour, tzinfo=UTC).timestamp()) * SECOND
        world.qcontact.add(at=stamp, ticket_id=str(hour), title=f"Hour {hour}")
    world.run(start_date="2026-01-01T02:00:00Z", end_date="2026-01-01T03:00:00Z")
    assert [row["title"] for row in world.rows("SELECT title FROM tickets")] == ["Hour 2"]
    assert world.cursor() is None


def test_a_broken_inbound_moves_the_cursor_no_further_than_it_settled(world: World):
    world.add_ticket()
    world.run()
    before = world.cursor()
    world.add_ticket()
    world.qcontact.faults.add(do="answer", status=500, path=r"/tickets\?", times="forever")
    assert world.run().status == "failed"
    assert world.cursor() == before


def test_a_batch_that_cannot_be_written_keeps_the_cursor_where_it_was(world: World):
    world.add_ticket()
    world.run()
    before = world.cursor()
    world.change_table(DATABASE_IN_TROUBLE)
    for _ in range(ROWS_THAT_STOP):
        world.add_ticket()
    assert world.run().error_code == "DATABASE_ERROR"
    assert world.cursor() == before


def interval(world: World, hours_ago: int) -> Window:
    end = world.remote_now() - hours_ago * HOUR
    return Window(end - 6 * HOUR, end)


def test_a_scheduled_run_heals_the_gap_before_its_interval(world: World):
    world.pass_time(3 * 86_400)
    start = world.remote_now() - timedelta(days=2)
    world.run_order(
        world.order(trigger=Trigger.SCHEDULED, interval=Window(start - 6 * HOUR, start))
    )
    stamp = int((start + HOUR).timestamp()) * SECOND
    world.qcontact.add(at=stamp, title="From the gap")
    last = interval(world, 1)
    world.run_order(world.order(trigger=Trigger.SCHEDULED, interval=last))
    assert [row["title"] for row in world.rows("SELECT title FROM tickets")] == ["From the gap"]
    assert world.cursor() == last.end


def test_a_scheduled_run_behind_the_cursor_reads_its_interval_and_leaves_the_cursor(world: World):
    world.pass_time(86_400)
    world.run()
    before = world.cursor()
    old = interval(world, 10)
    stamp = int((old.end - HOUR).timestamp()) * SECOND
    world.qcontact.add(at=stamp, title="Late in the list")
    world.run_order(world.order(trigger=Trigger.SCHEDULED, interval=old))
    assert world.value("SELECT title FROM tickets") == "Late in the list"
    assert world.cursor() == before


def test_a_backfill_reads_its_interval_and_leaves_the_cursor(world: World):
    old = interval(world, 10)
    stamp = int((old.end - HOUR).timestamp()) * SECOND
    world.qcontact.add(at=stamp, title="Inside")
    world.qcontact.add(at=stamp + 7_200 * SECOND, title="Outside")
    for _ in range(2):
        world.run_order(world.order(trigger=Trigger.BACKFILL, interval=old))
    assert world.value("SELECT title FROM tickets") == "Inside"
    assert world.cursor() is None


def test_a_run_that_a_backfill_takes_over_does_its_own_interval_and_leaves_the_cursor(world: World):
    """Reprocessing keeps the run and its id, a scheduled one too."""
    world.run()
    slot = Window(world.remote_now() + HOUR, world.remote_now() + 7 * HOUR)
    world.pass_time(86_400)
    scheduled = world.start(world.order("scheduled__1", Trigger.SCHEDULED, interval=slot))
    before = world.cursor()
    again = world.start(world.order("scheduled__1", Trigger.BACKFILL, interval=slot))
    assert scheduled["window_start"] != slot.start.isoformat()
    assert (again["window_start"], again["window_end"]) == (
        slot.start.isoformat(),
        slot.end.isoformat(),
    )
    assert (again["is_dated"], again["moves_cursor"]) == (True, False)
    world.finish(again, inbound=world.run_direction(again, "inbound"))
    assert world.cursor() == before


def test_a_backfill_brings_no_older_value_back(world: World):
    remote_id = world.add_ticket(title="First")
    start = world.remote_now()
    world.run()
    world.edit(remote_id, title="Second")
    world.set_local(remote_id, status="resolved")
    world.run()
    window = Window(start - HOUR, start + timedelta(seconds=5))
    world.run_order(world.order(trigger=Trigger.BACKFILL, interval=window))
    row = world.local(remote_id)
    assert (row["title"], row["status"]) == ("Second", "resolved")


def test_no_window_ends_later_than_the_remotes_own_clock(world: World):
    """Our clock is a month ahead of QContact's in all of these tests."""
    world.run()
    remote_id = world.add_ticket()
    world.run()
    assert world.local(remote_id)


def test_an_interval_that_ends_past_the_remotes_own_clock_is_read_up_to_it(world: World):
    world.run_order(world.order(trigger=Trigger.SCHEDULED, interval=interval(world, hours_ago=-24)))
    assert world.cursor() <= world.remote_now()


def test_a_remote_clock_that_was_ahead_for_a_while_loses_nothing(world: World):
    jump = 60 * 86_400
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.pass_time(jump)
    world.edit(remote_id, title="Edited ahead of time")
    world.run()
    assert world.local(remote_id)["title"] == "Edited ahead of time"
    world.pass_time(-jump)
    world.edit(remote_id, title="Edited in time")
    world.set_local(remote_id, status="pending_qa")
    world.run()
    assert world.local(remote_id)["title"] == "Edited in time"
    assert world.remote(remote_id)["status"] == "in_review"
    assert world.quarantine() == {}


# --- refused


BAD_PARAMS = [
    {"start_date": "yesterday"},
    {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
    {"sync_direction": "sideways"},
    {"ticket_ids": "FT1"},
    {"dry_run": "yes"},
    {"colour": "red"},
    {"start_date": "2099-01-01T00:00:00Z"},
]


@pytest.mark.parametrize("params", BAD_PARAMS, ids=lambda p: "-".join(p))
def test_bad_params_leave_a_failed_row_inside_airflow(world: World, params):
    with pytest.raises(ParamError):
        world.start(world.order("manual__1", params=params))
    (row,) = world.history()
    assert (row["status"], row["error_code"]) == ("failed", "VALIDATION_ERROR")
    assert next(iter(params)) in row["error_message"]
    assert row["completed_at"] is not None
    assert world.qcontact.counts == {}


@pytest.mark.parametrize("params", BAD_PARAMS, ids=lambda p: "-".join(p))
def test_bad_params_leave_nothing_from_python(world: World, params):
    before = world.snapshot()
    with pytest.raises(ParamError):
        world.run(**params)
    assert world.snapshot() == before
    assert world.qcontact.counts == {}


UNKNOWN = ["FT404404", "404404", "8f4f1c7a-2b1e-4b53-9d1a-000000000000"]


def test_nothing_but_unknown_ids_is_refused_by_name_inside_airflow(world: World):
    with pytest.raises(ParamError, match="ticket_ids: neither FibreFlow nor QContact has FT404404"):
        world.start(world.order("manual__1", params={"ticket_ids": UNKNOWN}))
    (row,) = world.history()
    assert (row["status"], row["error_code"]) == ("failed", "VALIDATION_ERROR")


def test_nothing_but_unknown_ids_leaves_nothing_from_python(world: World):
    before = world.snapshot()
    with pytest.raises(ParamError):
        world.run(ticket_ids=UNKNOWN)
    assert world.snapshot() == before


def test_an_id_that_only_qcontact_has_is_no_unknown_id(world: World):
    remote_id = world.add_ticket()
    assert world.run(ticket_ids=[*UNKNOWN, remote_id]).status == "partial"
    assert world.local(remote_id)


def test_ids_are_not_refused_where_qcontact_cannot_be_asked(world: World):
    world.qcontact.faults.add(do="answer", status=500, times="forever")
    assert world.run(ticket_ids=UNKNOWN).status == "failed"
    assert len(world.history()) == 1


def test_dates_in_a_backfills_conf_are_refused(world: World):
    order = world.order(
        trigger=Trigger.BACKFILL,
        interval=interval(world, 1),
        params={"start_date": "2026-01-01T00:00:00Z"},
    )
    with pytest.raises(ParamError, match="backfill"):
        world.start(order)


# --- dry runs


def test_a_dry_run_writes_no_row_and_its_plan_is_what_the_real_run_does(seeded_world: World):
    world = seeded_world
    world.run()
    changed = [f"219243{number:05}" for number in range(1, 60, 6)]
    world.edit(changed[:4], title="Edited there")
    world.add_ticket()
    for remote_id in changed[4:7]:
        world.set_local(remote_id, status="pending_handover")
    world.add_note(changed[8], "On site at ten")
    before, journal = world.snapshot(), len(world.qcontact.journal)

    plan = world.run(dry_run=True).sync_result["plan"]

    assert world.snapshot() == before
    assert len(world.qcontact.journal) == journal
    real = world.run()
    assert real.status == "success"
    assert plan["inbound"]["create"] == real.sync_result["inbound_stats"]["created"] == 1
    assert plan["inbound"]["update"] == real.sync_result["inbound_stats"]["updated"] == 4
    assert plan["outbound"]["send"] == real.sync_result["outbound_stats"]["successful"]
    planned = {
        (line["qcontact_ticket_id"], field)
        for line in plan["outbound"]["lines"]
        for field in line["fields"]
        if field != "note"
    }
    assert planned == {(ticket, field) for ticket, body in world.patches() for field in body}


def test_the_plan_of_a_first_run_is_its_creations(seeded_world: World):
    before = seeded_world.snapshot()
    plan = seeded_world.run(dry_run=True).sync_result["plan"]
    assert plan["inbound"]["create"] == 300
    assert len({line["qcontact_ticket_id"] for line in plan["inbound"]["lines"]}) == 300
    assert seeded_world.snapshot() == before


def test_the_plan_names_what_waits_for_a_person(world: World):
    remote_id = world.add_ticket(status="Closed")
    world.run()
    world.edit(remote_id, status="Open")
    before = world.snapshot()
    plan = world.run(dry_run=True).sync_result["plan"]["inbound"]
    assert plan["needs_you"] == 1
    assert plan["lines"][0]["fields"] == ["status"]
    assert world.snapshot() == before


def test_the_plan_has_what_is_due_for_another_try(world: World):
    world.change_table("ALTER TABLE {tickets} ADD CONSTRAINT no_poison CHECK (title <> 'Poison')")
    world.add_ticket(title="Poison")
    world.run()
    world.change_table("ALTER TABLE {tickets} DROP CONSTRAINT no_poison")
    world.make_due()
    assert world.run(dry_run=True).sync_result["plan"]["inbound"]["create"] == 1
    assert world.run().sync_result["inbound_stats"]["created"] == 1


def test_a_dry_run_that_meets_failing_tickets_writes_nothing(world: World):
    bad, gone = world.add_ticket(), world.add_ticket()
    world.run()
    world.edit(bad, title=None)
    world.set_local(gone, status="resolved")
    world.qcontact.delete(gone)
    before = world.snapshot()
    world.run(dry_run=True)
    assert world.snapshot() == before


# --- crashes, retries and clears


@pytest.mark.parametrize("calls", [0, 1, 2, 4, 7])
@pytest.mark.usefixtures("small_slices")
def test_an_inbound_that_died_goes_on_and_its_counts_add_up(seeded_world: World, calls):
    world = seeded_world
    run = world.start(world.order("scheduled__1"))
    with pytest.raises(Killed):
        world.run_direction(run, "inbound", dying_after(calls))

    run = world.start(world.order("scheduled__1"))
    stats = world.run_direction(run, "inbound")
    summary = world.finish(run, inbound=stats, outbound=world.run_direction(run, "outbound"))

    (row,) = world.history()
    assert total(stats) == (300, 300, 0, 0)
    assert stats["created"] == 300
    assert summary["status"] == row["status"] == "success"
    assert world.value("SELECT count(*) FROM tickets") == 300
    assert len([r for r in world.audit() if r["sync_type"] == "create"]) == 300


@pytest.mark.parametrize("calls", [1, 4, 7])
@pytest.mark.usefixtures("small_slices")
def test_unchanged_tickets_are_counted_once_when_a_run_goes_on(seeded_world: World, calls):
    world = seeded_world
    world.run()
    world.configure(overlap_s=86_400)
    order = world.order("manual__1", params={"start_date": "2000-01-01T00:00:00Z"})
    run = world.start(order)
    with pytest.raises(Killed):
        world.run_direction(run, "inbound", dying_after(calls))
    stats = world.run_direction(run, "inbound")
    assert total(stats) == (300, 0, 0, 300)


@pytest.mark.parametrize("calls", [0, 3, 10])
def test_an_outbound_that_died_sends_nothing_twice(world: World, calls):
    ids = [world.add_ticket(status="In Progress") for _ in range(12)]
    world.run()
    world.execute("UPDATE tickets SET status = 'pending_qa'")
    for remote_id in ids[:6]:
        world.add_note(remote_id, "On site at ten")
    run = world.start(world.order("scheduled__1"))
    inbound_stats = world.run_direction(run, "inbound")
    with pytest.raises(Killed):
        world.run_direction(run, "outbound", dying_after(calls))
    stats = world.run_direction(run, "outbound")
    world.finish(run, inbound=inbound_stats, outbound=stats)

    # A change that arrived when the first try died unsettled is found to agree: skipped.
    assert (stats["total_processed"], stats["failed"]) == (12, 0)
    assert sorted(ticket for ticket, _ in world.patches()) == sorted(ids)
    assert [world.notes_at(i) for i in ids[:6]] == [["On site at ten"]] * 6
    assert world.history()[-1]["outbound_processed"] == 12


def test_a_ticket_that_fails_in_both_tries_of_a_run_is_counted_once(world: World):
    bad = world.add_ticket()
    world.edit(bad, title=None)
    run = world.start(world.order("scheduled__1"))
    for _ in range(2):
        stats = world.run_direction(run, "inbound")
    assert total(stats) == (1, 0, 1, 0)
    assert stats["failed_again"] == 0


def test_a_ticket_that_fails_first_and_passes_in_the_retry_is_one_ticket(world: World):
    world.change_table("ALTER TABLE {tickets} ADD CONSTRAINT no_poison CHECK (title <> 'Poison')")
    world.add_ticket(title="Poison")
    world.add_ticket()
    order = world.order("scheduled__1")
    run = world.start(order)
    world.run_direction(run, "inbound")
    world.change_table("ALTER TABLE {tickets} DROP CONSTRAINT no_poison")
    world.make_due()
    run = world.start(order)
    stats = world.run_direction(run, "inbound")
    assert stats["total_processed"] == 2
    assert world.value("SELECT count(*) FROM tickets") == 2


def test_a_ticket_that_is_edited_between_two_tries_of_a_run_is_counted_once(world: World):
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    run = world.start(world.order("manual__1", params={"ticket_ids": [remote_id]}))
    for title, status in (("First", "pending_qa"), ("Second", "qa_approved")):
        world.edit(remote_id, title=title)
        stats = world.run_direction(run, "inbound")
        assert total(stats) == (1, 1, 0, 0)
        world.set_local(remote_id, status=status)
        stats = world.run_direction(run, "outbound")
        assert total(stats) == (1, 1, 0, 0)
    assert len(world.patches()) == 2


def test_there_is_one_history_row_across_retries_and_clears(world: World):
    world.add_ticket()
    order = world.order("scheduled__1")
    first = world.run_order(order)
    again = world.run_order(order)
    (row,) = world.history()
    assert first["job_id"] == again["job_id"] == str(row["id"])
    assert row["status"] == "success"
    assert (row["inbound_processed"], row["inbound_success"]) == (1, 1)


def test_a_retry_keeps_the_window_of_the_first_try(world: World):
    order = world.order("scheduled__1")
    first = world.start(order)
    world.pass_time(3_600)
    again = world.start(order)
    assert (again["window_start"], again["window_end"]) == (
        first["window_start"],
        first["window_end"],
    )


def test_the_summary_in_the_audit_log_is_one_row_per_direction(world: World):
    world.add_ticket()
    order = world.order("scheduled__1")
    run = world.start(order)
    stats = {d: world.run_direction(run, d) for d in ("inbound", "outbound")}
    world.finish(run, **stats)
    world.finish(run, **stats)
    rows = world.rows("SELECT * FROM qcontact_sync_log WHERE sync_type = 'full_sync'")
    assert sorted(row["sync_direction"] for row in rows) == ["inbound", "outbound"]
    assert {row["status"] for row in rows} == {"success"}


def test_finishing_twice_says_the_same(world: World):
    world.add_ticket()
    run = world.start(world.order())
    stats = {d: world.run_direction(run, d) for d in ("inbound", "outbound")}
    first = world.finish(run, **stats)
    again = world.finish(run, **stats)
    assert first == again


def test_run_is_settled_from_the_record_and_not_from_what_the_caller_passes(world: World):
    world.add_ticket()
    run = world.start(world.order())
    stats = {d: world.run_direction(run, d) for d in ("inbound", "outbound")}
    wrong = {**stats["inbound"], "created": 9, "successful": 9}
    summary = world.finish(run, inbound=wrong, outbound=None)
    assert (summary["status"], summary["summary"]["total_success"]) == ("success", 1)


def test_direction_that_never_began_fails_the_run(world: World):
    run = world.start(world.order())
    world.run_direction(run, "inbound")
    summary = world.finish(run, inbound=None, outbound=None)
    assert (summary["status"], summary["error_code"]) == ("failed", "SYNC_JOB_ERROR")


@pytest.mark.parametrize("is_whole_run", [True, False])
def test_end_of_an_earlier_try_does_not_count_where_the_direction_is_tried_again(
    world: World, is_whole_run: bool
):
    world.add_ticket()
    order = world.order()
    run = world.start(order)
    for direction in ("inbound", "outbound"):
        world.run_direction(run, direction)
    assert world.finish(run)["status"] == "success"
    unreturned = list(Direction)
    if is_whole_run:
        run = world.start(order)
    else:
        world.execute(
            "UPDATE qcontact_lease SET holder = 'another run', host = 'another host',"
            " expires_at = now() + interval '1 minute'"
        )
        with pytest.raises(LeaseBusy):
            world.run_direction(run, "inbound", waits=False)
        unreturned = [Direction.INBOUND]
    assert world.finish(run, unreturned)["status"] == "failed"


def test_clearing_one_direction_keeps_the_end_of_the_other(world: World):
    """Airflow then runs start_run, that direction and finalize again."""
    world.add_ticket()
    order = world.order()
    run = world.start(order)
    for direction in ("inbound", "outbound"):
        world.run_direction(run, direction)
    world.finish(run)
    run = world.start(order)
    world.run_direction(run, "outbound")
    assert world.finish(run)["status"] == "success"


@pytest.mark.usefixtures("small_slices")
def test_a_run_that_is_cleared_after_it_broke_counts_every_ticket_once(seeded_world: World):
    world = seeded_world
    world.run()
    order = world.order("manual__1", params={"start_date": "2000-01-01T00:00:00Z"})
    run = world.start(order)
    world.qcontact.faults.add(
        do="answer", status=500, path=r"/tickets\?", after=30, times="forever"
    )
    with pytest.raises(RetryableError):
        world.run_direction(run, "inbound")
    summary = world.finish(run, inbound=None, outbound=world.run_direction(run, "outbound"))
    assert summary["status"] == "failed"
    assert 0 < world.history()[-1]["inbound_processed"] < 300
    world.qcontact.faults.clear()

    summary = world.run_order(order)

    assert summary["status"] == "success"
    assert world.history()[-1]["inbound_processed"] == 300


# --- a broken direction


def test_outbound_still_counts_where_inbound_broke(world: World):
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.set_local(remote_id, status="pending_qa")
    world.qcontact.faults.add(do="answer", status=500, path=r"/tickets\?", times="forever")
    result = world.run()
    row = world.history()[-1]
    assert (result.status, result.error_code) == ("failed", "SERVER_ERROR")
    assert (row["outbound_success"], row["error_code"]) == (1, "SERVER_ERROR")
    assert world.remote(remote_id)["status"] == "in_review"


def test_inbound_still_counts_where_outbound_broke(world: World):
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.set_local(remote_id, status="pending_qa")
    world.add_ticket()
    world.configure(max_outbound=0)
    result = world.run()
    row = world.history()[-1]
    assert (result.status, row["error_code"]) == ("failed", "NEEDS_CONFIRMATION")
    assert row["inbound_success"] == 1
    assert world.cursor() is not None


# --- one writer


def test_two_runs_at_once_wait_for_each_other(seeded_world: World):
    world = seeded_world
    world.qcontact.faults.add(do="delay", delay_s=0.05, path=r"/tickets\?", times="forever")
    results = []
    runs = [threading.Thread(target=lambda: results.append(world.run())) for _ in range(3)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [result.status for result in results] == ["success"] * 3
    created = [result.sync_result["inbound_stats"]["created"] for result in results]
    assert sorted(created) == [0, 0, 300]
    assert world.value("SELECT count(*) FROM tickets") == 300
    assert len([r for r in world.audit() if r["sync_type"] == "create"]) == 300


def test_two_runs_at_once_send_a_note_once(world: World):
    ids = [world.add_ticket(status="In Progress") for _ in range(5)]
    world.run()
    for remote_id in ids:
        world.add_note(remote_id, "On site at ten")
        world.set_local(remote_id, status="pending_qa")
    world.qcontact.faults.add(do="delay", delay_s=0.05, times="forever")
    runs = [threading.Thread(target=world.run) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [world.notes_at(i) for i in ids] == [["On site at ten"]] * 5
    assert len(world.patches()) == 5


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def hold_lease(world: World, host: str, pid: int, seconds: int) -> None:
    world.execute(
        "INSERT INTO qcontact_lease (account, holder, fence, expires_at, host, pid)"
        " VALUES ('default', 'somebody', 7, now() + %s * interval '1 s', %s, %s)",
        seconds,
        host,
        pid,
    )


def test_a_dead_holder_on_this_host_is_evicted_at_once(world: World):
    hold_lease(world, os.uname().nodename, dead_process(), seconds=3_600)
    result, waits = world.run_without_pauses()
    assert (result.status, waits) == ("success", [POLL_S])
    (lease,) = world.rows("SELECT * FROM qcontact_lease")
    assert (lease["holder"], lease["fence"]) == (None, 9)


def test_a_holder_elsewhere_is_waited_for_until_its_time_is_up(world: World):
    hold_lease(world, "another-host", 1, seconds=1)
    assert world.run().status == "success"
    assert world.value("SELECT fence FROM qcontact_lease") == 9


def test_a_run_whose_process_lives_is_never_too_old(world: World):
    world.start(world.order("slow", dag_id=CLI_DAG_ID))
    world.execute("UPDATE sync_job_history SET started_at = now() - interval '2 days'")
    world.execute("UPDATE qcontact_run SET heard_at = now() - interval '1 day'")
    assert world.run().status == "success"
    assert [row["status"] for row in world.history()] == ["running", "success"]


def test_who_lost_the_lease_writes_nothing_more(seeded_world: World):
    world = seeded_world
    world.configure(page_size=100)
    world.qcontact.faults.add(do="delay", delay_s=0.3, path=r"/tickets\?", times="forever")
    results = []
    run = threading.Thread(target=lambda: results.append(world.run(sync_direction="inbound")))
    run.start()
    while not world.rows("SELECT FROM qcontact_lease WHERE holder IS NOT NULL"):
        time.sleep(0.01)
    world.execute("UPDATE qcontact_lease SET holder = 'another', fence = fence + 1")
    run.join()
    assert (results[0].status, results[0].error_code) == ("failed", "CONFLICT")
    assert world.rows("SELECT FROM tickets") == []
    assert world.cursor() is None


def test_a_run_that_is_killed_leaves_everything_to_the_next(seeded_world: World):
    world = seeded_world
    world.pass_time()
    world.qcontact.faults.add(do="delay", delay_s=60, path="page=2", times="forever")
    with running(world) as victim:
        victim.wait_until(
            lambda: any("page=2" in entry.target for entry in world.qcontact.requests)
        )
        victim.kill()
    world.qcontact.faults.clear()
    # It began six hours ago, and was last heard of a minute later.
    world.execute("UPDATE sync_job_history SET started_at = now() - interval '6 hours'")
    world.execute("UPDATE qcontact_run SET opened_at = now() - interval '6 hours'")
    world.execute("UPDATE qcontact_run SET heard_at = opened_at + interval '1 minute'")

    result = world.run()

    assert result.status == "success"
    assert world.value("SELECT count(*) FROM tickets") == 300
    statuses = [(row["status"], row["error_code"]) for row in world.history()]
    assert statuses == [("failed", "ABANDONED"), ("success", None)]
    took = "SELECT round(duration_seconds) FROM sync_job_history WHERE error_code = 'ABANDONED'"
    assert world.value(took) == 60
