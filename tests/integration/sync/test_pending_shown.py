"""What is shown as pending is what the next run would send."""

import asyncio

import pytest
from qcontact_sync.services import run_reports

from tests.integration.sync.test_review import reopened
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def pending(world: World) -> run_reports.Pending:
    return asyncio.run(run_reports.list_pending(world.fibreflow_access, world.settings, 10))


def test_of_a_ticket_that_waits_for_a_person_only_the_note_is_pending(world: World) -> None:
    ticket = reopened(world)
    assert pending(world).total == 0
    world.add_note(ticket, "The cable is cut.")

    shown = pending(world)
    assert [(row["qcontact_ticket_id"], row["fields"]) for row in shown.tickets] == [(ticket, [])]
    assert [(row["was"], row["now"], row["tickets"]) for row in shown.transitions] == [
        (None, None, 1)
    ]
    sent = len(world.patches())
    world.run()
    assert (len(world.patches()), world.notes_at(ticket)) == (sent, ["The cable is cut."])


@pytest.mark.parametrize("frozen", [[], ["status"], ["assigned_to"], ["status", "assigned_to"]])
def test_what_is_shown_as_pending_is_what_makes_a_ticket_pending(
    world: World, frozen: list[str]
) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="in_progress", assigned_to=world.add_user("Ann Technician"))
    world.execute("UPDATE qcontact_ticket_link SET frozen = %s", frozen)

    shown, moves = pending(world), {"status", "assigned_to"} - set(frozen)
    assert (shown.total, {field for row in shown.tickets for field in row["fields"]}) == (
        int(bool(moves)),
        moves,
    )
    assert [row["now"] is not None for row in shown.transitions] == [
        "status" in moves for _ in range(shown.total)
    ]
    assert sum(row["reassigned"] for row in shown.transitions) == int("assigned_to" in moves)
