from datetime import UTC, datetime
from typing import get_args

import pytest
from qcontact_sync.core.comparison import Gap, Standing
from qcontact_sync.core.failure_filter import FailureState
from qcontact_sync.reporting.alert_texts import MEANING, STEPS
from qcontact_sync.reporting.alerts import Rule
from qcontact_sync.reporting.explain import FieldStory
from qcontact_sync.reporting.timeline import Event, FieldChange, Sides, shown_changes
from qcontact_sync.reporting.wording import (
    FAILURE_STATES,
    GAPS,
    STANDINGS,
    agreed_value,
    conflict_outcome,
    is_automatic,
    options_of,
    shown_value,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ANN = "00000000-0000-0000-0000-000000000001"


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


def test_an_assignee_is_named_for_who_may_see_people():
    assert shown_value("assigned_to", ANN, {ANN: "Ann Ville"}) == "Ann Ville"
    assert shown_value("assigned_to", "Ben Dune", {}) == "Ben Dune"
    assert shown_value("address", "1 Aloe Street", {}) == "set, not shown"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        pytest.param(FieldChange("status", "open", "closed"), "status: open → closed", id="both"),
        pytest.param(
            FieldChange("status", None, "closed", False), "status: closed", id="old-record"
        ),
        pytest.param(FieldChange("address", None, None, False, False), "address", id="never-kept"),
        pytest.param(
            FieldChange("assigned_to", ANN, None), "assigned_to: assigned → unassigned", id="a"
        ),
    ],
)
def test_a_change_has_its_old_and_its_new_value(change, shown):
    assert shown_changes(Event(NOW, "", "success", (change,))) == [shown]


def test_a_conflict_has_the_values_of_both_sides():
    event = Event(NOW, "", "conflict", sides=Sides("status", "closed", "In Progress"))

    assert shown_changes(event) == ["FibreFlow closed, QContact In Progress"]


def test_only_given_options_are_shown():
    options = {"sync_direction": "both", "ticket_ids": [], "dry_run": False, "force_resync": True}

    assert options_of(options) == [("force resync", "yes")]


@pytest.mark.parametrize(
    ("local", "remote", "shown"),
    [("open", "open", "open"), ("in_progress", "Escalated", "in_progress / Escalated")],
)
def test_both_halves_of_what_was_agreed_are_shown_where_they_differ(local, remote, shown):
    story = FieldStory("status", local, remote, None, None, "keep", "", "")

    assert agreed_value(story) == shown


def test_a_side_that_had_no_value_when_they_agreed_is_shown_too():
    field = FieldStory("assigned_to", None, "Ben Dune", None, None, "keep", "", "")

    assert agreed_value(field, {}) == "unassigned / Ben Dune"


def test_of_qcontacts_own_fields_one_value_is_stored():
    field = FieldStory("title", None, "No light", None, None, "keep", "", "")

    assert agreed_value(field) == "No light"


ENDED = {"kind": "settled", "decided_by": None, "resolution": None, "loser": "local"}


@pytest.mark.parametrize(
    ("changes", "automatic", "outcome"),
    [
        ({}, True, "FibreFlow's value was not kept"),
        ({"loser": None}, True, "both values were kept"),
        ({"decided_by": "clerk", "resolution": "kept local"}, False, "kept local, by clerk"),
        ({"kind": "needs_you"}, False, "open (needs a decision)"),
    ],
)
def test_what_a_rule_resolved_says_what_was_not_kept(changes, automatic, outcome):
    row = {**ENDED, **changes}

    assert (is_automatic(row), conflict_outcome(row)) == (automatic, outcome)


def test_each_state_of_a_failure_has_words():
    assert FAILURE_STATES.keys() == set(get_args(FailureState))


def test_every_word_of_a_comparison_is_in_the_one_table_and_mails_use_it():
    assert STANDINGS.keys() == set(Standing)
    assert GAPS.keys() == set(Gap)
    text = " ".join((MEANING[Rule.DIVERGENCE], *STEPS[Rule.DIVERGENCE]))
    assert all(f"'{STANDINGS[name]}'" in text for name in ("differs", "pending", "waits"))
    assert STANDINGS["pending"] in MEANING[Rule.HELD]
