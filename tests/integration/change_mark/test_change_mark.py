"""What is marked is found without comparing all tickets, and what no mark tells in time."""

from subprocess import CalledProcessError

import psycopg
import pytest
from psycopg import sql
from qcontact_sync.fibreflow.statements import statement

from tests.change_triggers import add_triggers, remove_triggers
from tests.integration.kills.crash_points import Gate, dying_run
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

REVIEWED = "in_review"


@pytest.fixture
def linked(world: World) -> str:
    """The id of a ticket that both sides agree on, after a run that compared all tickets."""
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    assert marks(world) == 0
    return remote_id


def marks(world: World) -> int:
    return int(world.value("SELECT count(*) FROM qcontact_change_mark"))


def compared_at(world: World) -> object:
    return world.value("SELECT compared_at FROM qcontact_full_comparison")


def lose_marks(world: World) -> None:
    """As if no trigger had seen what changed."""
    world.execute("DELETE FROM qcontact_change_mark")


def status_there(world: World, remote_id: str) -> str:
    return str(world.remote(remote_id)["status"])


def change_unseen(world: World, remote_id: str) -> None:
    world.set_local(remote_id, status="pending_qa")
    lose_marks(world)


# --- what a mark is for


def test_a_marked_change_goes_out_without_comparing_all(world: World, linked: str):
    before = compared_at(world)
    world.set_local(linked, status="pending_qa")
    assert marks(world) == 1
    world.run()
    assert status_there(world, linked) == REVIEWED
    assert compared_at(world) == before
    world.run()
    assert marks(world) == 0


def test_tickets_without_a_mark_are_not_compared(world: World, linked: str):
    """Otherwise all other tests here would show nothing."""
    change_unseen(world, linked)
    world.run()
    assert status_there(world, linked) == "In Progress"


@pytest.mark.parametrize("compared", ["now() - interval '21 hours'", "now() + interval '1 hour'"])
def test_what_no_trigger_saw_goes_out_when_all_are_compared(
    world: World, linked: str, compared: str
):
    """Once a day by the database's clock, and at once where that clock was put back."""
    change_unseen(world, linked)
    world.execute(f"UPDATE qcontact_full_comparison SET compared_at = {compared}")
    world.run()
    assert status_there(world, linked) == REVIEWED
    assert world.value("SELECT now() - compared_at < '1 minute' FROM qcontact_full_comparison")


@pytest.mark.parametrize(
    "params",
    [
        {"force_resync": True},
        {"ticket_ids": True},
        {"start_date": "2020-01-01T00:00:00Z", "end_date": "2100-01-01T00:00:00Z"},
    ],
    ids=["forced", "by id", "dated"],
)
def test_a_run_that_asks_for_more_than_what_changed_needs_no_mark(
    world: World, linked: str, params: dict[str, object]
):
    change_unseen(world, linked)
    world.run(**{k: [linked] if k == "ticket_ids" else v for k, v in params.items()})
    assert status_there(world, linked) == REVIEWED


def test_other_changes_of_a_ticket_are_not_marked(world: World, linked: str):
    world.set_local(linked, title="Changed here", status="in_progress")
    world.add_local(None)
    assert marks(world) == 0


def test_one_statement_marks_each_ticket_that_it_changed(world: World, linked: str):
    ids = [world.add_ticket(status="In Progress") for _ in range(4)]
    world.run()
    world.run()
    world.set_local(ids[0], status="pending_qa")
    world.run()
    world.run()
    assert marks(world) == 0
    world.execute("UPDATE tickets SET status = 'pending_qa', title = title || '.'")
    assert marks(world) == 4


def test_a_person_who_leaves_is_a_change_of_their_tickets(world: World, linked: str):
    world.execute(
        "ALTER TABLE tickets ADD FOREIGN KEY (assigned_to) REFERENCES users ON DELETE SET NULL"
    )
    world.set_local(linked, assigned_to=world.add_user("Thandi Mokoena"))
    world.run()
    world.run()
    assert (world.remote(linked)["assigned_to"], marks(world)) == ("Thandi Mokoena", 0)
    world.execute("DELETE FROM users")
    world.run()
    assert world.remote(linked)["assigned_to"] is None


# --- in whatever order transactions commit


def test_a_change_that_is_committed_during_a_run_goes_out_with_the_next(world: World, linked: str):
    with psycopg.connect(world.owner) as application:
        application.execute("UPDATE tickets SET status = 'pending_qa'")
        world.run()
        assert status_there(world, linked) == "In Progress"
    world.run()
    assert status_there(world, linked) == REVIEWED


def test_a_change_that_is_taken_back_leaves_no_mark(world: World, linked: str):
    with psycopg.connect(world.owner) as application:
        application.execute("UPDATE tickets SET status = 'pending_qa'")
        application.rollback()
    assert marks(world) == 0


def test_a_second_change_during_a_run_keeps_a_mark_of_its_own(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    world.set_local(linked, status="in_progress")
    with psycopg.connect(world.owner) as application:
        application.execute("UPDATE tickets SET status = 'pending_qa'")
        world.run()
    assert marks(world) == 1
    world.run()
    assert status_there(world, linked) == REVIEWED


def test_a_mark_that_comes_while_others_are_compared_stays(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    with psycopg.connect(world.database) as sync:
        params = {"ticket_ids": [], "public_notes": [], "internal_notes": []}
        sync.execute(statement("renew_marks").encode(), params)
    assert marks(world) == 1


def test_a_change_that_could_not_be_sent_is_found_again(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    world.qcontact.faults.add(do="answer", status=500, method="PATCH", times="forever")
    world.run()
    world.qcontact.faults.clear()
    world.make_due()
    world.run()
    assert status_there(world, linked) == REVIEWED


@pytest.mark.parametrize("is_after", [True, False], ids=["after", "before"])
def test_a_run_that_dies_as_marks_are_renewed_changes_nothing(
    world: World, linked: str, is_after: bool
):
    world.set_local(linked, status="pending_qa")
    renewing = "commit of release_moot, read_change_mark, renew_marks"
    gate = Gate(at=renewing, is_after=is_after)
    dying_run(world, gate)
    assert (gate.steps[-1], gate.is_dead) == (renewing, True)
    assert status_there(world, linked) == "In Progress"
    world.run()
    assert status_there(world, linked) == REVIEWED


# --- where the triggers are not as they were


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER qcontact_change_mark ON tickets",
        "ALTER TABLE tickets DISABLE TRIGGER qcontact_change_mark",
        "ALTER TABLE tickets ENABLE TRIGGER qcontact_change_mark",
        "ALTER TABLE ticket_notes DISABLE TRIGGER qcontact_change_mark_insert",
        "ALTER FUNCTION qcontact_mark_tickets OWNER TO {stranger}",
        "ALTER TABLE tickets RENAME TO old_tickets; "
        "CREATE TABLE tickets (LIKE old_tickets INCLUDING ALL); "
        "INSERT INTO tickets TABLE old_tickets",
        "CREATE TABLE part_of_tickets () INHERITS (tickets)",
        "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) "
        "VALUES (1, 'tickets'::regclass, 'r')",
    ],
)
def test_all_tickets_are_compared_where_a_trigger_is_not_in_order(
    world: World, linked: str, change: str
):
    stranger = f"stranger_{linked}"
    world.execute(f"CREATE ROLE {stranger}")
    try:
        world.execute(change.format(stranger=stranger))
        world.execute("GRANT ALL ON tickets TO public")
        world.run()
        change_unseen(world, linked)
        world.run()
        assert status_there(world, linked) == REVIEWED
    finally:
        world.execute(f"DROP OWNED BY {stranger} CASCADE; DROP ROLE {stranger}")


@pytest.mark.parametrize("is_made_anew", [True, False], ids=["made anew", "switched off"])
def test_all_tickets_are_compared_once_a_trigger_is_in_order_again(
    world: World, linked: str, is_made_anew: bool
):
    change = "UPDATE tickets SET status = 'pending_qa'"
    if is_made_anew:
        remove_triggers(world.owner)
        world.execute(change)
        add_triggers(world.owner)
    else:
        world.execute(
            f"ALTER TABLE tickets DISABLE TRIGGER ALL; {change}; "
            "ALTER TABLE tickets ENABLE ALWAYS TRIGGER qcontact_change_mark"
        )
    assert marks(world) == 0
    world.run()
    assert status_there(world, linked) == REVIEWED


def test_a_session_without_triggers_is_marked_too(world: World, linked: str):
    with psycopg.connect(world.owner) as application:
        application.execute("SET session_replication_role = replica")
        application.execute("UPDATE tickets SET status = 'pending_qa'")
    assert marks(world) == 1


def test_without_the_triggers_their_marks_are_forgotten(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    remove_triggers(world.owner)
    world.run()
    assert status_there(world, linked) == REVIEWED
    assert marks(world) == 0
    assert world.rows("SELECT * FROM qcontact_full_comparison") == []


def test_the_notes_that_are_sent_now_are_looked_for_once_among_all(world: World, linked: str):
    world.add_note(linked, "Ladder needed", "internal")
    world.run()
    world.run()
    assert (marks(world), world.notes_at(linked)) == (0, [])
    world.configure(internal_notes="send")
    world.run()
    assert world.notes_at(linked) == ["Ladder needed"]


# --- the application is not concerned


def test_the_application_needs_no_right_on_the_marks(world: World, linked: str):
    role = sql.Identifier(f"application_{linked}")
    with psycopg.connect(world.owner) as owner:
        owner.execute(sql.SQL("CREATE ROLE {}").format(role))
        owner.execute(sql.SQL("GRANT SELECT, UPDATE ON tickets TO {}").format(role))
        owner.execute(sql.SQL("SET ROLE {}").format(role))
        owner.execute("UPDATE tickets SET status = 'pending_qa'")
        owner.execute(sql.SQL("RESET ROLE; DROP OWNED BY {0}; DROP ROLE {0}").format(role))
    assert marks(world) == 1


@pytest.mark.parametrize(
    "broken",
    [
        "ALTER TABLE qcontact_change_mark ADD CHECK (false) NOT VALID",
        "ALTER TABLE qcontact_change_mark RENAME TO elsewhere",
    ],
)
def test_a_mark_that_cannot_be_written_does_not_concern_the_application(
    world: World, linked: str, broken: str
):
    world.execute(broken)
    world.set_local(linked, status="pending_qa")
    world.add_note(linked, "On my way")
    assert world.local(linked)["status"] == "pending_qa"


def test_writers_do_not_wait_for_each_other(world: World, linked: str):
    with psycopg.connect(world.owner) as one, psycopg.connect(world.owner) as other:
        ticket = world.local(linked)["id"]
        note = "INSERT INTO ticket_notes (ticket_id, note_type, content) VALUES (%s, 'client', 'x')"
        other.execute("SET lock_timeout = '100ms'")
        one.execute(note, [ticket])
        other.execute(note, [ticket])
    assert marks(world) == 2


# --- what becomes pending without a change here


def test_a_row_that_the_application_changes_as_it_is_created_goes_out_at_once(
    world: World, linked: str
):
    user = world.add_user("Thandi Mokoena")
    world.execute(
        "CREATE FUNCTION dispatch() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN NEW.assigned_to := '{user}'; RETURN NEW; END$$"
    )
    world.execute(
        "CREATE TRIGGER dispatch BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION dispatch()"
    )
    before = compared_at(world)
    created = world.add_ticket()
    world.run()
    assert world.remote(created)["assigned_to"] == "Thandi Mokoena"
    assert compared_at(world) == before


# --- what costs nothing, writes nothing


def test_a_dry_run_leaves_the_marks_alone(world: World, linked: str):
    world.set_local(linked, status="pending_qa")
    world.set_local(linked, status="in_progress")
    before = world.snapshot()
    world.run(dry_run=True)
    assert world.snapshot() == before
    assert marks(world) == 2


def test_more_marks_than_are_worth_reading_are_compared_with_all_tickets(world: World, linked: str):
    world.execute(
        "INSERT INTO qcontact_change_mark (ticket_id) SELECT gen_random_uuid() "
        "FROM generate_series(1, 20001)"
    )
    with psycopg.connect(world.database) as sync:
        params = {"public_notes": None, "internal_notes": None}
        found = sync.execute(statement("read_change_mark").encode(), params).fetchone()
        assert found is not None
        assert found[4] is None
    world.set_local(linked, status="pending_qa")
    world.run()
    assert status_there(world, linked) == REVIEWED
    world.run()
    assert marks(world) == 0


def test_a_view_is_refused_and_nothing_is_changed(world: World):
    remove_triggers(world.owner)
    world.execute("CREATE VIEW seen AS SELECT * FROM ticket_notes")
    with pytest.raises(CalledProcessError):
        add_triggers(world.owner, ticket_notes="seen")
    assert world.rows("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'qcontact%'") == []
