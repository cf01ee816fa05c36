"""`CREATE`: whether tickets are created that are done in QContact when they are first seen."""

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture(params=["tickets", "entities"])
def both(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue("world" if request.param == "tickets" else "tenant")


@pytest.fixture
def mixed(both: World) -> World:
    """Two open tickets, one done, and one done that FibreFlow has already."""
    for status in ("Open", "In Progress", "Closed"):
        both.add_ticket(status=status, title=status)
    both.add_local(both.add_ticket(status="Solved", title="here"), status="resolved")
    return both


def titles(world: World) -> set[str]:
    return {row["title"] for row in world.rows("SELECT title FROM tickets")}


def test_by_default_every_ticket_is_created(mixed: World):
    mixed.run()
    assert titles(mixed) == {"Open", "In Progress", "Closed", "here"}


def test_only_unfinished_tickets_are_created_and_existing_rows_linked(mixed: World):
    mixed.configure(create="unfinished")
    stats = mixed.run().sync_result["inbound_stats"]
    assert titles(mixed) == {"Open", "In Progress", "here"}
    assert (stats["created"], stats["successful"], stats["failed"]) == (2, 3, 0)
    assert mixed.value("SELECT count(*) FROM qcontact_ticket_link") == 3
    before = mixed.tickets_snapshot()
    mixed.run()
    assert mixed.tickets_snapshot() == before


def test_a_ticket_that_was_left_out_comes_when_it_is_re_opened(both: World):
    ticket = both.add_ticket(status="Solved", title="again")
    both.configure(create="unfinished")
    both.run()
    assert titles(both) == set()
    both.edit(ticket, status="Open")
    both.run()
    assert titles(both) == {"again"}


def test_a_ticket_that_ends_after_it_was_created_stays(both: World):
    ticket = both.add_ticket(status="Open", title="ends")
    both.configure(create="unfinished")
    both.run()
    both.edit(ticket, status="Solved")
    both.run()
    assert both.local(ticket)["status"] == "resolved"


@pytest.mark.parametrize(
    ("create", "planned", "words"),
    [
        ("all", (3, 1, 0), "+ 3 create (1 of them done in QContact)"),
        ("unfinished", (2, 0, 1), "1 not created: done in QContact"),
    ],
)
def test_a_dry_run_counts_finished_tickets_apart(mixed: World, create, planned, words):
    mixed.configure(create=create)
    plan = mixed.run(dry_run=True, sync_direction="inbound").sync_result["plan"]["inbound"]
    assert (plan["create"], plan["create_finished"], plan["left_out"]) == planned
    assert words in plan["summary"]
