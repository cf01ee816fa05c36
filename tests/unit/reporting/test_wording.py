import pytest
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.wording import (
    agreed_value,
    options_of,
    shown_value,
    what_was_done,
)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("status", "open", "open"),
        ("title", "No light", "No light"),
        ("title", "a" * 100, "a" * 79 + "…"),
        ("assigned_to", "Ann Ville", "assigned"),
        ("assigned_to", None, "unassigned"),
        ("address", "1 Aloe Street", "set, not shown"),
        ("gps_coordinates", "(1,2)", "set, not shown"),
        ("address", None, "-"),
        ("status", "op\x1ben", "op?en"),
    ],
)
def test_only_what_is_nobodys_is_shown(field, value, shown):
    assert shown_value(field, value) == shown


def test_what_went_out_is_told_by_its_fields_and_its_status():
    row = {"what": {"status": "closed", "assigned_to": "Ann Ville"}}

    assert what_was_done(row) == "status: closed, assigned_to"


@pytest.mark.parametrize(("what", "told"), [(["title", "status"], "title, status"), (None, "")])
def test_what_came_in_is_told_by_its_fields(what, told):
    assert what_was_done({"what": what}) == told


def test_only_given_options_are_shown():
    options = {"sync_direction": "both", "ticket_ids": [], "dry_run": False, "force_resync": True}

    assert options_of(options) == [("force resync", "yes")]


@pytest.mark.parametrize(
    ("local", "remote", "shown"),
    [("open", "open", "open"), ("in_progress", "Escalated", "in_progress / Escalated")],
)
def test_both_halves_of_what_was_agreed_are_shown_where_they_differ(local, remote, shown):
    told = FieldStory("status", local, remote, None, None, "keep", "", "")

    assert agreed_value(told) == shown
