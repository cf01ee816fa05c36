"""A ticket that is read by the mapping's type is the one that is read field by field."""

import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.columns import Column
from qcontact_sync.core.errors import TicketError
from qcontact_sync.core.listed import ListedTicket, decoded
from qcontact_sync.core.model import RemoteId, RemoteTicket
from qcontact_sync.core.rules import TitleFrom
from qcontact_sync.qcontact.decode import build_ticket
from qcontact_sync.qcontact.json_bodies import UnexpectedBody, untyped
from qcontact_sync.qcontact.listed_tickets import TicketPages
from qcontact_sync.qcontact.received_fields import MAX_TEXT_LENGTH, MalformedTicket
from qcontact_sync.qcontact.typed_tickets import TypedTickets

MORE = replace(
    TICKETS,
    columns=(
        *TICKETS.columns,
        Column("client_name", "customer_name", is_personal=True),
        Column("client_phone", "phone", is_custom=True, is_personal=True),
        Column("opened", "created_at"),
        Column("state", "status"),
        Column("who", "title", is_personal=True),
        Column("summary", "description"),
        Column("reference", "reference"),
    ),
    title_from=TitleFrom.REFERENCE,
)
ODD = replace(TICKETS, columns=(*TICKETS.columns, Column("everything", "custom_fields")))
BY_ID = replace(TICKETS, columns=(*TICKETS.columns, Column("number", "id")))
MAPPINGS = {"built-in": TICKETS, "more": MORE, "odd": ODD, "by-id": BY_ID}
PAGES = {name: TicketPages(mapping) for name, mapping in MAPPINGS.items()}

KEYS = [
    "id", "title", "status", "assigned_to", "description", "category", "subcategory",
    "customer_name", "created_at", "updated_at", "reference", "custom_fields", "custom_fields",
    "nobody_knows",
]  # fmt: skip
CUSTOM_KEYS = ["dr_number", "zone_id", "phone", "nobody_knows"]
SOUND = ["a", " a b ", "", "two\nlines", 'a "quoted" word', "C:\\users", "FT499061 No light"]
TEXTS = st.one_of(
    st.sampled_from(SOUND),
    st.text(st.sampled_from('ab \t\n\r\\u0"\x00\x1c\x7f\x85é\u0301\u2028\ud800\udfff')),
    st.sampled_from(["2026-03-01T10:00:00Z", "2026-03-01T10:00:00", "12:00", "2026-03-01"]),
)
ODD_JSON = st.sampled_from(
    ["null", "true", "5", "-0.0", "1e999", "NaN", "9" * 200, "[]", '{"a": {"b": [1]}}', "{}", '"']
)


def as_json(text):
    """With escapes and without, as servers differ."""
    return st.booleans().map(lambda escapes: json.dumps(text, ensure_ascii=escapes))


# Mostly what is read by the type: one odd value in a ticket is enough that it is not.
PLAIN = st.one_of(st.just("null"), st.sampled_from(SOUND).map(json.dumps))
VALUES = st.one_of(*[PLAIN] * 8, TEXTS.flatmap(as_json), ODD_JSON)


def objects(keys, values):
    """Objects as text; a key may be there twice."""
    pairs = st.tuples(st.sampled_from(keys), values).map(lambda pair: f'"{pair[0]}": {pair[1]}')
    return st.lists(pairs, max_size=14).map(lambda found: "{" + ", ".join(found) + "}")


# As every listed ticket begins; a key that comes again replaces it.
HEAD = '{"id": "T-1", "title": "No light FT499061", "updated_at": "2026-03-01T10:00:00Z", '
TICKETS_AS_SENT = objects(KEYS, VALUES | objects(CUSTOM_KEYS, VALUES)).map(
    lambda text: (HEAD + text[1:]).replace(", }", "}")
)


def outcome(read):
    """The ticket with the payload's meaning, or that there is none."""
    try:
        ticket = read()
    except (TicketError, MalformedTicket, UnexpectedBody):
        return None
    payload = msgspec.json.encode(ticket.payload, order="deterministic")
    return [*ticket._replace(payload={}, digest=""), payload]


def from_a_page(sent, pages):
    envelope = b'{"data":{"tickets":[%b],"total":1,"page":1,"page_size":100,"has_more":false}}'
    page = pages.decode(envelope % sent)
    if not page.tickets:
        raise MalformedTicket(*page.malformed[0])
    return decoded(page.tickets[0])


@pytest.mark.parametrize("name", sorted(MAPPINGS))
@given(sent=TICKETS_AS_SENT)
def test_both_ways_read_the_same(name, sent):
    body = sent.encode("utf-8", "surrogatepass")
    closely = outcome(lambda: build_ticket(untyped(body), MAPPINGS[name]))
    assert outcome(lambda: from_a_page(body, PAGES[name])) == closely


def typed(fields, mapping=MORE):
    row = {"id": "T-1", "title": "No light", **fields}
    return TypedTickets(mapping).read(json.dumps(row).encode())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"description": 'two\nlines of "it" \\ \t ', "status": None, "custom_fields": {}},
        {"nobody_knows": [1, {"a": None}], "custom_fields": {"dr_number": " DR1", "more": 5}},
    ],
)
def test_a_usual_ticket_is_read_by_the_type(fields):
    assert typed(fields) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "\u00e9t\u00e9"},
        {"description": "a\r\nb"},
        {"description": "a\x00b"},
        {"status": 5},
        {"custom_fields": {"dr_number": 5}},
        {"custom_fields": None},
        {"id": 5},
        {"nobody_knows": "x" * MAX_TEXT_LENGTH},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_any_other_one_is_looked_at_closely(fields):
    assert typed(fields) is None


def test_the_payload_has_nothing_of_a_customer():
    personal = {"customer_name": "Nomvula", "custom_fields": {"phone": "+27", "dr_number": "DR1"}}
    read = typed(personal)
    assert read is not None
    values, payload = read
    assert (values["client_name"], values["client_phone"]) == ("Nomvula", "+27")
    assert payload == {"id": "T-1", "title": "No light", "custom_fields": {"dr_number": "DR1"}}


def test_a_listed_ticket_is_read_by_the_type():
    received = b'{"id": "T-1", "title": " No light "}'
    decode = PAGES["built-in"].decode_listed
    listed = ListedTicket(RemoteId("T-1"), None, "digest", len(received), received, decode)
    assert decoded(listed) == RemoteTicket(
        RemoteId("T-1"),
        {"title": "No light"},
        None,
        {"id": "T-1", "title": " No light "},
        digest="digest",
    )
