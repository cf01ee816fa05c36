"""A worker that was paused for longer than its lease lasts sends nothing when it wakes."""

import pytest
from paused_writer import send_asleep
from qcontact_sync.core.errors import LeaseLost
from sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture
def ticket(world: World) -> str:
    world.configure(retry_budget_s=600)
    ticket = world.add_ticket(status="Open")
    world.run()
    return ticket


def ask_for_a_pause(world: World, method: str) -> None:
    world.qcontact.faults.add(do="answer", status=429, method=method, retry_after=30)


def test_note_that_another_run_sent_meanwhile_is_not_sent_again(world: World, ticket: str) -> None:
    world.add_note(ticket, "We come at ten")
    ask_for_a_pause(world, "POST")
    with pytest.raises(LeaseLost):
        send_asleep(world, world.run)
    assert world.notes_at(ticket) == ["We come at ten"]


def test_status_that_the_call_centre_changed_meanwhile_is_not_set_back(
    world: World, ticket: str
) -> None:
    def go_on_without_it() -> None:
        world.run()
        world.edit(ticket, status="In Review")
        world.run()

    world.set_local(ticket, status="assigned")
    ask_for_a_pause(world, "PATCH")
    with pytest.raises(LeaseLost):
        send_asleep(world, go_on_without_it)
    assert world.remote(ticket)["status"] == "In Review"
    assert world.local(ticket)["status"] == "pending_qa"
