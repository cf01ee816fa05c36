"""What the crash matrix found, each in its smallest form."""

import pytest

from tests.integration.kills.crash_points import Gate, dying_run
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_a_value_that_lost_is_kept_though_the_run_died_before_it_settled(world: World) -> None:
    """The next run finds both sides equal and would not know that there was another value."""
    ticket = world.add_ticket(status="Open")
    world.run()
    world.edit(ticket, status="Assigned")
    world.set_local(ticket, status="pending_qa")
    dying_run(world, Gate("write of a ticket", is_after=True))
    world.run()
    (lost,) = world.conflicts()
    assert (lost["kind"], lost["loser"], lost["remote_value"]) == ("settled", "remote", "Assigned")
