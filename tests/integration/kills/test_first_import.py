"""A first import of a tenant that is killed in the middle goes on where it stopped."""

import pytest

from tests.integration.program import running
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

CASES = 300
AT_ONCE = 50
"""Details that are settled together: a kill loses no more than these and those under way."""


def details_read(world: World) -> int:
    reads = (e.target.partition("?")[0] for e in world.qcontact.requests if e.method == "GET")
    return sum(target.rpartition("/")[2].isdecimal() for target in reads)


def rows(world: World) -> int:
    return int(world.value("SELECT count(*) FROM tickets"))


def test_a_first_import_that_is_killed_goes_on(seeded_tenant: World) -> None:
    world = seeded_tenant
    world.qcontact.faults.add(
        do="delay_answer", delay_s=0.02, path="/entities/Case/", times="forever"
    )
    with running(world, connections=4) as program:
        program.wait_until(lambda: rows(world) >= AT_ONCE)
        program.kill()
        program.ended()
    settled, read = rows(world), details_read(world)
    assert settled < CASES
    assert world.cursor() is None
    world.qcontact.faults.clear()
    assert world.run().status == "success"
    assert rows(world) == CASES
    created = [row["qcontact_ticket_id"] for row in world.audit() if row["sync_type"] == "create"]
    assert len(created) == len(set(created)) == CASES
    counted = world.value("SELECT sum(created) FROM qcontact_run_direction")
    assert counted == CASES
    # What was settled is not read again, beside those whose turn it is.
    assert details_read(world) - read <= CASES - settled + settled // 4 + 1
    assert world.sent() == []
