"""A database in which the earlier job ran, taken over; then back to the job, and here again."""

from dataclasses import dataclass

import pytest

from tests.benchmarks import earlier_job
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 105
PAGES = 2


def earlier_job_runs(world: World) -> None:
    earlier_job.work(world.owner, world.sandbox.url, PAGES, world.sandbox.api_key)


def add_ticket(world: World) -> str:
    return world.add_ticket(status="Open", category="maintenance", priority="normal")


def leave_behind(world: World) -> None:
    """Rows without links, one of them twice, a failure on record, and a run that died."""
    remote_ids = [add_ticket(world) for _ in range(TICKETS)]
    earlier_job_runs(world)
    world.add_local(remote_ids[-1], status="open", ticket_uid="FT000019")
    world.execute(
        "INSERT INTO qcontact_sync_log (qcontact_ticket_id, sync_direction, sync_type, status,"
        " error_message) VALUES (%s, 'outbound', 'status_update', 'failed', 'timeout')",
        remote_ids[-1],
    )
    world.execute(
        "INSERT INTO sync_job_history (started_at, status)"
        " VALUES (now() - interval '90 days', 'running')"
    )


@pytest.fixture
def left_behind(world: World) -> World:
    leave_behind(world)
    return world


def test_nothing_is_doubled_and_nothing_is_sent(left_behind: World):
    dry = left_behind.run(dry_run=True)
    first = left_behind.run()
    assert dry.sync_result["plan"]["outbound"]["lines"] == []
    assert first.status == "success"
    assert left_behind.value("SELECT count(*) FROM tickets") == TICKETS + 1
    assert left_behind.value("SELECT count(*) FROM qcontact_ticket_link") == TICKETS
    assert left_behind.sent() == []


def test_the_earlier_jobs_record_stays_as_it_was(left_behind: World):
    died = "SELECT * FROM sync_job_history WHERE started_at < now() - interval '80 days'"
    logged = "SELECT id, log::text FROM qcontact_sync_log AS log ORDER BY synced_at LIMIT %s"
    before = left_behind.rows(died), left_behind.rows(logged, TICKETS + 1)
    left_behind.run()
    assert (left_behind.rows(died), left_behind.rows(logged, TICKETS + 1)) == before


@dataclass(frozen=True)
class Story:
    """The world after coming here again, and what happened to which ticket.

    Attributes:
        sent_before: Resolved by FibreFlow's staff, and sent with a note, before going back.
        reopened: Resolved the same way; re-opened by the call centre while the job ran.
        edited_there: Changed by the call centre while the job ran.
        made_there: Brought in by the job.
        resolved_here: Resolved by FibreFlow's staff, with a note, after the job's last run.
        plan: What the dry run said would go out.
    """

    world: World
    sent_before: str
    reopened: str
    edited_there: str
    made_there: str
    resolved_here: str
    plan: list[str]


@pytest.fixture(scope="module")
def story(shared_world: World) -> Story:
    """One for all tests: they only look, but for the last, whose run writes nothing."""
    world = shared_world
    leave_behind(world)
    world.run()
    sent_before, reopened, edited_there, resolved_here = list(world.qcontact.tickets)[:4]
    for remote_id in (sent_before, reopened):
        world.set_local(remote_id, status="resolved")
    world.add_note(sent_before, "Sent before going back")
    world.run()

    world.edit(reopened, status="In Progress")
    world.edit(edited_there, title="Edited there", status="In Progress")
    made_there = add_ticket(world)
    earlier_job_runs(world)
    world.set_local(resolved_here, status="resolved")
    world.add_note(resolved_here, "Written meanwhile")

    dry = world.run(dry_run=True)
    assert world.run().status == "success"
    plan = [line["qcontact_ticket_id"] for line in dry.sync_result["plan"]["outbound"]["lines"]]
    return Story(world, sent_before, reopened, edited_there, made_there, resolved_here, plan)


def test_coming_again_doubles_nothing_and_links_what_the_job_made(story: Story):
    world = story.world
    assert world.value("SELECT count(*) FROM tickets") == TICKETS + 2
    assert world.value("SELECT count(*) FROM qcontact_ticket_link") == TICKETS + 1
    assert world.rows(
        "SELECT FROM qcontact_ticket_link WHERE ticket_id = %s AND remote_id = %s",
        world.local(story.made_there)["id"],
        story.made_there,
    )


def test_coming_again_sends_what_people_changed_here_and_nothing_that_the_job_wrote(story: Story):
    before = [(ticket, {"status": "solved"}) for ticket in (story.sent_before, story.reopened)]
    sent = story.world.patches()
    assert story.plan == [story.resolved_here]
    assert sorted(sent[:2]) == sorted(before)
    assert sent[2:] == [(story.resolved_here, {"status": "solved"})]


def test_coming_again_agrees_with_what_the_job_took_over(story: Story):
    world = story.world
    edited = world.local(story.edited_there)
    assert (edited["title"], edited["status"]) == ("Edited there", "in_progress")
    assert world.local(story.reopened)["status"] == "in_progress"
    assert world.remote(story.reopened)["status"] == "In Progress"
    assert world.rows("SELECT * FROM qcontact_conflict WHERE kind = 'needs_you'") == []
    assert world.quarantine() == {}


def test_no_note_goes_out_twice(story: Story):
    assert story.world.notes_at(story.sent_before) == ["Sent before going back"]
    assert story.world.notes_at(story.resolved_here) == ["Written meanwhile"]


def test_after_coming_again_further_runs_write_nothing(story: Story):
    before = story.world.tickets_snapshot(), story.world.sent()
    story.world.run()
    assert (story.world.tickets_snapshot(), story.world.sent()) == before
