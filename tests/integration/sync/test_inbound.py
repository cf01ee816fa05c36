"""From QContact into FibreFlow: what is created, updated, left alone and put on record."""

import json
import uuid

import pytest

from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

CUSTOMER = {
    "customer_name": "Nomsa Fiktief",
    "customer_phone": "+27 00 123 4567",
    "customer_email": "nomsa@example.test",
}


def counts(result, direction="inbound"):
    stats = result.sync_result[f"{direction}_stats"]
    return {
        name: stats[name]
        for name in ("total_processed", "successful", "failed", "skipped", "created", "updated")
    }


def all_counts(**given):
    names = ("total_processed", "successful", "failed", "skipped", "created", "updated")
    return {**dict.fromkeys(names, 0), **given}


# --- create


def test_a_new_ticket_becomes_a_row(world: World):
    project = str(uuid.uuid4())
    remote_id = world.add_ticket(
        title="ONT shows red light",
        description="Since\r\nyesterday  ",
        status="In Progress",
        priority="HIGH",
        category="incident",
        address="1 Protea Street",
        custom_fields={
            "dr_number": "DR1700001",
            "pole_number": "LAW.P.A001",
            "pon_number": 17,
            "project_id": project,
            "zone_id": None,
            "gps_coordinates": "-26.383,27.806",
            "ont_serial": "ALCLB1",
        },
    )

    result = world.run()

    row = world.local(remote_id)
    assert counts(result) == all_counts(total_processed=1, successful=1, created=1)
    assert result.status == "success"
    assert {name: row[name] for name in ("source", "title", "description", "status")} == {
        "source": "qcontact",
        "title": "ONT shows red light",
        "description": "Since\nyesterday",
        "status": "in_progress",
    }
    assert (row["priority"], row["ticket_type"], row["address"]) == (
        "high",
        "incident",
        "1 Protea Street",
    )
    assert (row["dr_number"], row["pole_number"], row["pon_number"], row["ont_serial"]) == (
        "DR1700001",
        "LAW.P.A001",
        "17",
        "ALCLB1",
    )
    assert (str(row["project_id"]), row["zone_id"]) == (project, None)
    assert row["gps_coordinates"] == "(27.806,-26.383)"
    assert row["closed_at"] is None


def test_the_assignee_is_found_by_full_name(world: World):
    user = world.add_user("Lerato Khumalo")
    remote_id = world.add_ticket(status="Assigned", assigned_to="Lerato Khumalo")
    world.run()
    assert world.local(remote_id)["assigned_to"] == user


@pytest.mark.parametrize("names", [(), ("Lerato Khumalo", "Lerato Khumalo")], ids=["none", "two"])
def test_a_name_without_exactly_one_user_assigns_nobody_and_is_never_sent_back(world, names):
    for name in names:
        world.add_user(name)
    remote_id = world.add_ticket(status="Assigned", assigned_to="Lerato Khumalo")
    world.run()
    world.run()
    assert world.local(remote_id)["assigned_to"] is None
    assert world.sent() == []


@pytest.mark.parametrize("status", ["Solved", "closed", "Unsolved - No Response"])
def test_an_ended_ticket_gets_its_closing_time(world, status):
    remote_id = world.add_ticket(status=status)
    world.run()
    assert world.local(remote_id)["closed_at"] is not None


def test_an_unknown_status_opens_a_new_ticket_and_is_named_on_its_audit_row(world: World):
    remote_id = world.add_ticket(status="Parked")
    result = world.run()
    (audit,) = world.audit(remote_id)
    assert world.local(remote_id)["status"] == "open"
    assert (audit["sync_type"], audit["status"]) == ("create", "partial")
    assert "status" in audit["error_message"]
    assert result.status == "success"
    assert result.sync_result["inbound_stats"]["partial"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gps_coordinates", "see map"),
        ("gps_coordinates", "95.0,12.0"),
        ("project_id", "the big one"),
        ("zone_id", "Lawley-02"),
    ],
)
def test_a_custom_field_that_does_not_fit_is_named_and_costs_nothing_else(world, field, value):
    remote_id = world.add_ticket(custom_fields={field: value, "dr_number": "DR1700001"})
    result = world.run()
    (audit,) = world.audit(remote_id)
    assert world.local(remote_id)[field] is None
    assert world.local(remote_id)["dr_number"] == "DR1700001"
    assert field in audit["error_message"]
    assert value not in audit["error_message"]
    assert result.status == "success"


def test_long_text_is_cut_to_its_column_and_marked(world: World):
    remote_id = world.add_ticket(title="x" * 400, custom_fields={"dr_number": "D" * 60})
    world.run()
    row = world.local(remote_id)
    assert (len(row["title"]), len(row["dr_number"])) == (255, 50)
    assert row["title"].endswith("…")
    assert "title" in world.audit(remote_id)[0]["error_message"]


def test_what_postgresql_cannot_store_is_dropped_and_said(world: World):
    remote_id = world.add_ticket(title="No\u0000 light", description="\u0000")
    world.run()
    row = world.local(remote_id)
    assert (row["title"], row["description"]) == ("No light", None)
    assert world.audit(remote_id)[0]["status"] == "partial"


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE tickets; --", "{{ ds }} %s %(x)s", "a\\u0000b", "\u202eright to left 🙏", "\\"],
)
def test_text_is_stored_as_text(world, text):
    remote_id = world.add_ticket(title=text, description=text)
    world.run()
    row = world.local(remote_id)
    assert (row["title"], row["description"]) == (text, text)


# --- update and skip


def test_an_edit_of_the_call_centre_arrives(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.edit(remote_id, title="Still no light", priority="urgent", status="Escalated")

    result = world.run()

    row = world.local(remote_id)
    assert (row["title"], row["priority"], row["status"]) == (
        "Still no light",
        "urgent",
        "in_progress",
    )
    assert counts(result) == all_counts(total_processed=1, successful=1, updated=1)


def test_an_unchanged_ticket_writes_nothing_and_counts_as_skipped(seeded_world: World):
    seeded_world.run()
    before = seeded_world.tickets_snapshot()
    links = seeded_world.rows("SELECT xmin::text, * FROM qcontact_ticket_link ORDER BY remote_id")
    audit = len(seeded_world.audit())

    result = seeded_world.run(start_date="2000-01-01T00:00:00Z")

    assert counts(result) == all_counts(total_processed=300, skipped=300)
    assert seeded_world.tickets_snapshot() == before
    assert (
        seeded_world.rows("SELECT xmin::text, * FROM qcontact_ticket_link ORDER BY remote_id")
        == links
    )
    assert len(seeded_world.audit()) == audit
    assert seeded_world.sent() == []


def test_a_touched_ticket_with_the_same_values_writes_nothing(world: World):
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    before = world.tickets_snapshot()
    world.edit(remote_id, status="in_progress", customer_phone="+27 00 000 0000")
    result = world.run()
    assert counts(result) == all_counts(total_processed=1, skipped=1)
    assert world.tickets_snapshot() == before


def test_only_the_assignee_moved_is_an_assignment_on_record(world: World):
    world.add_user("Lerato Khumalo")
    remote_id = world.add_ticket(status="Assigned")
    world.run()
    world.edit(remote_id, assigned_to="Lerato Khumalo")
    world.run()
    assert [row["sync_type"] for row in world.audit(remote_id)] == ["create", "assignment"]


def test_a_remote_null_clears_the_assignee(world: World):
    world.add_user("Lerato Khumalo")
    remote_id = world.add_ticket(status="Assigned", assigned_to="Lerato Khumalo")
    world.run()
    world.edit(remote_id, assigned_to=None)
    world.run()
    assert world.local(remote_id)["assigned_to"] is None


def test_a_field_that_the_answer_leaves_out_is_not_cleared(world: World):
    remote_id = world.add_ticket(description="Gate code at security", address="1 Aloe Street")
    world.run()
    world.edit(remote_id, remove=["description"], address=None)
    world.run()
    row = world.local(remote_id)
    assert (row["description"], row["address"]) == ("Gate code at security", None)


def test_a_ticket_without_a_stamp_is_decided_by_its_content(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.edit(remote_id, title="Edited", remove=["updated_at"])
    world.run()
    assert world.local(remote_id)["title"] == "Edited"


@pytest.mark.parametrize("stamp", ["2031-01-01T00:00:00Z", "2001-01-01T00:00:00Z"])
def test_a_stamp_that_disagrees_with_the_list_loses_nothing(world, stamp):
    """Clocks don't decide: the list showed it for this window, so it belongs to it."""
    remote_id = world.add_ticket()
    world.run()
    world.edit(remote_id, title="Edited", updated_at=stamp)
    world.run()
    world.edit(remote_id, title="Edited again")
    world.run()
    assert world.local(remote_id)["title"] == "Edited again"
    cursor = world.cursor()
    assert cursor is not None
    assert cursor <= world.remote_now()


def test_a_stamp_in_the_far_future_is_taken_at_once(world: World):
    remote_id = world.add_ticket(updated_at="2031-01-01T00:00:00Z")
    world.run()
    assert world.local(remote_id)["title"] == "No light"


def test_an_unknown_status_leaves_the_status_alone(world: World):
    remote_id = world.add_ticket(status="In Progress")
    world.run()
    world.edit(remote_id, status="Parked")
    world.run()
    assert world.local(remote_id)["status"] == "in_progress"
    assert world.audit(remote_id)[-1]["status"] == "partial"
    assert world.sent() == []


def test_closing_sets_closed_at_once_and_a_later_edit_keeps_it(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.edit(remote_id, status="Closed")
    world.run()
    closed_at = world.local(remote_id)["closed_at"]
    world.edit(remote_id, title="Closed, renamed")
    world.run()
    assert closed_at is not None
    assert world.local(remote_id)["closed_at"] == closed_at


def test_a_time_of_closing_that_fibreflow_set_stays(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.set_local(remote_id, closed_at="2026-01-01 10:00:00")
    world.edit(remote_id, status="Closed")
    world.run()
    assert str(world.local(remote_id)["closed_at"]) == "2026-01-01 10:00:00"


def test_fibreflows_own_columns_are_never_written(world: World):
    remote_id = world.add_ticket()
    world.run()
    team = uuid.uuid4()
    world.set_local(
        remote_id, assigned_team="North", assigned_contractor_id=team, ont_rx_level="-21.50"
    )
    world.edit(remote_id, title="Edited", status="Closed")
    world.run()
    row = world.local(remote_id)
    assert (row["assigned_team"], row["assigned_contractor_id"], str(row["ont_rx_level"])) == (
        "North",
        team,
        "-21.50",
    )


def test_force_resync_repairs_what_was_changed_here_of_qcontacts_own(world: World):
    remote_id = world.add_ticket(title="As QContact has it")
    world.run()
    world.set_local(remote_id, title="Changed here")
    world.run(start_date="2000-01-01T00:00:00Z")
    assert world.local(remote_id)["title"] == "Changed here"
    world.run(start_date="2000-01-01T00:00:00Z", force_resync=True)
    assert world.local(remote_id)["title"] == "As QContact has it"


def test_a_row_that_was_deleted_here_is_not_made_anew(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.execute("DELETE FROM tickets WHERE external_id = %s", remote_id)
    world.edit(remote_id, title="Edited")
    result = world.run()
    assert result.status == "success"
    assert world.rows("SELECT FROM tickets") == []
    assert world.sent() == []


def test_a_ticket_that_disappears_from_the_list_is_left_as_it_is(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.qcontact.delete(remote_id)
    before = world.tickets_snapshot()
    assert world.run().status == "success"
    assert world.run(start_date="2000-01-01T00:00:00Z").status == "success"
    assert world.tickets_snapshot() == before


def test_a_listed_version_that_is_older_is_read_again_by_id(world: World):
    remote_id = world.add_ticket(title="First")
    world.run()
    world.edit(remote_id, title="Second")
    world.run()
    before = world.tickets_snapshot()
    world.qcontact.faults.add(do="stale", path=r"/tickets\?", times="forever")
    result = world.run(start_date="2000-01-01T00:00:00Z")
    assert world.local(remote_id)["title"] == "Second"
    assert world.tickets_snapshot() == before
    assert counts(result) == all_counts(total_processed=1, skipped=1)


def test_a_listed_version_from_before_what_was_asked_for_is_read_again_by_id(world: World):
    """The list says that the ticket changed, and shows what was seen before the change."""
    remote_id = world.add_ticket(title="First")
    world.run()
    world.edit(remote_id, title="Second")
    world.qcontact.faults.add(do="stale", path=r"/tickets\?")
    assert world.run().status == "success"
    assert world.local(remote_id)["title"] == "Second"


def test_tickets_of_other_sources_are_never_touched(world: World):
    remote_id = world.add_ticket()
    other = world.add_local(remote_id, source="ad_hoc", title="Not from QContact")
    world.run()
    (row,) = world.rows("SELECT * FROM tickets WHERE id = %s", other)
    assert row["title"] == "Not from QContact"
    assert world.value("SELECT count(*) FROM tickets WHERE source = 'qcontact'") == 1


# --- the record


def test_there_is_one_audit_row_per_action(world: World):
    remote_id = world.add_ticket()
    world.run()
    world.edit(remote_id, title="Edited", status="Closed")
    world.run()
    world.run(start_date="2000-01-01T00:00:00Z")
    rows = world.audit(remote_id)
    assert [(r["sync_direction"], r["sync_type"], r["status"]) for r in rows] == [
        ("inbound", "create", "success"),
        ("inbound", "status_update", "success"),
    ]
    assert sorted(rows[1]["request_payload"]["fields"]) == ["status", "title"]
    assert rows[1]["request_payload"]["before"] == {"status": "open", "title": "No light"}
    assert rows[1]["request_payload"]["after"] == {"status": "closed", "title": "Edited"}
    assert {r["ticket_id"] for r in rows} == {world.local(remote_id)["id"]}


def test_no_table_holds_personal_data_of_a_customer(world: World):
    remote_id = world.add_ticket(**CUSTOMER, custom_fields={"customer_idno": "8001015009087"})
    world.run()
    world.edit(remote_id, title="Edited", status="Parked")
    world.run()
    world.set_local(remote_id, status="closed")
    world.run()
    everything = json.dumps(world.snapshot())
    for secret in (*CUSTOMER.values(), "8001015009087"):
        assert secret not in everything


def test_counts_add_up_in_stats_history_and_audit(seeded_world: World):
    seeded_world.qcontact.edit("21924300004", title="")
    result = seeded_world.run()
    (history,) = seeded_world.history()
    assert counts(result) == all_counts(total_processed=300, successful=299, failed=1, created=299)
    assert (result.status, history["status"]) == ("partial", "partial")
    assert (history["total_processed"], history["total_success"], history["total_failed"]) == (
        300,
        299,
        1,
    )
    assert float(history["success_rate"]) == pytest.approx(299 / 300)
    audit = seeded_world.audit()
    assert len([row for row in audit if row["sync_type"] == "create"]) == 299
    assert len([row for row in audit if row["status"] == "failed"]) == 1
