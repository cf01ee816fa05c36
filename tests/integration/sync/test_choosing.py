"""Many differences settled at once, by a person: what is written, sent, recorded."""

import pytest
from qcontact_sync import jobs
from qcontact_sync.core.comparison import Standing
from qcontact_sync.core.errors import ErrorCode, RetryableError
from qcontact_sync.services.comparison import Decision
from qcontact_sync.services.review import UnknownId

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@pytest.fixture(params=["tickets", "entities"])
def both(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue("world" if request.param == "tickets" else "tenant")


def choose(world: World, ids, keep, **options):
    options.setdefault("by", "Thandi")
    return jobs.choose_side(*world.sides, world.settings, ids, Decision(keep, **options))


def adopted(world: World, here: str = "resolved", there: str = "Open", count: int = 1) -> list[str]:
    """Tickets that were done here and open there when they were linked."""
    ids = [world.add_ticket(status=there) for _ in range(count)]
    for remote_id in ids:
        world.add_local(remote_id, status=here)
    world.run()
    assert world.patches() == []
    return ids


def is_same(world: World) -> bool:
    return jobs.compare_tickets(*world.sides, world.settings, lambda _: None).is_same


def solved(world: World) -> str:
    return "Solved" if world.sandbox.dialect == "entities" else "solved"


@pytest.mark.parametrize("reads_now", [True, False])
def test_what_is_done_here_is_sent_by_the_next_run(both: World, reads_now: bool):
    ids = adopted(both, count=3)
    chosen = choose(both, ids, "local", reads_now=reads_now)
    assert [[f.field for f in ticket.decided] for ticket in chosen] == [["status"]] * 3
    assert both.sent() == []
    result = both.run()
    assert result.status == "success"
    assert {both.remote(i)["status"] for i in ids} == {solved(both)}
    assert is_same(both)
    before = both.tickets_snapshot()
    both.run()
    assert len(both.patches()) == 3
    assert both.tickets_snapshot() == before


@pytest.mark.parametrize("reads_now", [True, False])
def test_what_is_open_there_re_opens_here_at_once(both: World, reads_now: bool):
    (ticket,) = adopted(both, here="closed")
    choose(both, [ticket], "remote", reads_now=reads_now)
    assert (both.local(ticket)["status"], both.local(ticket)["closed_at"]) == ("open", None)
    assert is_same(both)
    both.run()
    assert both.sent() == []
    assert is_same(both)


def test_every_decision_is_on_record_with_a_name(world: World):
    ids = adopted(world, count=2)
    choose(world, ids, "local")
    rows = [c for c in world.conflicts() if c["decided_by"]]
    columns = ("remote_id", "field", "loser", "resolution", "decided_by")
    # Made by one statement, in whatever order.
    assert sorted(tuple(c[name] for name in columns) for c in rows) == [
        (i, "status", "remote", "kept local", "Thandi") for i in sorted(ids)
    ]
    assert {(c["local_value"], c["remote_value"]) for c in rows} == {("resolved", "Open")}
    assert all(c["decided_at"] for c in rows)


def test_a_dry_run_shows_values_and_writes_nothing(world: World):
    ids = adopted(world, count=2)
    before = world.snapshot()
    chosen = choose(world, ids, "local", dry_run=True)
    assert [(f.field, f.local, f.remote) for t in chosen for f in t.decided] == [
        ("status", "resolved", "Open")
    ] * 2
    assert world.snapshot() == before


def test_a_flood_of_decisions_is_held_until_it_is_confirmed(world: World):
    ids = adopted(world, count=4)
    world.configure(max_outbound=3)
    choose(world, ids, "local")
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "NEEDS_CONFIRMATION")
    assert world.patches() == []
    assert world.run(confirm_outbound=True).status == "success"
    assert len(world.patches()) == 4


def test_an_open_conflict_ends_as_with_conflicts_resolve(world: World):
    ticket = world.add_ticket(status="Open")
    world.run()
    world.set_local(ticket, status="closed")
    world.run()
    world.edit(ticket, status="In Progress")
    world.run()
    choose(world, [ticket], "local")
    (conflict,) = world.conflicts()
    assert (conflict["kind"], conflict["resolution"], conflict["decided_by"]) == (
        "needs_you",
        "kept local",
        "Thandi",
    )
    world.run()
    assert world.remote(ticket)["status"] == "closed"


def test_a_field_of_qcontacts_is_written_back_and_cannot_be_sent(world: World):
    ticket = world.add_ticket(status="Open", title="As there")
    world.run()
    world.set_local(ticket, title="Mine")
    (chosen,) = choose(world, [ticket], "local")
    assert (chosen.decided, [name for name, _ in chosen.refused]) == ((), ["title"])
    (chosen,) = choose(world, [ticket], "remote")
    assert [(f.field, f.local, f.remote) for f in chosen.decided] == [("title", "Mine", "As there")]
    assert world.local(ticket)["title"] == "As there"
    assert is_same(world)


def test_one_field_leaves_the_others_as_they_are(world: World):
    user = world.add_user("Sipho Ndlovu")
    ticket = world.add_ticket(status="Open", assigned_to="Thandi Mokoena")
    world.add_local(ticket, status="resolved", assigned_to=user)
    world.run()
    choose(world, [ticket], "local", only="status")
    world.run()
    assert world.remote(ticket)["status"] == "solved"
    assert world.remote(ticket)["assigned_to"] == "Thandi Mokoena"


def test_what_changed_since_it_was_shown_is_not_decided(world: World):
    ids = adopted(world, count=2)
    page = jobs.list_differences(*world.sides, world.settings)
    versions = {ticket.remote_id: ticket.version for ticket in page.tickets}
    world.set_local(ids[0], status="closed")
    first, second = choose(world, ids, "local", versions=versions, reads_now=False)
    assert first.decided == ()
    assert "look again" in str(first.problem)
    assert second.decided


def test_what_qcontact_changed_since_counts_as_a_later_edit(world: World):
    (ticket,) = adopted(world)
    world.edit(ticket, status="Cancelled")
    choose(world, [ticket], "local", reads_now=False)
    world.run()
    assert world.remote(ticket)["status"] == "Cancelled"
    assert world.local(ticket)["status"] == "cancelled"


def test_choosing_again_decides_nothing_more(both: World):
    ids = adopted(both)
    choose(both, ids, "local")
    before = both.snapshot()["qcontact_conflict"]
    (again,) = choose(both, ids, "local")
    assert (again.decided, again.refused, again.problem) == ((), (), None)
    assert both.snapshot()["qcontact_conflict"] == before


def test_a_ticket_that_is_gone_keeps_its_place_here(world: World):
    (ticket,) = adopted(world)
    world.qcontact.delete(ticket)
    (chosen,) = choose(world, [ticket], "remote")
    assert "QContact" in str(chosen.problem)
    assert world.local(ticket)["status"] == "resolved"


def test_an_unknown_id_decides_nothing(world: World):
    (ticket,) = adopted(world)
    before = world.snapshot()
    with pytest.raises(UnknownId):
        choose(world, [ticket, "T-unknown"], "local")
    assert world.snapshot() == before


def test_a_row_that_is_not_linked_waits_for_its_run(world: World):
    ticket = world.add_ticket(status="Open")
    world.add_local(ticket, status="resolved")
    (chosen,) = choose(world, [world.local(ticket)["ticket_uid"]], "local")
    assert "not linked" in str(chosen.problem)


def test_a_row_that_the_database_refuses_is_alone(world: World):
    ids = adopted(world, here="closed", count=3)
    world.execute(
        "ALTER TABLE tickets ADD CONSTRAINT no_reopening CHECK (external_id <> %s OR status"
        " <> 'open')".replace("%s", f"'{ids[1]}'")
    )
    first, refused, last = choose(world, ids, "remote")
    assert (bool(first.decided), bool(last.decided)) == (True, True)
    assert "no_reopening" in str(refused.problem)
    assert world.local(ids[1])["status"] == "closed"


def test_a_run_at_work_is_waited_for(world: World):
    ids = adopted(world)
    world.execute(
        "INSERT INTO qcontact_lease (account, holder, fence, expires_at, host, pid)"
        " VALUES ('default', 'elsewhere', 99, now() + interval '1 hour', 'elsewhere', 1)"
        " ON CONFLICT (account) DO UPDATE SET holder = EXCLUDED.holder, fence = EXCLUDED.fence,"
        " expires_at = EXCLUDED.expires_at, host = EXCLUDED.host"
    )
    with pytest.raises(RetryableError) as error:
        choose(world, ids, "local", patience_s=0.1)
    assert error.value.code is ErrorCode.CONFLICT


def test_an_assignment_that_is_not_sent_is_refused(tenant: World):
    user = tenant.add_user("Sipho Ndlovu")
    tenant.add_user("Thandi Mokoena")
    ticket = tenant.add_ticket(status="Open", assigned_to="Thandi Mokoena")
    tenant.add_local(ticket, status="open", assigned_to=user)
    tenant.run()
    (found,) = jobs.list_differences(*tenant.sides, tenant.settings).tickets
    assert found.standing is Standing.DIFFERS
    (chosen,) = choose(tenant, [ticket], "local")
    assert chosen.refused == (("assigned_to", "assignment is not sent to this QContact"),)
