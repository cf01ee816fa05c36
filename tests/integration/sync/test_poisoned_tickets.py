"""A ticket that cannot pass is alone: counted, quarantined, and all others arrive."""

import pytest

from tests.integration.sync_world import BETWEEN_RUNS_S, World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

REFUSE_TITLE = """
    ALTER TABLE {tickets} ADD CONSTRAINT no_poison CHECK (title <> 'Poison')
"""
REFUSE_BY_TRIGGER = """
    CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.title = 'Poison' THEN
            RAISE EXCEPTION 'the app does not take %', NEW.title;
        END IF;
        RETURN NEW;
    END
    $$;
    CREATE TRIGGER refuse_poison BEFORE INSERT OR UPDATE ON {tickets}
    FOR EACH ROW EXECUTE FUNCTION refuse_poison();
"""


@pytest.mark.parametrize(
    "broken",
    [{"title": None}, {"title": ""}, {"title": 7}, {"remove": ["title"]}],
    ids=["null-title", "empty-title", "number-title", "no-title"],
)
def test_a_malformed_ticket_is_counted_and_quarantined_and_the_others_arrive(world, broken):
    good, bad = world.add_ticket(), world.add_ticket()
    world.edit(bad, **broken)

    result = world.run()

    stats = result.sync_result["inbound_stats"]
    entry = world.quarantine()[bad]
    assert (result.status, stats["created"], stats["failed"]) == ("partial", 1, 1)
    assert world.local(good)
    assert (entry["direction"], entry["error_code"]) == ("inbound", "VALIDATION_ERROR")
    assert entry["next_try_at"] is None
    (error,) = result.sync_result["errors"]
    assert (error["qcontact_ticket_id"], error["error_code"], error["recoverable"]) == (
        bad,
        "VALIDATION_ERROR",
        False,
    )


def test_a_failed_ticket_has_no_run_summary_among_its_audit_rows(world: World):
    """`full_sync` is one row per run and direction, and nothing else."""
    bad = world.add_ticket()
    world.edit(bad, title=None)
    world.run()
    rows = world.rows("SELECT * FROM qcontact_sync_log WHERE sync_type = 'full_sync'")
    assert sorted(row["sync_direction"] for row in rows) == ["inbound", "outbound"]
    assert len(world.audit(bad)) == 1


@pytest.mark.parametrize(("good", "status"), [(0, "failed"), (1, "partial")])
def test_summary_row_has_the_same_status_as_a_run_with_the_same_counts(
    world: World, good: int, status: str
):
    world.edit(world.add_ticket(), title=None)
    for _ in range(good):
        world.add_ticket()
    assert world.run(sync_direction="inbound").status == status
    rows = world.rows("SELECT status FROM qcontact_sync_log WHERE sync_type = 'full_sync'")
    assert [row["status"] for row in rows] == [status]


def test_a_malformed_ticket_that_is_mended_arrives_and_leaves_the_quarantine(world: World):
    bad = world.add_ticket()
    world.edit(bad, title=None)
    world.run()
    world.edit(bad, title="Mended")
    result = world.run()
    assert world.local(bad)["title"] == "Mended"
    assert world.quarantine() == {}
    assert result.status == "success"


def test_a_malformed_ticket_seen_again_decides_nothing(world: World):
    world.configure(overlap_s=2 * BETWEEN_RUNS_S)
    bad = world.add_ticket()
    world.edit(bad, title=None)
    world.run()
    result = world.run()
    assert result.status == "success"
    assert result.sync_result["inbound_stats"]["failed_again"] == 1
    assert world.quarantine()[bad]["attempts"] == 2


def test_tickets_without_an_id_do_not_keep_the_list_from_being_read(world: World):
    good = world.add_ticket()
    nameless = [world.add_ticket() for _ in range(3)]
    world.edit(nameless, remove=["id"])
    result = world.run()
    assert world.local(good)
    assert result.status == "partial"
    assert result.error_code is None
    assert world.cursor() is not None


def test_each_ticket_without_an_id_is_a_failure(world: World):
    good, *nameless = [world.add_ticket() for _ in range(4)]
    world.edit(nameless, remove=["id"])
    world.configure(overlap_s=2 * BETWEEN_RUNS_S)
    stats = world.run().sync_result["inbound_stats"]
    assert world.local(good)
    assert (stats["failed"], stats["total_processed"]) == (3, 4)
    assert len(world.quarantine()) == 3
    stats = world.run().sync_result["inbound_stats"]
    assert (stats["failed"], stats["failed_again"]) == (0, 3)


def test_a_ticket_that_is_listed_twice_does_not_keep_the_list_from_being_read(world: World):
    good, twin, other = world.add_ticket(), world.add_ticket(), world.add_ticket()
    world.edit(other, id=twin, title="The same ticket once more")
    result = world.run()
    assert result.status == "success"
    assert world.local(good)
    assert world.value("SELECT count(*) FROM tickets") == 2


@pytest.mark.parametrize("refusal", [REFUSE_TITLE, REFUSE_BY_TRIGGER], ids=["check", "trigger"])
def test_a_row_that_the_database_refuses_costs_that_ticket_only(seeded_world: World, refusal):
    world = seeded_world
    world.change_table(refusal)
    bad = "21924300123"
    world.edit(bad, title="Poison")

    result = world.run()

    stats = result.sync_result["inbound_stats"]
    entry = world.quarantine()[bad]
    assert (stats["created"], stats["failed"], stats["total_processed"]) == (299, 1, 300)
    assert result.status == "partial"
    assert entry["error_code"] == "DATABASE_ERROR"
    assert "Poison" not in entry["error_message"]
    assert entry["next_try_at"] is not None
    assert list(world.quarantine()) == [bad]


def test_a_refused_ticket_is_tried_again_when_due_and_counted_apart(world: World):
    world.change_table(REFUSE_TITLE)
    bad = world.add_ticket(title="Poison")
    world.run()
    world.pass_time(3600)
    assert world.run().sync_result["inbound_stats"]["total_processed"] == 0
    world.make_due()
    again = world.run()
    assert again.status == "success"
    assert again.sync_result["inbound_stats"]["failed_again"] == 1
    world.change_table("ALTER TABLE {tickets} DROP CONSTRAINT no_poison")
    world.make_due()
    passed = world.run()
    assert passed.sync_result["inbound_stats"]["created"] == 1
    assert world.local(bad)
    assert world.quarantine() == {}


def test_a_due_ticket_that_qcontact_cannot_show_does_not_hold_up_the_others(world: World):
    world.change_table(REFUSE_TITLE)
    bad = world.add_ticket(title="Poison")
    world.run()
    world.make_due()
    good = world.add_ticket()
    world.qcontact.faults.add(do="answer", status=500, method="GET", ticket_id=bad, times="forever")
    result = world.run()
    assert world.local(good)
    assert bad in world.quarantine()
    assert result.sync_result["inbound_stats"]["error_code"] is None


def test_a_ticket_that_is_gone_when_its_retry_is_due_waits_for_a_change(world: World):
    world.change_table(REFUSE_TITLE)
    bad = world.add_ticket(title="Poison")
    world.run()
    world.make_due()
    world.qcontact.delete(bad)
    world.run()
    entry = world.quarantine()[bad]
    assert (entry["error_code"], entry["next_try_at"]) == ("NOT_FOUND", None)


def test_what_cannot_go_out_does_not_keep_qcontacts_edits_from_coming_in(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.set_local(remote_id, assigned_to=world.add_user(None))
    world.edit(remote_id, title="Edited")
    world.run()
    assert world.local(remote_id)["title"] == "Edited"


def test_a_ticket_is_given_up_after_eight_tries_until_it_changes(world: World):
    world.change_table(REFUSE_TITLE)
    bad = world.add_ticket(title="Poison")
    world.run()
    world.execute("UPDATE qcontact_quarantine SET attempts = 7")
    world.make_due()
    world.run()
    entry = world.quarantine()[bad]
    assert (entry["attempts"], entry["next_try_at"] is None) == (8, False)
    world.make_due()
    world.run()
    entry = world.quarantine()[bad]
    assert (entry["attempts"], entry["next_try_at"]) == (9, None)
    world.edit(bad, description="Changed")
    world.run()
    entry = world.quarantine()[bad]
    assert (entry["attempts"], entry["next_try_at"] is None) == (1, False)


def test_a_dated_run_retries_nothing_that_is_due(world: World):
    world.change_table(REFUSE_TITLE)
    bad = world.add_ticket(title="Poison")
    world.run()
    world.make_due()
    entry = world.quarantine()[bad]
    world.run(start_date="2000-01-01T00:00:00Z", end_date="2000-01-02T00:00:00Z")
    assert world.quarantine()[bad] == entry


def test_a_ticket_that_breaks_the_code_is_alone_and_on_record(world: World):
    good, bad = world.add_ticket(), world.add_ticket()
    world.run()
    world.execute("UPDATE qcontact_ticket_link SET base_remote = '[]' WHERE remote_id = %s", bad)
    world.edit([good, bad], title="Edited")
    result = world.run()
    assert world.local(good)["title"] == "Edited"
    assert world.quarantine()[bad]["error_message"] == "unexpected AttributeError"
    assert result.status == "partial"


def test_an_id_forges_no_line_of_the_log(world: World, caplog: pytest.LogCaptureFixture):
    """Inside Airflow the log is not ours to format."""
    caplog.set_level("DEBUG")
    bad, good = (world.qcontact.add(ticket_id=f"{n}\nERROR\x1b[2J", title="x") for n in range(2))
    world.edit(bad, title=None)
    world.run()
    assert world.local(good)
    own = [r.getMessage() for r in caplog.records if r.name.startswith("qcontact_sync")]
    assert any("?ERROR?[2J" in line for line in own)
    assert not any("\n" in line or "\x1b" in line for line in own)
