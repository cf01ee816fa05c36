"""What a writer decided before a long wait is not what it sends after it."""

import pytest
from qcontact_sync.core.errors import LeaseLost

from tests.integration.chaos.waiting_writer import send_and_wait
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

LONGER_THAN_A_LEASE_S = 40.0
A_PAUSE_S = 15.0


@pytest.fixture
def ticket(world: World) -> str:
    world.configure(retry_budget_s=600)
    ticket = world.add_ticket(status="Open")
    world.run()
    return ticket


def ask_for_a_pause(world: World, method: str) -> None:
    world.qcontact.faults.add(do="answer", status=429, method=method, retry_after=15)


def run_as_another(world: World) -> None:
    """The lease has run out, and another worker takes its turn."""
    world.execute("UPDATE qcontact_lease SET expires_at = now() - interval '1 second'")
    assert world.run().status == "success"


def test_note_that_another_run_sent_meanwhile_is_not_sent_again(world: World, ticket: str) -> None:
    world.add_note(ticket, "We come at ten")
    ask_for_a_pause(world, "POST")
    with pytest.raises(LeaseLost):
        send_and_wait(world, LONGER_THAN_A_LEASE_S, lambda: run_as_another(world))
    assert world.notes_at(ticket) == ["We come at ten"]


def test_status_of_a_worker_without_its_lease_is_not_set(world: World, ticket: str) -> None:
    def go_on_without_it() -> None:
        run_as_another(world)
        world.edit(ticket, status="In Review")
        world.run()

    world.set_local(ticket, status="assigned")
    ask_for_a_pause(world, "PATCH")
    with pytest.raises(LeaseLost):
        send_and_wait(world, LONGER_THAN_A_LEASE_S, go_on_without_it)
    assert world.remote(ticket)["status"] == "In Review"
    assert world.local(ticket)["status"] == "pending_qa"


def test_edit_made_during_a_pause_is_merged_and_not_overwritten(world: World, ticket: str) -> None:
    world.set_local(ticket, status="assigned")
    ask_for_a_pause(world, "PATCH")
    send_and_wait(world, A_PAUSE_S, lambda: world.edit(ticket, status="In Review"))
    assert world.run().status == "success"
    assert world.remote(ticket)["status"] == "In Review"
    assert world.local(ticket)["status"] == "pending_qa"
