"""Tickets from JSON: whatever arrives, one ticket costs at most itself."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.qcontact.decode import (
    build_ticket,
    decode_created_id,
    decode_notes,
    decode_ticket,
)
from qcontact_sync.qcontact.json_bodies import UnexpectedBody
from qcontact_sync.qcontact.listed_tickets import TicketPages
from qcontact_sync.qcontact.received_fields import MalformedTicket

decode_page = TicketPages(TICKETS).decode
PERSON = "Nomvula Example"


def a_ticket(**fields: object) -> dict[str, object]:
    return {"id": "T-1", "title": "No signal", **fields}


def a_page(*tickets: object, **fields: object) -> bytes:
    listing = {
        "tickets": tickets,
        "total": len(tickets),
        "page": 1,
        "page_size": 100,
        "has_more": False,
    }
    return json.dumps({"data": {**listing, **fields}}).encode()


def texts_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in texts_in(part)]
    return []


# --- one ticket ---------------------------------------------------------------------------------


def test_fields_arrive_under_fibreflows_names():
    ticket = build_ticket(
        a_ticket(
            status="Open",
            assigned_to="Thabo",
            description="x",
            priority="high",
            category="incident",
            address="1 Main Road",
            custom_fields={
                "dr_number": "DR1",
                "pole_number": "P1",
                "pon_number": "N1",
                "project_id": "p",
                "zone_id": "z",
                "gps_coordinates": "-26.1,28.0",
                "ont_serial": "S1",
            },
        )
    )
    assert ticket.values == {
        "title": "No signal",
        "status": "Open",
        "assigned_to": "Thabo",
        "description": "x",
        "priority": "high",
        "ticket_type": "incident",
        "address": "1 Main Road",
        "dr_number": "DR1",
        "pole_number": "P1",
        "pon_number": "N1",
        "project_id": "p",
        "zone_id": "z",
        "gps_coordinates": "-26.1,28.0",
        "ont_serial": "S1",
    }
    assert ticket.warnings == ()


def test_an_absent_field_is_no_key_and_a_null_or_blank_one_is_none():
    values = build_ticket(a_ticket(status=None, description="  \r\n ")).values
    assert values == {"title": "No signal", "status": None, "description": None}


@pytest.mark.parametrize("custom", [None, {}], ids=["null", "empty"])
def test_no_custom_fields_clear_nothing(custom):
    ticket = build_ticket(a_ticket(custom_fields=custom))
    assert ticket.values == {"title": "No signal"}
    assert ticket.warnings == ()


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        pytest.param("T-1", "T-1", id="text"),
        pytest.param(" T-1 ", " T-1 ", id="blanks-are-the-remotes-own"),
        pytest.param(42, "42", id="number"),
        pytest.param(42.0, "42", id="whole-float"),
        pytest.param(2**70, str(2**70), id="big-number"),
        pytest.param("x" * 100, "x" * 100, id="longest"),
    ],
)
def test_an_id_is_taken_as_text(received, expected):
    assert build_ticket(a_ticket(id=received)).id == expected


@pytest.mark.parametrize(
    "received",
    [None, "", "  ", True, 1.5, float("nan"), [], {}, "x" * 101, 10**100, "a\x00b", "a\ud800"],
    ids=repr,
)
def test_an_unusable_id_makes_the_ticket_malformed(received):
    with pytest.raises(MalformedTicket) as caught:
        build_ticket(a_ticket(id=received))
    assert caught.value.remote_id == ""


@pytest.mark.parametrize("title", [None, "", " \t", "\x00", 5, []], ids=repr)
def test_an_unusable_title_makes_the_ticket_malformed_under_its_id(title):
    with pytest.raises(MalformedTicket, match="title") as caught:
        build_ticket(a_ticket(title=title))
    assert caught.value.remote_id == "T-1"


@pytest.mark.parametrize("field", ["status", "assigned_to", "description", "priority", "address"])
@pytest.mark.parametrize("received", [5, 1.5, True, [], {"name": PERSON}], ids=repr)
def test_a_wrong_type_costs_the_field_and_a_warning(field, received):
    ticket = build_ticket(a_ticket(**{field: received}))
    assert field not in ticket.values
    assert field not in ticket.payload
    assert ticket.warnings == (f"{field}: not text, left out",)


@pytest.mark.parametrize(
    ("received", "expected"), [(7, "7"), (-26.5, "-26.5"), (2**70, str(2**70))], ids=repr
)
def test_a_number_in_a_custom_field_becomes_text(received, expected):
    ticket = build_ticket(a_ticket(custom_fields={"pole_number": received}))
    assert ticket.values["pole_number"] == expected
    assert ticket.warnings == ()


@pytest.mark.parametrize("received", [True, [], {}, float("inf"), float("nan")], ids=repr)
def test_another_type_in_a_custom_field_is_left_out(received):
    ticket = build_ticket(a_ticket(custom_fields={"pole_number": received}))
    assert "pole_number" not in ticket.values
    assert ticket.warnings == ("pole_number: not text, left out",)


def test_custom_fields_that_are_no_object_are_left_out():
    ticket = build_ticket(a_ticket(custom_fields=["DR1"]))
    assert ticket.values == {"title": "No signal"}
    assert ticket.warnings == ("custom_fields: not an object, left out",)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        pytest.param("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC), id="z"),
        pytest.param(
            "2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC), id="offset"
        ),
        pytest.param(
            "2026-03-01T10:00:00.5Z", datetime(2026, 3, 1, 10, 0, 0, 500_000, UTC), id="tenths"
        ),
        pytest.param(
            "2026-03-01T10:00:00.000001Z", datetime(2026, 3, 1, 10, 0, 0, 1, UTC), id="micros"
        ),
        pytest.param(None, None, id="null"),
    ],
)
def test_stamps_are_read_as_utc(received, expected):
    ticket = build_ticket(a_ticket(updated_at=received))
    assert ticket.updated_at == expected
    assert ticket.warnings == ()


def test_a_stamp_without_zone_is_utc_with_a_warning():
    ticket = build_ticket(a_ticket(updated_at="2026-03-01T10:00:00"))
    assert ticket.updated_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert ticket.warnings == ("updated_at: no zone, taken as UTC",)


@pytest.mark.parametrize(
    "received",
    ["", "soon", "2026-03-01", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "x" * 50],
    ids=repr,
)
def test_an_unreadable_stamp_is_none_with_a_warning(received):
    ticket = build_ticket(a_ticket(updated_at=received))
    assert ticket.updated_at is None
    assert ticket.warnings == ("updated_at: not an ISO 8601 instant, left out",)


def test_the_payload_keeps_what_is_known_as_received():
    received = a_ticket(
        description=" two\r\nlines ", subcategory="slow", custom_fields={"zone_id": 7}
    )
    assert build_ticket(received).payload == received


def test_the_payload_holds_no_customer_and_nothing_unknown():
    """Personal data can be in any field that nobody listed, so only listed ones are kept."""
    ticket = build_ticket(
        a_ticket(
            customer_name=PERSON,
            customer_phone=PERSON,
            customer_email=PERSON,
            subscriber={"first": PERSON},
            custom_fields={"customer_id": PERSON, "Phone": PERSON, "next_of_kin": PERSON},
        )
    )
    assert PERSON not in repr(ticket)


def test_what_cannot_be_stored_is_dropped_with_a_warning():
    ticket = build_ticket(
        a_ticket(description="a\x00b\ud800c", custom_fields={"dr_number": "D\x00R"})
    )
    assert ticket.values["description"] == ticket.payload["description"] == "abc"
    assert ticket.payload["custom_fields"] == {"dr_number": "DR"}
    assert ticket.warnings == (
        "description: characters that cannot be stored were dropped",
        "dr_number: characters that cannot be stored were dropped",
    )


# --- pages --------------------------------------------------------------------------------------


def test_a_malformed_ticket_is_listed_and_the_others_stay():
    page = decode_page(a_page(a_ticket(), {"id": 2}, 5, {"title": PERSON}, a_ticket(id="T-3")))
    assert [ticket.id for ticket in page.tickets] == ["T-1", "T-3"]
    assert [remote_id for remote_id, _ in page.malformed] == ["2", "", ""]
    assert PERSON not in repr(page.malformed)


def test_counts_are_the_servers_and_may_be_text():
    page = decode_page(a_page(a_ticket(), total="12", page="2", page_size="5", has_more="true"))
    assert (page.total, page.page, page.page_size, page.has_more) == (12, 2, 5, True)


@pytest.mark.parametrize(
    "oddity",
    [
        pytest.param(rb'"\ud800"', id="lone-surrogate"),
        pytest.param(rb'"\u0000"', id="nul"),
        pytest.param(b'"\xff\xfe"', id="no-utf-8"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate-in-utf-8"),
        pytest.param(b'"a\tb\x00"', id="raw-control-character"),
        pytest.param(b"NaN", id="nan"),
        pytest.param(b"1e999", id="out-of-range"),
        pytest.param(b"9" * 5_000, id="endless-number"),
    ],
)
def test_no_oddity_of_one_tickets_json_reaches_the_others(oddity):
    odd = b'{"id": 1, "title": "odd", "description": ' + oddity + b"}"
    plain = b'{"id": 2, "title": "plain", "description": "as sent"}'
    head, _, tail = a_page("HERE").partition(b'"HERE"')
    page = decode_page(head + odd + b"," + plain + tail)
    assert [ticket.id for ticket in page.tickets] == ["1", "2"]
    assert page.tickets[1].values["description"] == "as sent"
    assert page.tickets[0].warnings


def test_a_surrogate_pair_is_one_character():
    body = a_page(a_ticket(description="ok \U0001f44d", status="\ud800"))
    assert decode_page(body).tickets[0].values["description"] == "ok \U0001f44d"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Service unavailable</html>",
        b'{"error": {"message": "no"}}',
        b"[]",
        b"null",
        b'{"data": []}',
        b'{"data": {"tickets": [], "page": 1, "page_size": 5, "has_more": false}}',
        a_page(total=None),
        a_page(total="many"),
        a_page(total=-1),
        a_page(page_size=0),
        a_page(has_more=True),
        a_page(*({"id": number} for number in range(10))),
        a_page(*({"title": "No signal"} for _ in range(10))),
        a_page(a_ticket())[:-9],
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_page_is_unexpected(body):
    with pytest.raises(UnexpectedBody):
        decode_page(body)


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": number} for number in range(9)],
        [{"id": number, "title": None} for number in range(20)],
        [*({"id": number} for number in range(20)), a_ticket()],
    ],
    ids=["few", "emptied", "one-is-whole"],
)
def test_poisoned_tickets_do_not_make_a_page_unexpected(rows):
    assert len(decode_page(a_page(*rows)).malformed) >= 9


# --- single answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": {"message": "no"}}', b"7"], ids=repr)
@pytest.mark.parametrize("decode", [decode_ticket, decode_notes, decode_created_id])
def test_an_answer_without_envelope_is_unexpected(decode, body):
    with pytest.raises(UnexpectedBody):
        decode(body)


def test_a_single_ticket_with_a_lone_surrogate_is_still_read():
    assert decode_ticket(rb'{"data": {"id": 1, "title": "a\ud800b"}}').values["title"] == "ab"


def test_notes_are_read_canonical():
    body = rb'{"data": {"notes": [{"id": 1, "content": "a\r\nb\u0000 ", "is_internal": false}]}}'
    (note,) = decode_notes(body) or ()
    assert (note.id, note.content, note.is_internal) == ("1", "a\nb", False)


@pytest.mark.parametrize(
    "note", [{"id": 1}, {"id": 1, "content": 5, "is_internal": True}, None], ids=repr
)
def test_a_list_of_notes_with_a_gap_is_no_list(note):
    assert decode_notes(json.dumps({"data": {"notes": [note]}}).encode()) is None


@pytest.mark.parametrize(
    ("data", "expected"), [({"id": 5}, "5"), ({"id": "n"}, "n"), ({}, None), (None, None)], ids=repr
)
def test_the_id_of_a_new_note_is_told_if_it_is_there(data, expected):
    assert decode_created_id(json.dumps({"data": data}).encode()) == expected


# --- properties ---------------------------------------------------------------------------------

odd_text = st.text(st.one_of(st.characters(), st.sampled_from("\x00\ud800\udfff\r\n ")))
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text, inner, max_size=3),
    max_leaves=8,
)
KNOWN = ["id", "title", "status", "description", "category", "updated_at", "customer_name"]
CUSTOM = st.fixed_dictionaries(
    {}, optional={"dr_number": any_json, "zone_id": any_json, "customer": any_json}
)
any_ticket = any_json | st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(KNOWN, any_json), "custom_fields": any_json | CUSTOM}
)
a_sound_ticket_with_any_field = st.fixed_dictionaries(
    {"id": st.integers(min_value=0, max_value=9), "title": st.just("t")},
    optional={**dict.fromkeys(KNOWN[2:], any_json), "custom_fields": any_json | CUSTOM},
)


def assert_storable(value: object) -> None:
    for text in texts_in(value):
        assert "\x00" not in text
        text.encode()


@given(st.lists(any_ticket | a_sound_ticket_with_any_field, max_size=4))
def test_any_json_gives_storable_tickets_or_malformed_entries(received):
    page = decode_page(a_page(*received))
    assert len(page.tickets) + len(page.malformed) == len(received)
    assert_storable(page.malformed)
    for ticket in page.tickets:
        assert_storable([ticket.id, dict(ticket.values), ticket.payload, ticket.warnings])
        json.dumps(ticket.payload, allow_nan=False)
        assert all(value is None or value.strip() == value for value in ticket.values.values())


@given(a_sound_ticket_with_any_field)
def test_a_ticket_with_id_and_title_is_never_malformed(received):
    page = decode_page(a_page(received))
    assert [ticket.id for ticket in page.tickets] == [str(received["id"])]


@given(a_sound_ticket_with_any_field)
def test_what_was_not_sent_is_not_in_the_values(received):
    custom = received.get("custom_fields")
    sent = {*received, *(custom if isinstance(custom, dict) else ())}
    values = {"category" if f == "ticket_type" else f for f in build_ticket(received).values}
    assert values <= sent


def test_a_field_longer_than_any_person_writes_is_cut_and_said():
    ticket = build_ticket({"id": "1", "title": "No light", "description": "x" * 4_000_001})
    assert len(ticket.values["description"]) == 4_000_000
    assert ticket.values["description"].endswith("…")
    assert ticket.payload["description"] == ticket.values["description"]
    assert ticket.warnings == ("description: cut to 4,000,000 characters",)


def test_a_long_id_is_refused_before_it_is_normalised(monkeypatch):
    monkeypatch.setattr("qcontact_sync.qcontact.received_fields.canonical_text", None)
    with pytest.raises(MalformedTicket, match="longer than 100"):
        build_ticket({"id": "e" + "\u0301" * 400_000, "title": "No light"})
