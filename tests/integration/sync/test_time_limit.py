"""A direction that is out of time leaves the rest to the next run."""

import pytest
from sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def test_out_of_time_is_partial_and_the_next_run_brings_the_rest(seeded_world: World) -> None:
    world = seeded_world
    patience = world.settings.time_limit_s
    world.configure(time_limit_s=0)
    assert world.run(sync_direction="inbound").status == "partial"
    assert world.cursor() is None
    world.configure(time_limit_s=patience)
    assert world.run().status == "success"
    assert world.value("SELECT count(*) FROM tickets") == 300


def test_outbound_out_of_time_sends_the_rest_with_the_next_run(world: World) -> None:
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="assigned")
    world.configure(time_limit_s=0)
    assert world.run(sync_direction="outbound").status == "partial"
    assert world.patches() == []
    world.configure(time_limit_s=60)
    assert world.run().status == "success"
    assert world.remote(ticket)["status"] == "assigned"
