"""A run's params, read strictly: what cannot be meant is refused by name."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.core.model import Direction
from qcontact_sync.core.params import PARAM_NAMES
from qcontact_sync.core.request import ParamError, RunRequest, parse_request

SECRET = "hunter2"
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_params_are_those_of_the_dag():
    assert set(PARAM_NAMES) == {
        "start_date",
        "end_date",
        "sync_direction",
        "ticket_ids",
        "force_resync",
        "dry_run",
        "confirm_outbound",
    }


@pytest.mark.parametrize("params", [{}, dict.fromkeys(PARAM_NAMES)], ids=["missing", "null"])
def test_missing_and_null_mean_the_default(params):
    assert parse_request(params) == RunRequest(
        None, None, "both", (), force_resync=False, dry_run=False, confirm_outbound=False
    )


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize(
    ("given_date", "expected"),
    [
        pytest.param("2026-11-23T06:00:00Z", SIX, id="zulu"),
        pytest.param("2026-11-23T06:00:00", SIX, id="no-zone-is-utc"),
        pytest.param("2026-11-23 06:00", SIX, id="blank-no-zone"),
        pytest.param(" 2026-11-23T06:00:00Z\n", SIX, id="blanks-around"),
        pytest.param("2026-11-23T08:00:00+02:00", SIX, id="offset"),
        pytest.param("20261123T060000Z", SIX, id="basic"),
        pytest.param("2026-11-23", SIX.replace(hour=0), id="date-only"),
        pytest.param("2026-11-23T06:00:00.123456Z", SIX.replace(microsecond=123456), id="micros"),
        pytest.param(SIX, SIX, id="datetime"),
        pytest.param(SIX.replace(tzinfo=None), SIX, id="naive-datetime-is-utc"),
        pytest.param(SIX.astimezone(timezone(timedelta(hours=-5))), SIX, id="aware-elsewhere"),
    ],
)
def test_date_is_read_as_an_instant_in_utc(name, given_date, expected):
    read = getattr(parse_request({name: given_date}), name)
    assert read == expected
    assert read.tzinfo is UTC


def test_the_first_year_is_taken_whole():
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_request({"start_date": begin}).start_date == begin


BAD = [
    ("start_date", f"{SECRET}"),
    ("start_date", ""),
    ("start_date", "yesterday"),
    ("start_date", "23/11/2026"),
    ("start_date", "2026-13-01"),
    ("start_date", "2026-02-30T00:00:00Z"),
    ("start_date", "2026-11-23T25:00:00Z"),
    ("start_date", "0001-01-01T00:00:00+05:00"),
    ("start_date", "0001-01-01"),
    ("start_date", "0000-01-01"),
    ("start_date", "9999-12-31T23:59:59-05:00"),
    ("end_date", "9999-12-31T23:59:59-05:00"),
    ("start_date", 1_790_000_000),
    ("end_date", True),
    ("end_date", date(2026, 11, 23)),
    ("end_date", ["2026-11-23"]),
    ("sync_direction", "sideways"),
    ("sync_direction", "Both"),
    ("sync_direction", ""),
    ("sync_direction", ["both"]),
    ("sync_direction", {"a": SECRET}),
    ("ticket_ids", SECRET),
    ("ticket_ids", 5),
    ("ticket_ids", {"a": 1}),
    ("ticket_ids", [None]),
    ("ticket_ids", [["a"]]),
    ("ticket_ids", [1.5]),
    ("ticket_ids", [True]),
    ("ticket_ids", [""]),
    ("ticket_ids", ["a", "  "]),
    ("ticket_ids", [f"{SECRET}\x00"]),
    ("ticket_ids", [f"{SECRET}\ud800"]),
    *((switch, value) for switch in ("force_resync", "dry_run", "confirm_outbound")
      for value in ("true", "", 1, 0, [], SECRET)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda v: ascii(v)[:30].replace("\\", "%"))
def test_bad_param_is_refused_by_name_and_never_by_value(name, value):
    with pytest.raises(ParamError) as refused:
        parse_request({name: value})
    assert name in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.code is ErrorCode.VALIDATION_ERROR
    assert isinstance(refused.value, FatalError)


@pytest.mark.parametrize("name", ["startdate", "START_DATE", "window", " dry_run"])
def test_unknown_param_is_named(name):
    with pytest.raises(ParamError) as refused:
        parse_request({name: SECRET, "dry_run": True})
    assert str(refused.value) == f"unknown param {name}; known are {', '.join(PARAM_NAMES)}"


def test_all_unknown_params_are_named():
    with pytest.raises(ParamError, match="unknown param a, b;"):
        parse_request({"b": 1, "a": 2})


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"sync_direction": "up"}, "sync_direction is not one of both, inbound, outbound"),
        ({"ticket_ids": 5}, "ticket_ids is not a list of ids"),
        ({"ticket_ids": [" "]}, "ticket_ids holds an empty id"),
        (
            {"ticket_ids": ["\0"]},
            "ticket_ids holds an id with characters that cannot be stored",
        ),
    ],
    ids=["direction", "no-list", "empty-id", "nul"],
)
def test_a_refusal_says_what_is_wrong(params, why):
    with pytest.raises(ParamError) as refused:
        parse_request(params)
    assert str(refused.value) == why


@pytest.mark.parametrize("end", [SIX, SIX - timedelta(microseconds=1), SIX - timedelta(days=400)])
def test_end_that_is_not_after_the_start_is_refused(end):
    with pytest.raises(ParamError, match=r"end_date.*start_date"):
        parse_request({"start_date": SIX, "end_date": end})


def test_dates_are_compared_as_instants():
    with pytest.raises(ParamError):
        parse_request(
            {"start_date": "2026-11-23T06:00:00Z", "end_date": "2026-11-23T07:00:00+02:00"}
        )


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("both", (Direction.INBOUND, Direction.OUTBOUND)),
        ("inbound", (Direction.INBOUND,)),
        ("outbound", (Direction.OUTBOUND,)),
    ],
)
def test_directions_run_inbound_first(direction, expected):
    assert parse_request({"sync_direction": direction}).directions == expected


@pytest.mark.parametrize(
    ("given_ids", "expected"),
    [
        ([], ()),
        (["b", "a", "b"], ("b", "a")),
        ([" FT100001 ", 4711, "4711"], ("FT100001", "4711")),
        (("a",), ("a",)),
        (["Ticket é"], ("Ticket é",)),
    ],
)
def test_ticket_ids_keep_their_order_and_come_once(given_ids, expected):
    assert parse_request({"ticket_ids": given_ids}).ticket_ids == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, False), ({"start_date": SIX}, True), ({"end_date": SIX}, True)],
)
def test_a_run_with_either_date_is_dated(params, expected):
    assert parse_request(params).is_dated is expected


moments = st.integers(-(10**9), 10**9).map(lambda s: SIX + timedelta(seconds=s))
requests = st.fixed_dictionaries(
    {},
    optional={
        "start_date": moments,
        "sync_direction": st.sampled_from(["both", "inbound", "outbound"]),
        "ticket_ids": st.lists(st.integers() | st.from_regex(r"[A-Za-z0-9-]{1,9}", fullmatch=True)),
        "force_resync": st.booleans(),
        "dry_run": st.booleans(),
        "confirm_outbound": st.booleans(),
    },
)


@given(requests)
def test_a_request_survives_a_trip_as_json(params):
    request = parse_request(params)
    assert parse_request(json.loads(json.dumps(request.to_dict()))) == request


def test_an_end_without_a_start_survives_the_trip_too():
    request = parse_request({"end_date": SIX})
    assert parse_request(request.to_dict()) == request


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(PARAM_NAMES) | st.text(), anything))
def test_any_params_are_read_or_refused(params):
    """Nothing but a request or a refusal comes out, and the refusal names a param."""
    try:
        request = parse_request(params)
    except ParamError as error:
        refused = str(error)
    else:
        refused = ", ".join(params)
        assert set(params) <= set(PARAM_NAMES)
        assert parse_request(request.to_dict()) == request
    assert not params or any(name in refused for name in params)


@given(st.text(st.sampled_from("0123456789-+:TZW. "), max_size=30))
def test_any_date_text_is_an_instant_that_can_be_reckoned_with_or_is_refused(text):
    try:
        start = parse_request({"start_date": text}).start_date
    except ParamError:
        return
    assert start.utcoffset() == timedelta(0)
    assert start - timedelta(days=1) < start
