"""Cases of the entities dialect: nested and flat, with and without what may be missing."""

import json
from datetime import UTC, datetime

import pytest
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.qcontact.entities_decode import build_case, decode_case
from qcontact_sync.qcontact.json_bodies import UnexpectedBody
from qcontact_sync.qcontact.received_fields import MalformedTicket

FIELDS = {
    "status": "InProgress",
    "category": "Connectivity::ONT/Gizzu",
    "reference": "FT499061",
    "description": "No light since Monday",
    "telephone": "+27 82 000 0000",
    "email": "nomvula@example.test",
    "address": "1 Long Street",
    "assigned_to": 21924332416,
    "contact": 21924000001,
    "c__serial_number": "ALCL12345678",
    "c__location_pin": "-33.9,18.4",
    "c__dr_number": 21924000002,
}
RELATIONSHIPS = {
    "contact": {"id": 21924000001, "label": "Nomvula Example"},
    "assigned_to": {"id": 21924332416, "label": "Thabo Example"},
    "c__dr_number": {"id": 21924000002, "label": "DR1734315"},
}
HEAD = {
    "id": 21924990061,
    "entity_type": "Case",
    "label": "Connection Issue FT499061",
    "icon": "case",
    "created_at": "2026-03-01T10:00:00.123Z",
}


def a_case(**changes):
    return {**HEAD, "fields": FIELDS, "relationships": RELATIONSHIPS, **changes}


def test_a_case_has_the_tickets_model():
    case = build_case(a_case())
    assert case.id == "21924990061"
    assert case.reference == "FT499061"
    assert case.updated_at is None
    assert case.warnings == ()
    assert case.values == {
        "title": "Connection Issue",
        "status": "InProgress",
        "ticket_type": "Connectivity::ONT/Gizzu",
        "description": "No light since Monday",
        "address": "1 Long Street",
        "gps_coordinates": "-33.9,18.4",
        "ont_serial": "ALCL12345678",
        "assigned_to": "Thabo Example",
        "dr_number": "DR1734315",
    }


def test_there_is_no_priority_so_that_fibreflows_stays():
    assert "priority" not in build_case(a_case()).values


def test_a_flat_record_of_before_reads_the_same():
    flat = {**HEAD, **FIELDS, "relationships": RELATIONSHIPS}
    assert build_case(flat) == build_case(a_case())


def test_the_record_of_the_audit_holds_no_customer():
    kept = json.dumps(build_case(a_case(telephone="+27 82 000 0000")).payload)
    for private in ("Nomvula", "+27", "nomvula@", "21924000001"):
        assert private not in kept
    payload = build_case(a_case()).payload
    assert (payload["category"], payload["subcategory"]) == ("Connectivity", "ONT/Gizzu")
    assert payload["id"] == 21924990061


@pytest.mark.parametrize(
    ("category", "parts"),
    [
        ("General|Maintenance", ("General", "Maintenance")),
        ("General | Maintenance", ("General", "Maintenance")),
        ("Maintenance", ("Maintenance", None)),
        (None, (None, None)),
    ],
)
def test_a_category_may_hold_the_subcategory(category, parts):
    case = build_case(a_case(fields={**FIELDS, "category": category}))
    assert (case.payload["category"], case.payload.get("subcategory")) == parts
    assert case.values["ticket_type"] == category
    assert TICKETS.to_local_owned("ticket_type", category).value == "maintenance"


@pytest.mark.parametrize(
    ("label", "reference", "title", "found"),
    [
        ("Connection Issue FT499061", "FT499061", "Connection Issue", "FT499061"),
        ("Connection Issue FT499061", None, "Connection Issue", "FT499061"),
        (" FT499061", "FT499061", "FT499061", "FT499061"),
        ("FT499061", None, "FT499061", "FT499061"),
        ("FT499061 Connection Issue", "FT499061", "Connection Issue", "FT499061"),
        ("Like FT400000, again FT499061", None, "Like FT400000, again", "FT499061"),
        ("XFT499061", "FT499061", "XFT499061", "FT499061"),
        ("Connection Issue", None, "Connection Issue", None),
        ("Connection Issue", "FT499061", "Connection Issue", "FT499061"),
        (None, "FT499061", "FT499061", "FT499061"),
        ("", "FT499061", "FT499061", "FT499061"),
    ],
)
def test_the_title_is_the_label_without_the_reference(label, reference, title, found):
    case = build_case(a_case(label=label, fields={**FIELDS, "reference": reference}))
    assert (case.values["title"], case.reference) == (title, found)


@pytest.mark.parametrize("label", [None, "", 5, ["x"]])
def test_a_case_without_label_and_reference_is_malformed(label):
    with pytest.raises(MalformedTicket) as caught:
        build_case(a_case(label=label, fields={**FIELDS, "reference": None}))
    assert caught.value.remote_id == "21924990061"


def test_another_entity_is_no_case():
    with pytest.raises(MalformedTicket):
        build_case(a_case(entity_type="Lead"))


@pytest.mark.parametrize(
    ("relationships", "fields", "expected"),
    [
        ({"assigned_to": {"label": "Thabo Example", "deleted": True}}, {}, "Thabo Example"),
        ({"assigned_to": None}, {"assigned_to": None}, None),
        ({}, {"assigned_to": None}, None),
        (None, {"assigned_to": ""}, None),
        (None, {"assigned_to": "Thabo Example"}, "Thabo Example"),
        # Known by its number alone: absent, so that the assignee here is not cleared.
        (None, {"assigned_to": 21924332416}, "absent"),
        (None, {"assigned_to": "21924332416"}, "absent"),
        ({"assigned_to": None}, {"assigned_to": 21924332416}, "absent"),
        ({"assigned_to": {"id": 1}}, {"assigned_to": 1}, "absent"),
        (None, {}, "absent"),
    ],
)
def test_an_assignee_is_the_display_name_or_not_known(relationships, fields, expected):
    case = build_case({**HEAD, "fields": fields, "relationships": relationships})
    assert case.values.get("assigned_to", "absent") == expected


@pytest.mark.parametrize("label", ["DR1734315", "dr 173", "DR17"])
def test_a_dr_number_is_taken_as_it_is(label):
    related = {"c__dr_number": {"id": 7, "label": label}}
    assert build_case(a_case(relationships=related)).values["dr_number"] == label


def test_a_dr_number_is_never_the_related_records_id():
    case = build_case(a_case(relationships=None))
    assert "dr_number" not in case.values


@pytest.mark.parametrize("relationships", [None, {}, [], "x"])
def test_relationships_may_be_missing(relationships):
    assert build_case(a_case(relationships=relationships)).values["title"] == "Connection Issue"


def test_a_field_that_is_left_out_is_absent_and_a_null_is_none():
    case = build_case({**HEAD, "fields": {"status": None}})
    assert case.values == {"title": "Connection Issue", "status": None}


@pytest.mark.parametrize("place", ["head", "fields"])
def test_a_time_of_change_is_read_where_there_is_one(place):
    stamp = {"updated_at": "2026-03-02T10:00:00.5+02:00"}
    case = a_case(**stamp) if place == "head" else a_case(fields={**FIELDS, **stamp})
    assert build_case(case).updated_at == datetime(2026, 3, 2, 8, 0, 0, 500_000, UTC)


def test_what_cannot_be_stored_is_dropped_and_said():
    fields = {**FIELDS, "description": "a\x00b", "address": 5}
    case = build_case(a_case(label="Is\x00sue FT499061", fields=fields))
    assert (case.values["title"], case.values["description"]) == ("Issue", "ab")
    assert "address" not in case.values
    assert len(case.warnings) == 3


def test_numbers_beyond_32_bits_are_ids_as_text():
    assert decode_case(json.dumps(a_case(id=99_999_999_999)).encode()).id == "99999999999"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b'"case"'])
def test_what_is_no_object_is_no_case(body):
    with pytest.raises(UnexpectedBody):
        decode_case(body)
