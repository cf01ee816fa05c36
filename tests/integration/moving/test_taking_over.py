"""A database in which the earlier job ran, taken over; and its statements afterwards."""

import pytest
from sync_world import World

from tests.benchmarks import earlier_job

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def left_behind(world: World) -> World:
    """Rows without links, one of them twice, a failure on record, and a run that died."""
    for number in range(3):
        remote_id = world.add_ticket(status="Open")
        world.add_local(remote_id, status="open", ticket_uid=f"FT00001{number}")
    world.add_local(remote_id, status="open", ticket_uid="FT000019")
    world.execute(
        "INSERT INTO qcontact_sync_log (qcontact_ticket_id, sync_direction, sync_type, status,"
        " error_message) VALUES (%s, 'outbound', 'status_update', 'failed', 'timeout')",
        remote_id,
    )
    world.execute(
        "INSERT INTO sync_job_history (started_at, status)"
        " VALUES (now() - interval '90 days', 'running')"
    )
    return world


def test_nothing_is_doubled_and_nothing_is_sent(left_behind: World):
    dry = left_behind.run(dry_run=True)
    first = left_behind.run()
    assert dry.sync_result["plan"]["outbound"]["lines"] == []
    assert first.status == "success"
    assert left_behind.value("SELECT count(*) FROM tickets") == 4
    assert left_behind.value("SELECT count(*) FROM qcontact_ticket_link") == 3
    assert left_behind.sent() == []


def test_the_earlier_jobs_record_stays_as_it_was(left_behind: World):
    query = "SELECT * FROM sync_job_history WHERE started_at < now() - interval '80 days'"
    before = left_behind.rows(query), left_behind.rows("SELECT * FROM qcontact_sync_log")
    left_behind.run()
    assert left_behind.rows(query) == before[0]
    assert before[1][0] in left_behind.rows("SELECT * FROM qcontact_sync_log")


def test_the_earlier_jobs_statements_still_work_after_a_run(left_behind: World):
    left_behind.run()
    remote_id = next(iter(left_behind.qcontact.tickets))
    (found,) = left_behind.rows(earlier_job._FIND, remote_id)
    left_behind.execute(earlier_job._UPDATE, "Going back", "open", "normal", found["id"])
    left_behind.execute(earlier_job._LOG, found["id"], remote_id, "{}")
    assert left_behind.local(remote_id)["title"] == "Going back"
