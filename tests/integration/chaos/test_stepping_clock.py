"""QContact's clock is set back, and what is edited then has stamps that were read already."""

import pytest

from tests.integration.sync_world import BETWEEN_RUNS_S, World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

BACK_S = 2 * 3_600
SIX_HOURS_S = 6 * 3_600


@pytest.fixture
def ticket(world: World) -> str:
    ticket = world.add_ticket(title="No light", status="Open")
    world.run()
    return ticket


def pass_here(world: World, seconds: float) -> None:
    """Time passes by the database's clock: what it stamped is older by now."""
    age = "UPDATE qcontact_run SET opened_at = opened_at - make_interval(secs => %s)"
    world.execute(age, seconds)


def test_edit_made_before_the_clock_caught_up_comes_in(world: World, ticket: str) -> None:
    world.pass_time(-BACK_S)
    world.edit(ticket, title="Light is back")
    pass_here(world, BETWEEN_RUNS_S)
    assert world.run().status == "success"
    assert world.local(ticket)["title"] == "Light is back"


def test_edit_that_the_clock_overtook_comes_in(world: World, ticket: str) -> None:
    """Only that less time passed there than here shows that the clock was set back."""
    world.pass_time(-BACK_S)
    world.edit(ticket, title="Light is back")
    world.pass_time(SIX_HOURS_S)
    pass_here(world, SIX_HOURS_S + BETWEEN_RUNS_S)
    assert world.run().status == "success"
    assert world.local(ticket)["title"] == "Light is back"


def test_clock_that_was_not_set_back_costs_no_reading(world: World, ticket: str) -> None:
    world.pass_time(SIX_HOURS_S)
    pass_here(world, SIX_HOURS_S)
    world.run()
    assert world.history()[-1]["total_processed"] == 0


def test_edit_made_while_the_clock_was_back_for_a_while_comes_in(world: World, ticket: str) -> None:
    """The run in between read only to the present that QContact showed."""
    world.pass_time(-BACK_S)
    world.run()
    world.edit(ticket, title="Light is back")
    world.pass_time(BACK_S)
    pass_here(world, BETWEEN_RUNS_S)
    assert world.run().status == "success"
    assert world.local(ticket)["title"] == "Light is back"
