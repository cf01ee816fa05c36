"""The fault list's backfill rows: a past window is read beside live runs, never against them."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import Window
from qcontact_sync.core.windows import Trigger
from qcontact_sync.sync import inbound
from qcontact_sync.sync.lifecycle import RunOrder

from sandbox.world import Entry
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

FOREVER = {"times": "forever"}


def backfill(world: World, run_id: str = "backfill_1") -> RunOrder:
    """A backfill of the half year before now, by QContact's clock."""
    end = world.remote_now()
    return world.order(run_id, Trigger.BACKFILL, interval=Window(end - timedelta(days=180), end))


def asked_from(request: Entry) -> datetime:
    (start,) = parse_qs(urlsplit(request.target).query)["updated_after"]
    return datetime.fromisoformat(start)


def test_a_backfill_that_breaks_off_goes_on_at_its_own_slice(seeded_world: World, monkeypatch):
    world = seeded_world
    reader = inbound.ListReader
    monkeypatch.setattr(
        inbound, "ListReader", lambda remote, page_size: reader(remote, page_size=10, max_slice=25)
    )
    order = backfill(world)
    run = world.start(order)
    world.qcontact.faults.add(do="drop", after=40, **FOREVER)
    with pytest.raises(SyncError):
        world.run_direction(run, "inbound")
    settled = world.value("SELECT settled_until FROM qcontact_run")
    half = world.value("SELECT count(*) FROM tickets")
    assert settled is not None
    assert 0 < half < 300

    world.qcontact.faults.clear()
    asked = len(world.qcontact.requests)
    again = world.run_direction(world.start(order), "inbound")
    assert again["error_code"] is None
    reached_back = settled - asked_from(world.qcontact.requests[asked + 1])
    assert timedelta(0) <= reached_back < timedelta(minutes=6)
    assert world.value("SELECT count(*) FROM tickets") == 300
    assert world.value("SELECT count(*) FROM qcontact_sync_log WHERE sync_type = 'create'") == 300
    assert world.cursor() is None
    assert world.value("SELECT window_start FROM qcontact_run") == order.interval.start


def test_edits_made_while_a_backfill_runs_win(world: World):
    ids = [world.add_ticket(status="In Progress") for _ in range(3)]
    world.run()
    run = world.start(backfill(world))
    world.set_local(ids[0], status="pending_qa")
    world.edit(ids[1], title="Edited there", status="Escalated")
    world.set_local(ids[2], status="qa_approved")
    world.edit(ids[2], status="In Review")
    stats = {d: world.run_direction(run, d) for d in ("inbound", "outbound")}
    world.finish(run, **stats)
    world.run()
    assert (world.local(ids[0])["status"], world.remote(ids[0])["status"]) == (
        "pending_qa",
        "in_review",
    )
    assert world.local(ids[1])["title"] == "Edited there"
    assert (world.local(ids[2])["status"], world.remote(ids[2])["status"]) == (
        "qa_approved",
        "reviewed",
    )


def test_a_backfill_that_meets_the_limit_ends_later_and_live_runs_go_on(seeded_world: World):
    world = seeded_world
    cursor = world.cursor()
    order = backfill(world)
    run = world.start(order)
    world.qcontact.faults.add(do="answer", status=429, retry_after=86_400, after=2, **FOREVER)
    with pytest.raises(SyncError) as caught:
        world.run_direction(run, "inbound")
    assert caught.value.code == "RATE_LIMITED"
    assert world.finish(run, inbound=None, outbound=None)["status"] == "failed"
    assert world.cursor() == cursor
    world.qcontact.faults.clear()
    assert world.run().status == "success"
    live = world.cursor()
    assert world.run_order(order)["status"] == "success"
    assert world.cursor() == live
    assert world.value("SELECT count(*) FROM tickets") == 300


def test_the_same_window_again_writes_nothing(seeded_world: World):
    world = seeded_world
    end = world.remote_now() - timedelta(days=1)
    window = {"start_date": "2000-01-01T00:00:00Z", "end_date": end.isoformat()}
    first = world.run(**window)
    assert first.sync_result["inbound_stats"]["created"] > 100
    before, audit = world.tickets_snapshot(), world.audit()
    links = world.rows("SELECT xmin::text, * FROM qcontact_ticket_link ORDER BY remote_id")
    second = world.run(**window)
    assert second.sync_result["inbound_stats"]["successful"] == 0
    assert (world.tickets_snapshot(), world.audit()) == (before, audit)
    assert world.rows("SELECT xmin::text, * FROM qcontact_ticket_link ORDER BY remote_id") == links
    assert world.sent() == []
