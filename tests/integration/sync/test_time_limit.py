"""A direction that is out of time leaves the rest to the next run."""

import pytest
from qcontact_sync.core.model import Window
from qcontact_sync.core.windows import Trigger

from tests.integration.sync_world import World

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


def test_a_scheduled_run_has_a_shorter_limit_and_the_next_one_goes_on(seeded_world: World) -> None:
    world = seeded_world
    patience = world.settings.scheduled_time_limit_s
    slot = Window(None, world.remote_now())

    def scheduled(run_id: str) -> object:
        order = world.order(run_id, Trigger.SCHEDULED, interval=slot)
        return world.run_order(order)["status"]

    world.configure(scheduled_time_limit_s=0)
    assert scheduled("scheduled__1") == "partial"
    world.configure(scheduled_time_limit_s=patience)
    assert scheduled("scheduled__2") == "success"
    assert world.value("SELECT count(*) FROM tickets") == 300


def test_a_run_by_hand_has_the_longer_limit(seeded_world: World) -> None:
    seeded_world.configure(scheduled_time_limit_s=0)
    assert seeded_world.run().status == "success"
