"""A real process that is killed, asked to end or paused leaves a true record, and nothing undone
or done twice.
"""

import signal

import pytest

from tests.integration.program import Program, running
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 15


@pytest.fixture
def busy_world(world: World) -> World:
    """Each ticket has a status and a note to send, and QContact takes its time to answer."""
    for _ in range(TICKETS):
        world.add_ticket(status="Open")
    world.run()
    for ticket in world.qcontact.tickets:
        world.set_local(ticket, status="assigned")
        world.add_note(ticket, f"We come to {ticket}")
    world.qcontact.faults.add(do="delay_answer", delay_s=0.2, method="PATCH", times="forever")
    world.pass_time(600)
    return world


def wait_for_patches(program: Program, world: World, number: int) -> None:
    program.wait_until(lambda: len(world.patches()) >= number)


def assert_everything_arrived_once(world: World) -> None:
    assert sorted(ticket for ticket, _ in world.patches()) == sorted(world.qcontact.tickets)
    for ticket, shown in world.qcontact.tickets.items():
        assert shown["status"] == world.local(ticket)["status"] == "assigned"
        assert world.notes_at(ticket) == [f"We come to {ticket}"]


def rows_of(world: World) -> list[tuple[str, str | None]]:
    return [(row["status"], row["error_code"]) for row in world.history()]


def test_killed_run_is_closed_as_abandoned_and_the_next_sends_the_rest(busy_world: World) -> None:
    with running(busy_world, connections=4) as program:
        wait_for_patches(program, busy_world, 6)
        program.kill()
        program.ended()
    assert rows_of(busy_world)[-1] == ("running", None)
    busy_world.qcontact.faults.clear()
    assert busy_world.run().status == "success"
    assert rows_of(busy_world)[-2:] == [("failed", "ABANDONED"), ("success", None)]
    assert_everything_arrived_once(busy_world)


def test_asked_to_end_it_finishes_the_tickets_in_hand_and_begins_no_other(
    busy_world: World,
) -> None:
    with running(busy_world, connections=1) as program:
        wait_for_patches(program, busy_world, 3)
        program.terminate()
        status, document, stderr = program.ended()
    assert (status, stderr.count("Traceback")) == (3, 0)
    sent = len(busy_world.patches())
    assert sent < TICKETS
    assert document["status"] == "partial"
    assert document["summary"]["outbound"]["successful"] == sent
    busy_world.qcontact.faults.clear()
    assert busy_world.run().status == "success"
    assert rows_of(busy_world)[-2:] == [("partial", None), ("success", None)]
    assert_everything_arrived_once(busy_world)


def test_paused_run_whose_lease_was_taken_does_nothing_when_it_wakes(busy_world: World) -> None:
    with running(busy_world, connections=1) as program:
        wait_for_patches(program, busy_world, 3)
        program.send_signal(signal.SIGSTOP)
        busy_world.qcontact.faults.clear()
        busy_world.execute("UPDATE qcontact_lease SET expires_at = now() - interval '1 second'")
        assert busy_world.run().status == "success"
        before = busy_world.tickets_snapshot()
        program.send_signal(signal.SIGCONT)
        status, _, stderr = program.ended()
    assert (status, stderr.count("Traceback")) == (1, 0)
    assert busy_world.tickets_snapshot() == before
    assert rows_of(busy_world)[-2:] == [("failed", "CONFLICT"), ("success", None)]
    assert_everything_arrived_once(busy_world)
