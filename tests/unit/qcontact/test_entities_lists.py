"""Rows and events of the entities dialect."""

import json
from datetime import UTC, datetime

import pytest
from qcontact_sync.qcontact.entities_lists import (
    build_row,
    decode_events,
    decode_rows,
    row_digest,
)
from qcontact_sync.qcontact.json_bodies import UnexpectedBody

ROW = {
    "id": 21924990061,
    "entity_type": "Case",
    "label": "Connection Issue FT499061",
    "icon": "case",
    "status": "In Progress",
    "__status": "InProgress",
    "__status__color": "#f00",
    "category": "Connectivity",
    "assigned_to": "Thabo Example",
    "__assigned_to": 21924332416,
    "contact": "Nomvula Example",
    "__contact": 21924000001,
    "created_at": "2026-03-01T10:00:00.123Z",
}


def a_list(*rows, **changes):
    pagination = {"count": len(rows), "page": 1, "items": 50, "pages": 1}
    return json.dumps(
        {"columns": [], "results": rows, "pagination": pagination, **changes}
    ).encode()


def changed(**changes):
    return row_digest({**ROW, **changes})


def test_a_row_is_read():
    row = build_row(ROW)
    assert (row.id, row.status) == ("21924990061", "InProgress")
    assert row.created_at == datetime(2026, 3, 1, 10, 0, 0, 123_000, UTC)


def test_a_row_may_have_hardly_any_column():
    row = build_row({"id": "7"})
    assert (row.id, row.status, row.created_at) == ("7", None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"label": "Another FT499061"},
        {"__status": "Solved"},
        {"status": "Solved"},
        {"__assigned_to": 5},
        {"assigned_to": "Someone Else"},
        {"assigned_to": None},
        {"__category": "x"},
        {"c__dr_location": "Road 5"},
    ],
)
def test_a_change_that_a_row_shows_changes_its_digest(change):
    assert changed(**change) != row_digest(ROW)


@pytest.mark.parametrize(
    "change",
    [
        {"icon": "bug"},
        {"__status__color": "#0f0"},
        {"__category__color": "#0f0"},
        {"__status__icon": "x"},
        {"__contact": "21924000001"},
        {"an_empty_column": None},
        {"another": ""},
        {"label": " Connection Issue FT499061"},
    ],
)
def test_looks_and_empty_columns_do_not_count(change):
    assert changed(**change) == row_digest(ROW)


def test_the_order_of_columns_does_not_count():
    assert row_digest(dict(reversed(ROW.items()))) == row_digest(ROW)


def test_nested_values_are_compared_without_their_order():
    one, other = {"id": 1, "label": "x", "icon": "a"}, {"label": "x", "id": "1", "icon": "b"}
    assert changed(c__x=one) == changed(c__x=other)
    assert changed(c__x=[1, 2]) != changed(c__x=[2, 1])


def test_a_value_of_any_depth_is_compared():
    deep = json.loads('{"a":' * 400 + "1" + "}" * 400)
    assert changed(c__x=deep) != row_digest(ROW)


def test_a_page_is_read():
    pagination = {"count": 120, "page": 2, "items": 25, "pages": 5}
    now = datetime(2026, 3, 1, tzinfo=UTC)
    body = a_list(ROW, {"label": "no id"}, {"id": 3, "entity_type": "Lead"}, pagination=pagination)
    page = decode_rows(body, page=2, page_size=50, server_time=now)
    assert [row.id for row in page.rows] == ["21924990061"]
    assert [remote_id for remote_id, _ in page.malformed] == ["", "3"]
    assert (page.count, page.page, page.page_size, page.pages) == (120, 2, 25, 5)
    assert page.server_time == now


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"pagination": None, "total": 7}, 7),
        ({"pagination": {}, "total": "7"}, 7),
        ({"pagination": {"count": -1}}, None),
        ({"pagination": {"count": "many"}}, None),
        ({"pagination": []}, None),
    ],
)
def test_what_the_server_does_not_say_is_as_asked_for(changes, count):
    page = decode_rows(a_list(ROW, **changes), page=3, page_size=50)
    assert (page.count, page.page, page.page_size, page.pages) == (count, 3, 50, None)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>", b'{"results": null}', b'{"error": "x"}', a_list(*[{"x": 1}] * 10)],
)
def test_what_is_no_list_is_not_believed(body):
    with pytest.raises(UnexpectedBody):
        decode_rows(body, page=1, page_size=50)


# --- events ---------------------------------------------------------------------------------------


def an_event(number, **changes):
    return {"id": number, "event_type": "note", "subtitle": f"Note {number}", **changes}


@pytest.mark.parametrize("wrapped", [True, False])
def test_notes_are_found_among_events(wrapped):
    events = [
        an_event(3, public_note=True),
        an_event(2, event_type="status_change"),
        an_event(1, subtitle=None, html="<p>Done &amp; dusted</p>"),
    ]
    page = decode_events(json.dumps({"results": events} if wrapped else events).encode())
    assert list(page.ids) == ["3", "2", "1"]
    assert [(n.id, n.content, n.is_internal) for n in page.notes] == [
        ("3", "Note 3", False),
        ("1", "Done & dusted", True),
    ]
    assert page.is_readable


@pytest.mark.parametrize("event", [5, {"event_type": "note"}, an_event(1, subtitle=None)])
def test_a_list_with_a_gap_says_so(event):
    assert not decode_events(json.dumps([event]).encode()).is_readable


@pytest.mark.parametrize("body", [b"", b"{}", b'{"results": 5}', b"null"])
def test_what_is_no_list_of_events_is_not_believed(body):
    with pytest.raises(UnexpectedBody):
        decode_events(body)


@pytest.mark.parametrize(
    ("ids", "seen", "count", "is_end"),
    [
        ([], 40, None, True),
        (["1", "2", "3"], 3, None, True),
        (["1"] * 20, 43, None, True),
        # The first page again, as long as a page may be: there may be more.
        (["1"] * 20, 20, None, False),
        (["1"] * 20, 20, 20, True),
        (["1", "2", "3"], 3, 9, False),
    ],
)
def test_a_page_that_repeats_ends_the_list_unless_more_may_be_hidden(ids, seen, count, is_end):
    listing = {"results": [an_event(i) for i in ids], "pagination": {"count": count}}
    assert decode_events(json.dumps(listing).encode()).ends_list(seen) is is_end
