"""What the lineage "maintenance" has of its own, with its shipped rules and an operator's file."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.jobs import examine, get_sync_job_history
from qcontact_sync.services.checks import Check

from sandbox.running import run_sandbox
from tests.copies import Copies
from tests.integration.lineage import maintenance
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.pooler import pooled
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

SYNC_USER = "00000000-0000-4000-8000-000000000001"
ROW = "SELECT * FROM maintenance_tickets WHERE external_id = %s"


@pytest.fixture(scope="session")
def own_template(pg_server: str, roles: SyncRoles) -> Iterator[str]:
    with maintenance.template(pg_server, roles, "own_words.toml") as name:
        yield name


@pytest.fixture
def maintenance_db(
    copies: Copies, own_template: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    maintenance.use("own_words.toml", monkeypatch)
    with copies.copy(own_template) as dsn:
        yield dsn


def doctor(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Check]:
    """What it says of the database, without Airflow."""
    monkeypatch.setenv("DATABASE_URL", world.database)
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    return {check.name: check for check in examine()}


def row(world: World, remote_id: str) -> dict:
    (found,) = world.rows(ROW, remote_id)
    return found


def test_a_case_becomes_a_row_of_the_applications(tenant: World) -> None:
    world = tenant
    remote_id = world.add_ticket(
        status="Solved", title="No light FT499061", category="installation", description="Red lamp"
    )
    assert world.run().status == "success"
    made = row(world, remote_id)
    day = made["created_at"].strftime("%Y%m%d")
    assert made["ticket_uid"] == f"VF-{day}-001"
    assert (made["type"], made["ticket_category"]) == ("activations", "new_installation")
    assert (made["status"], made["resolved_at"] is not None) == ("resolved", True)
    assert str(made["created_by"]) == SYNC_USER
    assert made["original_logged_date"] == made["created_at"].date()


def test_the_reference_is_the_title_and_a_title_that_is_there_stays(tenant: World) -> None:
    world = tenant
    new = world.add_ticket(status="Open", title="No light")
    adopted = world.add_ticket(status="Open", title="No light")
    world.add_local(adopted, status="open", title="Called by the app")
    world.run()
    world.edit(adopted, title="Renamed there")
    world.run()
    assert row(world, new)["title"].startswith("FT")
    assert row(world, adopted)["title"] == "Called by the app"


def test_customers_data_reaches_the_columns_that_the_file_names(world: World) -> None:
    remote_id = world.add_ticket(
        status="Open", customer_name="Ann Example", customer_phone="+27 21 555 0100"
    )
    world.run()
    made = row(world, remote_id)
    assert (made["client_name"], made["client_contact"]) == ("Ann Example", "+27 21 555 0100")
    assert "555" not in str(world.audit(remote_id))


def test_coordinates_are_text_and_keep_their_spelling(world: World) -> None:
    remote_id = world.add_ticket(status="Open", custom_fields={"gps_coordinates": "-26.2,28.04"})
    world.run()
    assert row(world, remote_id)["gps_coordinates"] == "-26.2,28.04"
    spelled = "UPDATE maintenance_tickets SET gps_coordinates = '-26.20, 28.040'"
    world.execute(spelled)
    world.edit(remote_id, address="12 Main Road")
    world.run()
    changed = row(world, remote_id)
    assert (changed["gps_coordinates"], changed["address"]) == ("-26.20, 28.040", "12 Main Road")


def test_the_applications_counter_is_shared(world: World) -> None:
    world.wait_for_noon()
    first = world.add_ticket(status="Open")
    world.run()
    made = row(world, first)
    world.execute("UPDATE maintenance_ticket_sequences SET last_sequence = last_sequence + 5")
    second = world.add_ticket(status="Open")
    world.run()
    assert (made["ticket_uid"][-3:], row(world, second)["ticket_uid"][-3:]) == ("001", "007")


def test_a_number_that_is_taken_is_left_out(world: World) -> None:
    world.wait_for_noon()
    day = world.remote_now().strftime("%Y%m%d")
    world.add_local(None, source="ad_hoc", ticket_uid=f"VF-{day}-001")
    remote_id = world.add_ticket(status="Open")
    world.run()
    assert row(world, remote_id)["ticket_uid"] == f"VF-{day}-002"


def test_closed_is_folded_into_resolved_and_verified_ends_a_ticket(world: World) -> None:
    closed, verified = (world.add_ticket(status=s) for s in ("Closed", "Solved"))
    world.run()
    world.execute(
        "UPDATE maintenance_tickets SET status = 'verified' WHERE external_id = %s", verified
    )
    world.run()
    assert row(world, closed)["status"] == "resolved"
    assert row(world, verified)["status"] == "verified"
    assert world.sent() == []


def test_old_words_of_adopted_rows_stay_and_nothing_is_sent(world: World) -> None:
    remote_id = world.add_ticket(status="Open")
    world.execute(
        "ALTER TABLE maintenance_tickets DROP CONSTRAINT maintenance_tickets_status_check"
    )
    world.add_local(remote_id, status="triaged")
    assert world.run().status == "success"
    assert row(world, remote_id)["status"] == "triaged"
    assert (world.sent(), world.conflicts()) == ([], [])


def test_a_row_whose_word_is_refused_today_is_linked_and_fails_where_it_would_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {"status": "Open", "category": "maintenance"}
    same = world.add_ticket(**shown)
    written = world.add_ticket(**shown, address="12 Main Road")
    table = "ALTER TABLE maintenance_tickets "
    world.execute(table + "RENAME CONSTRAINT maintenance_tickets_status_check TO today")
    (check,) = world.rows(
        "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = 'today'"
    )
    world.execute(table + "DROP CONSTRAINT today")
    for remote_id in (same, written):
        world.add_local(remote_id, status="triaged")
    world.execute("UPDATE maintenance_tickets SET category = 'maintenance'")
    world.execute(table + f"ADD CONSTRAINT today {check['text']}")
    warned = doctor(world, monkeypatch)["old words"]
    assert (warned.state, "triaged (status, 2)" in warned.found) == ("warning", True)
    world.run()
    (entry,) = world.quarantine().values()
    assert (entry["remote_id"], "constraint today" in entry["error_message"]) == (written, True)
    assert [link["remote_id"] for link in world.rows("SELECT * FROM qcontact_ticket_link")] == [
        same
    ]


def test_the_applications_history_is_written_by_its_trigger(world: World) -> None:
    remote_id = world.add_ticket(status="Open")
    world.run()
    world.edit(remote_id, status="In Progress")
    world.run()
    moves = world.rows("SELECT old_status, new_status FROM maintenance_ticket_history")
    assert [tuple(move.values()) for move in moves] == [("open", "in_progress")]


def test_what_the_application_pushed_itself_is_agreed_on_and_not_sent_again(world: World) -> None:
    """It writes to both sides: QContact's change is to what FibreFlow holds."""
    remote_id = world.add_ticket(status="Open")
    world.run()
    world.set_local(remote_id, status="resolved")
    world.edit(remote_id, status="Solved")
    assert world.run().status == "success"
    assert (row(world, remote_id)["status"], world.remote(remote_id)["status"]) == (
        "resolved",
        "Solved",
    )
    assert (world.sent(), world.conflicts()) == ([], [])
    world.run()
    assert world.sent() == []


def test_notes_leave_by_visibility_and_a_word_for_their_type_counts_first(
    world: World, tmp_path: Path
) -> None:
    own = (maintenance.HERE / "own_words.toml").read_text()
    path = tmp_path / "mapping.toml"
    path.write_text(f'{own}[notes]\nprivate = "internal"\nclient = "keep"\n')
    world.configure(mapping_file=str(path))
    remote_id = world.add_ticket(status="Open")
    world.run()
    for note_type, visibility in itertools.product(
        ("internal", "client", "system"), ("public", "private")
    ):
        world.execute(
            "INSERT INTO maintenance_notes (ticket_id, note_type, visibility, content)"
            " SELECT id, %s, %s, %s FROM maintenance_tickets",
            note_type,
            visibility,
            f"{note_type} {visibility}",
        )
    assert world.run().status == "success"
    arrived = {n["content"]: n["is_internal"] for n in world.qcontact.notes(remote_id)}
    assert arrived == {"internal public": False, "internal private": True}


def test_runs_are_read_with_their_zone(world: World) -> None:
    run = world.run()
    (known,) = get_sync_job_history(fibreflow=world.fibreflow_access)
    assert known.started_at == run.started_at
    assert known.started_at.utcoffset() is not None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            "ALTER TABLE maintenance_tickets ADD COLUMN branch text NOT NULL DEFAULT 'x';"
            " ALTER TABLE maintenance_tickets ALTER COLUMN branch DROP DEFAULT",
            "column branch",
        ),
        (
            "ALTER TABLE maintenance_tickets ADD CONSTRAINT branch_check"
            " CHECK (title <> 'refused' AND description IS DISTINCT FROM 'refused') NOT VALID",
            "constraint branch_check",
        ),
        (
            "ALTER TABLE maintenance_tickets DROP CONSTRAINT maintenance_tickets_status_check,"
            " ADD CONSTRAINT words_check CHECK (status IN ('open', 'in_progress', 'cancelled'))",
            "constraint words_check",
        ),
        (
            "CREATE FUNCTION branch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.description = 'refused' THEN RAISE 'branch'; END IF; RETURN NEW; END $$;"
            " CREATE TRIGGER branch BEFORE INSERT ON maintenance_tickets"
            " FOR EACH ROW EXECUTE FUNCTION branch()",
            "function eyes.branch",
        ),
    ],
    ids=["column", "check", "words", "trigger"],
)
def test_a_later_change_of_the_schema_fails_the_tickets_it_concerns(
    world: World, change: str, named: str
) -> None:
    known = world.add_ticket(status="Open")
    world.run()
    world.execute(change)
    refused = world.add_ticket(status="Solved", description="refused")
    world.edit(known, status="In Progress")
    ended = world.run()
    assert ended.status == "partial"
    (entry,) = world.quarantine().values()
    assert (entry["remote_id"], entry["error_code"]) == (refused, "DATABASE_ERROR")
    assert named in entry["error_message"]
    assert row(world, known)["status"] == "in_progress"
    world.make_due()
    assert world.run().status == "success"


def test_words_that_a_constraint_never_took_are_refused_before_the_first_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.execute(
        "ALTER TABLE maintenance_tickets DROP CONSTRAINT maintenance_tickets_status_check,"
        " ADD CONSTRAINT words_check CHECK (status IN ('open', 'in_progress', 'cancelled'))"
    )
    world.add_ticket(status="Open")
    with pytest.raises(ConfigError, match="refuses assigned, pending_qa, qa_approved, resolved"):
        world.run()
    tables = doctor(world, monkeypatch)["tables"]
    assert tables.state == "failed"
    assert "refuses assigned, pending_qa, qa_approved, resolved" in tables.found


def test_a_column_that_is_gone_stops_the_run_by_name(world: World) -> None:
    world.execute("ALTER TABLE maintenance_tickets DROP COLUMN pon CASCADE")
    with pytest.raises(Exception, match="maintenance_tickets has no column pon"):
        world.run()


def test_doctor_lists_what_is_adapted_and_the_line_that_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = doctor(world, monkeypatch)
    assert checks["rights"].state == "ok"
    assert "maintenance_tickets.ticket_category holds the mapping's ticket_type" in (
        checks["tables adapted"].found
    )
    assert checks["tables"].state == "ok"
    monkeypatch.delenv("QCONTACT_SYNC_MAPPING_FILE")
    tables = doctor(world, monkeypatch)["tables"]
    assert "maintenance_tickets.created_by must be filled" in tables.found
    assert '[constants] created_by = "..."' in str(tables.advice)


@pytest.mark.pooler
@pytest.mark.new_connections
def test_a_real_pooler_may_stand_between(maintenance_db: str) -> None:
    with (
        pooled(maintenance_db) as through,
        run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox,
    ):
        world = World(sandbox, through, through)
        remote_id = world.add_ticket(status="Open")
        assert world.run().status == "success"
        world.execute("UPDATE maintenance_tickets SET status = 'resolved'")
        world.execute(
            "INSERT INTO maintenance_notes (ticket_id, visibility, content)"
            " SELECT id, 'public', 'We are on our way' FROM maintenance_tickets"
        )
        assert world.run().status == "success"
        assert world.patches() == [(remote_id, {"status": "solved"})]
        assert world.notes_at(remote_id) == ["We are on our way"]
