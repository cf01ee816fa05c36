"""A ticket's timeline: what is recorded of it, in one order."""

from datetime import UTC, datetime, timedelta

from qcontact_sync.reporting.timeline import FieldChange, Sides, timeline, users_in

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ANN = "00000000-0000-0000-0000-000000000001"


def audited(hours, direction="inbound", kind="status_update", **more):
    return {
        "synced_at": NOW + timedelta(hours=hours),
        "sync_direction": direction,
        "sync_type": kind,
        "status": "success",
        "error_message": None,
        "what": None,
        "before": None,
        "after": None,
        **more,
    }


def conflict(hours, **more):
    return {
        "opened_at": NOW + timedelta(hours=hours),
        "resolved_at": None,
        "resolution": None,
        "decided_by": None,
        "kind": "needs_you",
        "loser": None,
        "field": "status",
        "local_value": "closed",
        "remote_value": "In Progress",
        "reason": "re-opened in QContact",
        **more,
    }


def test_writes_conflicts_and_decisions_are_in_one_order_newest_first():
    history = [audited(3, "outbound"), audited(0, kind="create")]
    ended = conflict(1, resolved_at=NOW + timedelta(hours=2), resolution="kept local")
    retried = {
        "decision": "retry",
        "decided_by": "clerk",
        "decided_at": NOW + timedelta(hours=4),
        "direction": "outbound",
    }
    events = timeline(history, [{**ended, "decided_by": "admin"}], [retried])

    assert [(event.what, event.by) for event in events] == [
        ("decided about the failure to QContact: retry", "clerk"),
        ("sent to QContact", None),
        ("conflict about status ended: kept local", "admin"),
        ("conflict opened: status", None),
        ("created in FibreFlow", None),
    ]


def test_a_change_has_its_values_and_says_which_are_not_recorded():
    row = audited(
        0,
        what=["address", "status"],
        before={"status": "open"},
        after={"status": "closed"},
    )
    (event,) = timeline([row], [], [])

    assert event.changes == (
        FieldChange("address", None, None, False, False),
        FieldChange("status", "open", "closed"),
    )


def test_what_an_earlier_release_recorded_has_the_new_values_of_what_was_sent_only():
    row = audited(0, "outbound", what={"status": "Solved"}, after={"status": "Solved"})
    (event,) = timeline([row], [], [])

    assert event.changes == (FieldChange("status", None, "Solved", False),)


def test_a_note_has_no_values():
    sent = {"note_id": "1", "is_internal": False}
    (event,) = timeline([audited(0, "outbound", "note_add", what=sent, after=sent)], [], [])

    assert (event.what, event.changes) == ("note sent to QContact", ())


def test_a_failure_says_to_which_side_and_why():
    row = audited(0, status="failed", error_message="VALIDATION_ERROR: no title")
    (event,) = timeline([row], [], [])

    assert event.what == "failed: status update to FibreFlow"
    assert event.details == "VALIDATION_ERROR: no title"


def test_a_value_that_lost_is_told_with_both_sides():
    (event,) = timeline([], [conflict(0, kind="settled", loser="remote")], [])

    assert event.what == "both sides changed status: QContact's value was not kept"
    assert event.sides == Sides("status", "closed", "In Progress")


def test_users_are_found_in_changes_and_in_conflicts():
    change = audited(
        0, kind="assignment", what=["assigned_to"], before={"assigned_to": None},
        after={"assigned_to": ANN},
    )  # fmt: skip
    events = timeline([change], [conflict(1, field="assigned_to", local_value="other")], [])

    assert users_in(events) == {ANN, "other"}
