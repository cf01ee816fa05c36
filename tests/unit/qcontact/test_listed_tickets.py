"""Listed tickets that are not decoded until somebody asks for their values."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.columns import Column
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.listed import decoded
from qcontact_sync.core.model import RemoteTicket
from qcontact_sync.qcontact.decode import build_ticket
from qcontact_sync.qcontact.listed_tickets import TicketPages

TICKET = {
    "id": "TKT-1",
    "title": "No light",
    "status": "New",
    "updated_at": "2026-03-01T10:00:00Z",
    "custom_fields": {"dr_number": "DR1"},
}


def listed(*rows, mapping=TICKETS):
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    body = '{"data":{"tickets":[%s],"total":1,"page":1,"page_size":100,"has_more":false}}'
    return TicketPages(mapping).decode((body % ",".join(texts)).encode("utf-8", "surrogatepass"))


def only(row, mapping=TICKETS):
    (ticket,) = listed(row, mapping=mapping).tickets
    return ticket


FIELDS = st.dictionaries(
    st.sampled_from(["description", "status", "priority", "assigned_to", "custom_fields"]),
    st.one_of(st.none(), st.text(), st.integers(), st.dictionaries(st.text(), st.text())),
)


@given(st.text(min_size=1), FIELDS)
def test_it_decodes_to_what_the_whole_object_says(title, fields):
    row = {**TICKET, "title": title, **fields}
    page = listed(row)
    whole = [build_ticket(row)._replace(digest=decoded(t).digest) for t in page.tickets]
    assert [decoded(t) for t in page.tickets] == whole
    assert [(t.id, t.updated_at) for t in page.tickets] == [(t.id, t.updated_at) for t in whole]


def test_the_same_object_has_the_same_digest_in_every_page_and_another_one_has_another():
    assert only(TICKET).digest == listed({**TICKET, "id": "TKT-2"}, TICKET).tickets[1].digest
    assert only(TICKET).digest != only({**TICKET, "status": "Open"}).digest
    assert decoded(only(TICKET)).digest == only(TICKET).digest


def test_another_order_of_the_same_object_is_another_digest_and_the_same_ticket():
    turned = dict(reversed(TICKET.items()))
    assert only(turned).digest != only(TICKET).digest
    assert decoded(only(turned)).values == decoded(only(TICKET)).values


def test_a_mapping_that_reads_more_of_an_object_has_other_digests():
    more = replace(TICKETS, columns=(*TICKETS.columns, Column("client_name", "customer_name")))
    assert only(TICKET, more).digest != only(TICKET).digest


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 1},
        {"updated_at": None},
        {"updated_at": "2026-03-01T10:00:00Z\0"},
        {"updated_at": 1},
        {"title": "\ud800 light"},
    ],
    ids=str,
)
def test_an_odd_one_is_decoded_at_once(odd):
    assert isinstance(only({**TICKET, **odd}), RemoteTicket)


@pytest.mark.parametrize("title", ["", " ", None, 1, "\0"])
def test_one_without_a_title_is_malformed(title):
    page = listed({**TICKET, "title": title})
    assert not page.tickets
    assert [remote_id for remote_id, _ in page.malformed] == ["TKT-1"]


def test_a_lone_surrogate_in_a_field_that_was_not_looked_at_is_dropped():
    ticket = only({**TICKET, "description": "a\ud800b"})
    assert decoded(ticket).values["description"] == "ab"


def test_one_that_turns_out_to_be_unreadable_is_a_failed_ticket():
    with pytest.raises(TicketError) as refused:
        decoded(only(TICKET)._replace(received=b'{"id": "TKT-1"'))
    assert refused.value.code is ErrorCode.VALIDATION_ERROR
