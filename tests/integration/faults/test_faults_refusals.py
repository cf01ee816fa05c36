"""FibreFlow's own triggers, rules and policies refuse or drop what the sync writes."""

import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from qcontact_sync.core.errors import FatalError
from qcontact_sync.fibreflow.migrate import SchemaMismatch

from tests.integration.sync_world import World
from tests.kept_connections import kept_connections as kept_connections

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TRIGGER = """
    CREATE OR REPLACE FUNCTION app_rule() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.title LIKE 'Poison%%' THEN
            {deed}
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER app_rule BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION app_rule();
"""
DROPPED = "FibreFlow's database dropped the change: a trigger, rule or row level security policy"


def add_trigger(world: World, deed: str, events: str = "INSERT OR UPDATE") -> None:
    world.execute(TRIGGER.format(deed=deed, events=events, table="tickets"))


def add_policies(world: World, *policies: str) -> None:
    """Row level security with these policies for the sync's role."""
    role = sql.Identifier(str(conninfo_to_dict(world.database)["user"])).as_string()
    world.execute("ALTER TABLE tickets ENABLE ROW LEVEL SECURITY")
    for number, policy in enumerate(policies):
        world.execute(f"CREATE POLICY p{number} ON tickets {policy.format(role=role)}")


def ids(world: World, table: str) -> set[str]:
    column = "external_id" if table == "tickets" else "remote_id"
    return {row[column] for row in world.rows(f"SELECT {column} FROM {table}")}


@pytest.fixture
def some(world: World) -> list[str]:
    return [world.add_ticket(title=f"No light {number}") for number in range(7)]


# --- dropped without an error


def test_an_insert_that_a_trigger_drops_costs_that_ticket_only(world: World, some):
    add_trigger(world, "RETURN NULL;")
    bad = world.add_ticket(title="Poison")
    result = world.run()
    stats = result.sync_result["inbound_stats"]
    assert (result.status, stats["created"], stats["failed"]) == ("partial", 7, 1)
    assert ids(world, "tickets") == ids(world, "qcontact_ticket_link") == set(some)
    entry = world.quarantine()[bad]
    assert (entry["error_code"], DROPPED in entry["error_message"]) == ("DATABASE_ERROR", True)
    assert entry["next_try_at"] is not None
    assert [row["status"] for row in world.audit(bad)] == ["failed"]


@pytest.mark.parametrize("deed", ["RETURN NULL;", "RETURN OLD;", "NEW.status := OLD.status;"])
def test_an_update_that_a_trigger_drops_is_no_change_of_fibreflows(world: World, some, deed):
    world.run()
    add_trigger(world, deed, "UPDATE")
    bad, good = some[0], some[1:]
    world.edit(bad, title="Poison", status="Resolved")
    world.edit(good, title="Edited", status="Resolved")
    first, second = world.run(), world.run()
    assert [first.status, second.status] == ["partial", "success"]
    assert world.patches() == []
    assert world.remote(bad)["status"] == "Resolved"
    assert DROPPED in world.quarantine()[bad]["error_message"]
    assert {world.local(i)["title"] for i in good} == {"Edited"}
    assert world.local(bad)["status"] == "open"
    world.execute("DROP TRIGGER app_rule ON tickets")
    world.make_due()
    assert world.run().status == "success"
    assert world.local(bad)["title"] == "Poison"
    assert world.quarantine() == {}


def test_an_audit_row_that_a_trigger_drops_costs_what_it_is_about(world: World, some):
    world.run()
    world.execute(
        TRIGGER.replace("NEW.title LIKE 'Poison%%'", "NEW.qcontact_ticket_id = '{bad}'").format(
            deed="RETURN NULL;", events="INSERT", table="qcontact_sync_log", bad=some[0]
        )
    )
    world.edit(some, title="Edited")
    world.run()
    assert world.local(some[0])["title"] == "No light 0"
    assert {world.local(i)["title"] for i in some[1:]} == {"Edited"}
    assert f"{DROPPED} of table qcontact_sync_log" in world.quarantine()[some[0]]["error_message"]


def test_a_failure_whose_audit_row_is_dropped_is_listed_and_the_log_says_so(
    world: World, some, caplog
):
    world.run()
    world.execute(
        TRIGGER.replace("NEW.title LIKE 'Poison%%'", "NEW.status = 'failed'")
        .replace("app_rule", "log_rule")
        .format(deed="RETURN NULL;", events="INSERT", table="qcontact_sync_log")
    )
    add_trigger(world, "RETURN NULL;", "UPDATE")
    world.edit(some[0], title="Poison")
    world.edit(some[1:], title="Edited")
    assert world.run().status == "partial"
    assert DROPPED in world.quarantine()[some[0]]["error_message"]
    assert [row["status"] for row in world.audit(some[0])] == ["success"]
    (line,) = [line for line in caplog.messages if line.startswith("audit.dropped")]
    assert "failures=1 rows=0" in line
    assert "table qcontact_sync_log" in line


REFUSED = "RAISE EXCEPTION 'no' USING ERRCODE = '45000';"


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_a_failure_whose_audit_row_is_refused_costs_that_ticket_only(
    world: World, some, caplog, direction
):
    world.run()
    world.execute(
        TRIGGER.replace(
            "NEW.title LIKE 'Poison%%'", f"NEW.qcontact_ticket_id = '{some[0]}'"
        ).format(deed=REFUSED, events="INSERT", table="qcontact_sync_log")
    )
    if direction == "inbound":
        world.edit(some, title="Edited")
    else:
        world.execute("UPDATE tickets SET status = 'in_progress'")
    result = world.run(sync_direction=direction)
    stats = result.sync_result[f"{direction}_stats"]
    assert (result.status, stats["successful"], stats["failed"]) == ("partial", 6, 1)
    assert set(world.quarantine()) == {some[0]}
    (line,) = [line for line in caplog.messages if line.startswith("audit.dropped")]
    assert "table qcontact_sync_log" in line


def test_a_run_is_settled_although_its_audit_row_is_refused(world: World, some, caplog):
    world.execute(
        TRIGGER.replace("NEW.title LIKE 'Poison%%'", "NEW.sync_type = 'full_sync'").format(
            deed=REFUSED, events="INSERT", table="qcontact_sync_log"
        )
    )
    assert world.run().status == "success"
    assert [row["status"] for row in world.history()] == ["success"]
    assert any(line.startswith("audit.refused") for line in caplog.messages)


@pytest.mark.parametrize("event", ["INSERT", "UPDATE"])
def test_a_run_whose_record_is_dropped_names_the_table(world: World, some, event):
    world.execute(
        TRIGGER.replace("NEW.title LIKE 'Poison%%'", "true").format(
            deed="RETURN NULL;", events=event, table="sync_job_history"
        )
    )
    with pytest.raises(FatalError, match="table sync_job_history") as raised:
        world.run()
    assert raised.value.code == "DATABASE_ERROR"
    assert ids(world, "tickets") == (set() if event == "INSERT" else set(some))


def test_base_stays_when_a_trigger_drops_values_from_an_answer(world: World, some):
    world.run()
    bad, good = some[0], some[1]
    add_trigger(world, "RETURN NULL;", "UPDATE")
    for remote_id, title in ((bad, "Poison"), (good, "Edited")):
        world.set_local(remote_id, status="in_progress")
        world.edit(remote_id, title=title)
    base = "SELECT base_status_local FROM qcontact_ticket_link WHERE remote_id = %s"
    world.run(sync_direction="outbound")
    assert {ticket for ticket, _ in world.patches()} == {bad, good}
    assert (world.value(base, bad), world.value(base, good)) == ("open", "in_progress")
    entry = world.quarantine()[bad]
    assert (entry["direction"], DROPPED in entry["error_message"]) == ("outbound", True)


def test_a_row_that_a_policy_hides_is_neither_deleted_nor_changed(world: World, some):
    world.run()
    bad, good = some[0], some[1:]
    add_policies(world, f"TO {{role}} USING (external_id IS DISTINCT FROM '{bad}')")
    world.edit(some, status="Resolved")
    first, second = world.run(), world.run()
    assert [first.status, second.status] == ["partial", "success"]
    assert world.patches() == []
    entry = world.quarantine()[bad]
    assert "row level security policy" in entry["error_message"]
    assert world.local(bad)["status"] == "open"
    assert {world.local(i)["status"] for i in good} == {"resolved"}
    world.execute("ALTER TABLE tickets DISABLE ROW LEVEL SECURITY")
    world.make_due()
    world.run()
    assert world.local(bad)["status"] == "resolved"


def test_a_row_that_a_policy_shows_and_does_not_let_change_is_not_sent(world: World, some):
    world.run()
    bad = some[0]
    add_policies(
        world,
        "FOR SELECT TO {role} USING (true)",
        "FOR INSERT TO {role} WITH CHECK (true)",
        f"FOR UPDATE TO {{role}} USING (external_id IS DISTINCT FROM '{bad}')",
    )
    world.edit(bad, status="Resolved")
    world.set_local(some[1], status="in_progress")
    world.run()
    assert {ticket for ticket, _ in world.patches()} == {some[1]}
    assert "row level security policy" in world.quarantine()[bad]["error_message"]


# --- refused with an error of their own

ERRORS = {
    "class 45": "RAISE EXCEPTION 'no' USING ERRCODE = '45000';",
    "PT": "RAISE EXCEPTION 'no' USING ERRCODE = 'PT409';",
    "own code": "RAISE EXCEPTION 'no' USING ERRCODE = 'ZZ001';",
    "no privilege": "RAISE EXCEPTION 'no' USING ERRCODE = '42501';",
    "not ready": "RAISE EXCEPTION 'no' USING ERRCODE = '55000';",
    "a column that is gone": "PERFORM no_such_column FROM users;",
    "a table that is gone": "PERFORM 1 FROM no_such_table;",
    "a function that is gone": "PERFORM no_such_function();",
    "a cardinality": "PERFORM (SELECT n FROM generate_series(1, 2) AS n);",
    "a schema that is gone": "PERFORM gone_schema.f();",
    "an optimistic lock": "RAISE EXCEPTION 'no' USING ERRCODE = '40001';",
    "a foreign server": "RAISE EXCEPTION 'no' USING ERRCODE = '08001';",
    "a limit": "RAISE EXCEPTION 'no' USING ERRCODE = '53400';",
    "a library that is gone": "RAISE EXCEPTION 'no' USING ERRCODE = '58P01';",
    "a defect": "RAISE EXCEPTION 'no' USING ERRCODE = 'XX000';",
}


@pytest.mark.parametrize("deed", ERRORS.values(), ids=ERRORS)
def test_an_error_of_the_apps_own_trigger_costs_that_ticket_only(world: World, some, deed):
    add_trigger(world, deed)
    bad = [world.add_ticket(title=f"Poison {number}") for number in range(2)]
    first = world.run()
    stats = first.sync_result["inbound_stats"]
    assert (first.status, stats["created"], stats["failed"]) == ("partial", 7, 2)
    assert set(world.quarantine()) == set(bad)
    entry = world.quarantine()[bad[0]]
    assert "raised for this row" in entry["error_message"]
    assert not {"migrate", "search_path"}.intersection(entry["error_message"].split())
    assert world.cursor() is not None


def test_an_error_of_a_deferred_trigger_costs_that_ticket_only(world: World, some):
    world.execute(
        TRIGGER.format(deed=ERRORS["class 45"], events="INSERT", table="tickets")
        .replace("CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER")
        .replace("BEFORE INSERT ON tickets", "AFTER INSERT ON tickets INITIALLY DEFERRED")
    )
    bad = world.add_ticket(title="Poison")
    result = world.run()
    assert (result.status, ids(world, "tickets")) == ("partial", set(some))
    assert set(world.quarantine()) == {bad}


def test_a_row_that_a_policy_refuses_costs_that_ticket_only(world: World, some):
    add_policies(world, "TO {role} USING (true) WITH CHECK (title <> 'Poison')")
    bad = world.add_ticket(title="Poison")
    result = world.run()
    assert (result.status, ids(world, "tickets")) == ("partial", set(some))
    assert set(world.quarantine()) == {bad}


@pytest.mark.parametrize("kind", ["class 45", "an optimistic lock", "a foreign server"])
def test_an_error_of_the_apps_own_trigger_where_an_answer_is_settled_costs_that_ticket_only(
    world: World, some, kind
):
    world.run()
    add_trigger(world, ERRORS[kind], "UPDATE")
    for remote_id in some:
        world.set_local(remote_id, status="in_progress")
    world.edit(some[0], title="Poison")
    world.edit(some[1:], title="Edited")
    result = world.run(sync_direction="outbound")
    stats = result.sync_result["outbound_stats"]
    assert (result.status, stats["successful"], stats["failed"]) == ("partial", 6, 1)
    assert set(world.quarantine()) == {some[0]}


def test_a_trigger_that_breaks_on_every_row_stops_the_run(world: World, some):
    for _ in range(40):
        world.add_ticket(title="Poison too")
    add_trigger(world, ERRORS["a column that is gone"].replace("PERFORM", "PERFORM /* all */"))
    world.edit(some, title="Poison")
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "DATABASE_ERROR")
    assert len(world.quarantine()) < 5
    assert world.cursor() is None


def break_schema(world: World, breakage: str) -> None:
    role = sql.Identifier(str(conninfo_to_dict(world.database)["user"])).as_string()
    world.execute(breakage.format(role=role))


@pytest.mark.parametrize(
    ("breakage", "reason"),
    [
        ("REVOKE INSERT ON tickets FROM {role}", "doctor"),
        ("ALTER TABLE qcontact_ticket_link RENAME COLUMN base_remote TO base", "migrate"),
    ],
)
def test_an_error_of_our_own_statement_stops_the_run(world: World, breakage: str, reason: str):
    world.add_ticket()
    break_schema(world, breakage)
    result = world.run()
    assert (result.status, result.error_code) == ("failed", "DATABASE_ERROR")
    assert reason in result.error_message
    assert world.quarantine() == {}
    assert world.cursor() is None


@pytest.mark.parametrize(
    ("breakage", "reason"),
    [
        (
            "ALTER TABLE tickets RENAME COLUMN pon_number TO pon",
            "tickets has no column pon_number: see `qcontact-sync doctor`",
        ),
        (
            "ALTER TABLE qcontact_sync_log RENAME COLUMN request_payload TO request",
            "qcontact_sync_log has no column request_payload: see `qcontact-sync doctor`",
        ),
    ],
)
def test_a_column_that_is_not_there_lets_no_run_begin(world: World, breakage: str, reason: str):
    world.add_ticket()
    break_schema(world, breakage)
    with pytest.raises(SchemaMismatch) as refused:
        world.run()
    assert (refused.value.code, reason in str(refused.value)) == ("DATABASE_ERROR", True)
    assert world.rows("SELECT FROM sync_job_history") == []
    assert world.cursor() is None
