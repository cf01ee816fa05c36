"""QContact's own fields flow inbound only; a local edit of one lasts until QContact moves it."""

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.merge import Action, merge_owned
from qcontact_sync.core.model import OWNED_FIELDS

from tests.unit.core.core_values import PROJECT, SAVED

KEEP, AGREE, TAKE, *_ = Action
LONG = "x" * 300
CUT = "x" * 254 + "…"


def verdict(field, base, local, remote, *, force=False):
    decision = merge_owned(field, base, local, remote, TICKETS, force=force)
    return decision.action, decision.local, decision.loser


@pytest.mark.parametrize(
    ("field", "base", "local", "remote", "expected"),
    [
        pytest.param("title", {"title": "a"}, "a", "a", (KEEP, "a", None), id="neither"),
        pytest.param("title", {"title": "a"}, "b", "a", (KEEP, "b", None), id="local-edit-stays"),
        pytest.param("title", {"title": "a"}, "a", "b", (TAKE, "b", None), id="remote"),
        pytest.param("title", {"title": "a"}, "b", "b", (AGREE, "b", None), id="both-to-the-same"),
        pytest.param("title", {"title": "a"}, "b", "c", (TAKE, "c", "local"), id="both-apart"),
        pytest.param(
            "title", {"title": "a"}, CUT, LONG, (AGREE, CUT, None), id="cut-text-is-there-already"
        ),
        pytest.param(
            "title", {"title": LONG}, CUT, "b", (TAKE, "b", None), id="cut-text-is-no-local-edit"
        ),
        pytest.param("title", {}, "a", "a", (AGREE, "a", None), id="first-seen-same"),
        pytest.param("title", {}, "a", "b", (TAKE, "b", None), id="first-seen-differs"),
        pytest.param("address", {"address": "x"}, "x", None, (TAKE, None, None), id="null-clears"),
        pytest.param(
            "address", {"address": "x"}, "y", None, (TAKE, None, "local"), id="null-clears-an-edit"
        ),
        pytest.param("address", {"address": None}, None, "x", (TAKE, "x", None), id="from-null"),
        pytest.param(
            "priority", {"priority": "normal"}, "normal", "Medium", (AGREE, "normal", None),
            id="maps-to-what-is-here",
        ),
        pytest.param(
            "priority", {"priority": "Medium"}, "normal", "HIGH", (TAKE, "high", None),
            id="mapped-value-is-no-local-edit",
        ),
        pytest.param(
            "priority", {"priority": "Medium"}, "low", "HIGH", (TAKE, "high", "local"),
            id="edit-of-a-mapped-value-loses",
        ),
        pytest.param(
            "priority", {"priority": "high"}, "high", None, (TAKE, "normal", None),
            id="null-priority-is-normal",
        ),
        pytest.param(
            "ticket_type", {"ticket_type": "Incident"}, "incident", "General|X",
            (TAKE, "maintenance", None), id="unknown-category",
        ),
        pytest.param(
            "project_id", {"project_id": PROJECT}, PROJECT, "none", (AGREE, PROJECT, None),
            id="what-does-not-fit-leaves-the-column-alone",
        ),
        pytest.param(
            "project_id", {"project_id": "none"}, None, PROJECT, (TAKE, PROJECT, None),
            id="fits-at-last",
        ),
        pytest.param(
            "project_id", {"project_id": "none"}, PROJECT, None, (TAKE, None, None),
            id="what-did-not-fit-is-cleared",
        ),
        pytest.param(
            "project_id", {"project_id": PROJECT.upper()}, PROJECT, None, (TAKE, None, None),
            id="spelling-is-no-local-edit",
        ),
        pytest.param(
            "gps_coordinates", {"gps_coordinates": "-26.0, 28"}, "-26,28", "1,2",
            (TAKE, "1,2", None), id="whole-coordinates-are-no-local-edit",
        ),
        pytest.param(
            "gps_coordinates", {"gps_coordinates": "1,2"}, "-26,28", "-26.0,28.0",
            (AGREE, "-26,28", None), id="whole-coordinates-are-there-already",
        ),
        pytest.param(
            "gps_coordinates", {"gps_coordinates": "1,2"}, "1,2", "200,2", (AGREE, "1,2", None),
            id="out-of-range",
        ),
    ],
)  # fmt: skip
def test_owned_field_is_merged(field, base, local, remote, expected):
    assert verdict(field, base, local, remote) == expected


@pytest.mark.parametrize(
    ("base", "local", "remote", "expected"),
    [
        pytest.param("a", "a", "a", (AGREE, "a", None), id="nothing-to-repair"),
        pytest.param("a", "b", "a", (TAKE, "a", "local"), id="local-edit-is-repaired-and-kept"),
        pytest.param("a", None, "a", (TAKE, "a", "local"), id="lost-value-comes-back"),
        pytest.param("a", "b", "c", (TAKE, "c", "local"), id="both-moved"),
    ],
)
def test_forced_run_repairs_what_differs_and_nothing_else(base, local, remote, expected):
    assert verdict("title", {"title": base}, local, remote, force=True) == expected


@pytest.mark.parametrize("field", OWNED_FIELDS)
def test_forced_run_leaves_what_is_as_it_should_be(field):
    value = SAVED[field]
    assert verdict(field, {field: value}, value, value, force=True)[0] is AGREE


@pytest.mark.parametrize(
    ("field", "remote"),
    [("title", LONG), ("project_id", "none"), ("gps_coordinates", "x"), ("priority", "blazing")],
)
def test_warning_names_the_field_and_not_the_value(field, remote):
    warning = merge_owned(field, {field: "1,2"}, None, remote, TICKETS).warning
    assert field in warning
    assert remote not in warning


@pytest.mark.parametrize(("field", "remote"), [("title", LONG), ("project_id", "none")])
def test_a_warning_is_given_once(field, remote):
    assert merge_owned(field, {field: remote}, CUT, remote, TICKETS).warning is None


@pytest.mark.parametrize("field", OWNED_FIELDS)
@pytest.mark.parametrize("remote", [None, "", "x", LONG, "1,2", PROJECT])
def test_owned_fields_never_go_out_and_never_wait(field, remote):
    for base in ({}, {field: "y"}, {field: remote}):
        for local in (None, "z"):
            assert merge_owned(field, base, local, remote, TICKETS).action in (KEEP, AGREE, TAKE)
