"""Both sides compared as they stand: every kind of difference, nothing written."""

from random import Random

import pytest
from qcontact_sync import jobs
from qcontact_sync.core.comparison import Gap, Standing
from qcontact_sync.fibreflow.comparison_records import PostgresComparison
from qcontact_sync.services.comparison import Tally
from qcontact_sync.services.review import UnknownId
from qcontact_sync.sync import unmoved

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def compared(world: World, *ids: str):
    """The tally, and the tickets that are not the same by QContact id (or ticket_uid)."""
    found = {}

    def keep(ticket):
        name = ticket.remote_id or ticket.ticket_uid
        # A second row with the same QContact id goes by its own.
        name = ticket.ticket_uid if name in found else name
        assert name not in found
        found[name] = ticket

    tally = jobs.compare_tickets(*world.sides, world.settings, keep, ids)
    assert tally.standings.total() == len(found)
    return tally, {i: t for i, t in found.items() if t.standing is not Standing.SAME}


def unknown_words(different) -> int:
    """How many differ by nothing else than a status that no rule translates."""
    return sum(
        [(f.field, f.reason) for f in ticket.fields]
        == [("status", "QContact's value has no counterpart in FibreFlow")]
        for ticket in different.values()
    )


def standings(world: World) -> dict[str, Standing]:
    return {name: ticket.standing for name, ticket in compared(world)[1].items()}


@pytest.fixture(params=["tickets", "entities"])
def both(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue("world" if request.param == "tickets" else "tenant")


def test_after_a_run_every_ticket_is_the_same(seeded_world: World):
    seeded_world.run()
    before = seeded_world.snapshot()
    tally, different = compared(seeded_world)
    assert unknown_words(different) == len(different) < 20
    assert tally.standings[Standing.SAME] == 300 - len(different)
    assert seeded_world.snapshot() == before
    assert seeded_world.sent() == []


def test_after_a_run_every_case_of_a_tenant_is_the_same(seeded_tenant: World):
    seeded_tenant.run()
    tally, different = compared(seeded_tenant)
    assert unknown_words(different) == len(different) < 20
    assert tally.standings[Standing.SAME] == 300 - len(different)


def test_a_comparison_is_the_same_without_the_short_cut(
    seeded_world: World, monkeypatch: pytest.MonkeyPatch
):
    world = seeded_world
    world.run()
    ids = [row["external_id"] for row in world.rows("SELECT external_id FROM tickets ORDER BY 1")]
    edited = Random(7).sample(ids, 60)
    for number, ticket in enumerate(edited):
        change_somewhere(world, ticket, number)
    fresh = world.add_ticket(status="Open")
    looked_up = []
    look_up = PostgresComparison.look_up

    async def noted(reads, tickets):
        looked_up.append({ticket.id for ticket in tickets})
        return await look_up(reads, tickets)

    monkeypatch.setattr(PostgresComparison, "look_up", noted)
    quick = compared(world)
    # The others have a status that no rule translates.
    assert len(set().union(*looked_up) - {fresh, *edited}) < 20
    monkeypatch.setattr(unmoved, "equal_texts", lambda mapping: None)
    assert compared(world) == quick
    assert set(ids) <= set().union(*looked_up) | set(edited)


def change_somewhere(world: World, ticket: str, number: int) -> None:
    """One of the changes that either side may make."""
    changes = [
        lambda: world.set_local(ticket, status="closed"),
        lambda: world.set_local(ticket, title="Overwritten here"),
        lambda: world.set_local(ticket, priority="low", address=None),
        lambda: world.set_local(ticket, gps_coordinates="(28.5,-26.25)"),
        lambda: world.edit(ticket, title="Edited there"),
        lambda: world.edit(ticket, status="Escalated"),
        lambda: world.edit(ticket, subcategory="in no column"),
        lambda: world.add_note(ticket, "To be sent"),
        lambda: world.qcontact.delete(ticket),
        lambda: world.execute("DELETE FROM tickets WHERE external_id = %s", ticket),
    ]
    changes[number % len(changes)]()


def test_each_kind_of_difference_has_its_word(both: World):
    world = both
    names = ("same", "out", "in", "adopted", "drifted", "gone", "deleted", "refused")
    tickets = {name: world.add_ticket(status="Open", title=name) for name in names}
    world.add_local(tickets["adopted"], status="resolved")
    world.run()
    world.set_local(tickets["out"], status="assigned")
    world.edit(tickets["in"], status="In Progress")
    world.set_local(tickets["drifted"], title="Overwritten here")
    world.qcontact.delete(tickets["gone"])
    world.execute("DELETE FROM tickets WHERE external_id = %s", tickets["deleted"])
    fresh = world.add_ticket(status="Open", title="fresh")
    orphan = world.add_local("99999999999", ticket_uid="FT777777")

    tally, found = compared(world)

    by_name = {name: found[i].standing for name, i in tickets.items() if i in found}
    assert by_name == {
        "out": Standing.PENDING,
        "in": Standing.PENDING,
        "adopted": Standing.DIFFERS,
        "drifted": Standing.DIFFERS,
        "gone": Standing.ONLY_FIBREFLOW,
        "deleted": Standing.ONLY_QCONTACT,
    }
    assert found[fresh].standing is Standing.ONLY_QCONTACT
    assert found["99999999999"].ticket_uid == "FT777777"
    assert found["99999999999"].standing is Standing.ONLY_FIBREFLOW
    assert found[tickets["adopted"]].gap is Gap.DONE_HERE
    assert tally.to_dict() == {
        "tickets": 10, "same": 2, "pending": 2, "waits": 0, "differs": 2, "only_qcontact": 2,
        "only_fibreflow": 2, "pending_inbound": 1, "pending_outbound": 1, "done_here": 1,
        "done_there": 0,
    }  # fmt: skip
    assert orphan is not None


def test_before_the_first_run_rows_to_adopt_show_what_will_differ(both: World):
    remote_id = both.add_ticket(status="Open")
    both.add_local(remote_id, status="closed", ticket_uid="FT000001")
    both.add_local(remote_id, status="open", ticket_uid="FT000002")
    _, found = compared(both)
    assert (found[remote_id].standing, found[remote_id].gap) == (Standing.PENDING, Gap.DONE_HERE)
    assert found[remote_id].ticket_uid == "FT000001"
    assert found["FT000002"].standing is Standing.ONLY_FIBREFLOW


def test_a_second_row_with_the_same_id_is_only_here(world: World):
    remote_id = world.add_ticket(status="Open")
    world.add_local(remote_id, ticket_uid="FT000001")
    world.run()
    second = world.add_local(remote_id, ticket_uid="FT000002")
    found = []
    jobs.compare_tickets(*world.sides, world.settings, found.append)
    assert [(t.ticket_uid, t.standing.value) for t in found] == [
        ("FT000001", "same"),
        ("FT000002", "only_fibreflow"),
    ]
    assert second is not None


def test_what_waits_says_for_what(world: World):
    frozen, refused = world.add_ticket(status="Closed"), world.add_ticket(status="Open")
    world.run()
    world.edit(frozen, status="Open")
    world.set_local(refused, status="unheard_of")
    world.run()
    found = compared(world)[1]
    assert {found[frozen].standing, found[refused].standing} == {Standing.WAITS}
    assert "open conflict" in found[frozen].fields[0].reason
    assert "no counterpart" in found[refused].fields[0].reason


def test_a_note_to_send_is_pending(world: World):
    ticket = world.add_ticket(status="Open")
    world.run()
    world.add_note(ticket, "Rung twice")
    (field,) = compared(world)[1][ticket].fields
    assert (field.field, field.standing) == ("note", Standing.PENDING)


def test_a_case_that_left_the_queue_is_only_here(tenant: World):
    watching = tenant.watching("Field Team")
    ticket = watching.add_ticket(status="Open", assigned_to="Field Team")
    watching.run()
    assert standings(watching) == {}
    watching.edit(ticket, assigned_to="Back Office")
    found = compared(watching)[1]
    assert found[ticket].standing is Standing.ONLY_FIBREFLOW
    assert "left the queue" in found[ticket].reason


def test_single_tickets_by_any_id(world: World):
    first, second = world.add_ticket(status="Open"), world.add_ticket(status="Open")
    world.run()
    world.set_local(first, status="assigned")
    uid = world.local(first)["ticket_uid"]
    tally, found = compared(world, uid, second)
    assert list(found) == [first]
    assert tally.standings.total() == 2


def test_an_id_that_neither_side_knows_is_refused(world: World):
    with pytest.raises(UnknownId):
        jobs.compare_tickets(*world.sides, world.settings, lambda _: None, ["T-unknown"])


def test_an_older_listed_version_is_not_believed(world: World):
    """A change that a slow list does not show yet is no difference."""
    ticket = world.add_ticket(status="Open")
    world.run()
    world.qcontact.switch(search_lag_lists=4)
    world.set_local(ticket, status="in_progress")
    world.run()
    assert standings(world) == {}


def test_the_last_seen_values_are_compared_without_asking_qcontact(both: World):
    world = both
    done = world.add_ticket(status="Open")
    out = world.add_ticket(status="Open")
    world.add_local(done, status="resolved")
    world.run()
    world.set_local(out, status="assigned")
    before = len(world.qcontact.requests)
    page = jobs.list_differences(*world.sides, world.settings)
    assert len(world.qcontact.requests) == before
    assert {t.remote_id: t.standing for t in page.tickets} == {
        done: Standing.DIFFERS,
        out: Standing.PENDING,
    }
    assert page.after is None
    only = jobs.list_differences(*world.sides, world.settings, "done_here")
    assert [t.remote_id for t in only.tickets] == [done]


def test_last_seen_differences_come_in_pages(world: World):
    ids = sorted(world.add_ticket(status="Open") for _ in range(5))
    for remote_id in ids:
        world.add_local(remote_id, status="resolved")
    world.run()
    seen, after = [], None
    for _ in range(3):
        page = jobs.list_differences(*world.sides, world.settings, None, after, 2)
        seen += [ticket.remote_id for ticket in page.tickets]
        after = page.after
    assert (seen, after) == (ids, None)


def test_a_page_ends_after_so_many_tickets_however_few_differ(world: World):
    ids = sorted(world.add_ticket(status="Open") for _ in range(5))
    world.add_local(ids[4], status="resolved")
    world.run()
    first = jobs.list_differences(*world.sides, world.settings, None, None, 10, 3)
    assert (list(first.tickets), first.after) == ([], ids[2])
    rest = jobs.list_differences(*world.sides, world.settings, None, first.after, 10, 3)
    assert ([t.remote_id for t in rest.tickets], rest.after) == ([ids[4]], None)


def test_nothing_at_all_is_all_the_same(world: World):
    tally = jobs.compare_tickets(*world.sides, world.settings, lambda _: None)
    assert tally == Tally()
    assert tally.is_same
