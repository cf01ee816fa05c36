"""What an answer, or none, leads to: the contract's error table."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    OutcomeUnknown,
    RetryableError,
    TicketError,
)
from qcontact_sync.core.model import SyncType
from qcontact_sync.qcontact.failures import (
    DEFAULT_PAUSE_S,
    MAX_PAUSE_S,
    MIN_PAUSE_S,
    error_for,
    failure_of_status,
    http_date,
    is_worth_repeating,
    requested_pause_s,
    unexpected_body,
)
from qcontact_sync.qcontact.wire_failures import failure_of_exception

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
READ, WRITE = "GET", "PATCH"


def outcome(method, failure, *, is_about_ticket=True):
    is_write = method != READ
    error = error_for(
        failure,
        f"{method} /tickets/{{id}}",
        writes=(SyncType.STATUS_UPDATE,) if is_write else (),
        is_about_ticket=is_about_ticket,
    )
    is_repeated = is_worth_repeating(failure, is_write=is_write, attempts=1, retries=3)
    return type(error), error.code, is_repeated


@pytest.mark.parametrize(
    ("status", "kind", "code", "is_repeated"),
    [
        (301, FatalError, "UNKNOWN_ERROR", False),
        (400, TicketError, "VALIDATION_ERROR", False),
        (401, FatalError, "AUTHENTICATION_ERROR", False),
        (403, TicketError, "AUTHORIZATION_ERROR", False),
        (404, TicketError, "NOT_FOUND", False),
        (405, TicketError, "UNKNOWN_ERROR", False),
        (408, RetryableError, "TIMEOUT", True),
        (409, TicketError, "CONFLICT", False),
        (413, TicketError, "UNKNOWN_ERROR", False),
        (422, TicketError, "VALIDATION_ERROR", False),
        (429, RetryableError, "RATE_LIMITED", True),
        (500, RetryableError, "SERVER_ERROR", True),
        (501, TicketError, "UNKNOWN_ERROR", False),
        (502, RetryableError, "SERVER_ERROR", True),
        (503, RetryableError, "SERVER_ERROR", True),
        (504, RetryableError, "SERVER_ERROR", True),
    ],
)
def test_a_status_on_a_read(status, kind, code, is_repeated):
    failure = failure_of_status(READ, status, {}, b"", NOW)
    assert outcome(READ, failure) == (kind, ErrorCode(code), is_repeated)


@pytest.mark.parametrize(
    ("method", "status", "headers", "kind", "is_repeated"),
    [
        ("PATCH", 408, {}, OutcomeUnknown, False),
        ("PATCH", 429, {}, RetryableError, True),
        ("PATCH", 500, {}, OutcomeUnknown, False),
        ("PATCH", 503, {}, OutcomeUnknown, False),
        ("PATCH", 503, {"Retry-After": "5"}, RetryableError, True),
        ("PATCH", 520, {}, OutcomeUnknown, False),
        ("POST", 408, {}, OutcomeUnknown, False),
        ("POST", 429, {"Retry-After": "5"}, RetryableError, True),
        ("POST", 503, {"Retry-After": "5"}, OutcomeUnknown, False),
        ("POST", 504, {}, OutcomeUnknown, False),
        ("PATCH", 401, {}, FatalError, False),
        ("PATCH", 409, {}, TicketError, False),
        ("POST", 422, {}, TicketError, False),
    ],
)
def test_a_status_on_a_write(method, status, headers, kind, is_repeated):
    """Repeated only where the answer says that nothing was done."""
    failure = failure_of_status(method, status, headers, b"", NOW)
    assert outcome(method, failure)[::2] == (kind, is_repeated)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_2xx_is_no_failure(status):
    assert failure_of_status(READ, status, {}, b"", NOW) is None


@pytest.mark.parametrize("status", [400, 403, 404, 422, 405])
def test_what_a_ticket_may_answer_stops_the_run_on_a_list(status):
    failure = failure_of_status(READ, status, {}, b"", NOW)
    assert outcome(READ, failure, is_about_ticket=False)[0] is FatalError


NOBODY_HOME = aiohttp.ClientConnectorError(None, OSError(111, "refused"))


@pytest.mark.parametrize(
    ("error", "code", "kind_of_write"),
    [
        pytest.param(NOBODY_HOME, "NETWORK_ERROR", RetryableError, id="no-connection"),
        pytest.param(
            aiohttp.ConnectionTimeoutError(), "NETWORK_ERROR", RetryableError, id="slow-connection"
        ),
        pytest.param(TimeoutError(), "TIMEOUT", OutcomeUnknown, id="no-answer-in-time"),
        pytest.param(aiohttp.SocketTimeoutError(), "TIMEOUT", OutcomeUnknown, id="silence"),
        pytest.param(
            aiohttp.ServerDisconnectedError(), "NETWORK_ERROR", OutcomeUnknown, id="reset"
        ),
        pytest.param(ConnectionResetError(), "NETWORK_ERROR", OutcomeUnknown, id="reset-by-peer"),
        pytest.param(aiohttp.ClientPayloadError(), "NETWORK_ERROR", OutcomeUnknown, id="half"),
    ],
)
def test_no_answer(error, code, kind_of_write):
    """Only a write that never found a connection is known not to have happened."""
    failure = failure_of_exception(error)
    assert outcome(READ, failure) == (RetryableError, ErrorCode(code), True)
    is_repeated = kind_of_write is RetryableError
    assert outcome(WRITE, failure) == (kind_of_write, ErrorCode(code), is_repeated)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NOBODY_HOME, "nothing listens at the server's host and port"),
        (aiohttp.ClientConnectorError(None, OSError(113, "no route")), "cannot be reached"),
        (aiohttp.ClientConnectorDNSError(None, OSError(-2, "x")), "host name is not known"),
        (aiohttp.ServerDisconnectedError(), "closed the connection without an answer"),
        (aiohttp.SocketTimeoutError(), "no answer in time"),
        (aiohttp.ConnectionTimeoutError(), "does not accept the connection in time"),
        (ConnectionResetError(), "the connection was cut"),
        (aiohttp.ClientPayloadError(), "the answer ended before its end"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_why_no_answer_came_is_said_in_plain_words(error, said):
    assert said in failure_of_exception(error).detail


def test_a_body_that_is_not_the_promised_json_is_read_again_once():
    failure = unexpected_body()
    assert is_worth_repeating(failure, is_write=False, attempts=1, retries=3)
    assert not is_worth_repeating(failure, is_write=False, attempts=2, retries=3)
    assert outcome(WRITE, failure) == (OutcomeUnknown, ErrorCode.PARSE_ERROR, False)


def test_attempts_end_after_the_retries():
    failure = failure_of_status(READ, 500, {}, b"", NOW)
    repeated = [
        is_worth_repeating(failure, is_write=False, attempts=n, retries=3) for n in range(1, 6)
    ]
    assert repeated == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("retry_after", "expected_s"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("2.5", 2.5),
        ("0", MIN_PAUSE_S),
        ("-5", MIN_PAUSE_S),
        ("86400", 86_400.0),
        ("9" * 400, MAX_PAUSE_S),
        ("Sun, 01 Mar 2026 10:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 +0200", 30.0),
        ("Sun, 01 Mar 2026 09:00:00 GMT", MIN_PAUSE_S),
        ("Fri, 01 Jan 9999 00:00:00 GMT", MAX_PAUSE_S),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("nan", None),
        ("Sun, 99 Mar 2026 10:00:00 GMT", None),
        ("\u0663", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(retry_after, expected_s):
    assert requested_pause_s(retry_after, NOW) == expected_s


@pytest.mark.parametrize(
    ("status", "headers", "pause_s", "is_asked"),
    [
        (429, {"Retry-After": "9"}, 9.0, True),
        (429, {"Retry-After": "soon"}, DEFAULT_PAUSE_S, False),
        (429, {}, DEFAULT_PAUSE_S, False),
        (503, {"Retry-After": "9"}, 9.0, True),
        (503, {}, None, False),
        (500, {"Retry-After": "9"}, None, False),
    ],
)
def test_what_pauses_every_request(status, headers, pause_s, is_asked):
    failure = failure_of_status(READ, status, headers, b"", NOW)
    assert (failure.pause_s, failure.is_pause_asked) == (pause_s, is_asked)


def test_a_retry_date_is_measured_by_the_servers_own_clock():
    server_now = NOW + timedelta(hours=2)
    stamp = "%a, %d %b %Y %H:%M:%S GMT"
    headers = {
        "Date": server_now.strftime(stamp),
        "Retry-After": (server_now + timedelta(seconds=20)).strftime(stamp),
    }
    assert failure_of_status(READ, 429, headers, b"", NOW).pause_s == 20.0


def test_the_caller_learns_how_long_the_server_wants_to_be_left_alone():
    failure = failure_of_status(READ, 429, {"Retry-After": "9"}, b"", NOW)
    error = error_for(failure, "GET /tickets", is_about_ticket=False)
    assert isinstance(error, RetryableError)
    assert error.retry_after == timedelta(seconds=9)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"error": {"message": "m", "field": "custom_fields.zone_id"}}', "custom_fields.zone_id"),
        (b'{"error": {"message": "m", "field": "Nomvula Example"}}', None),
        (b'{"error": {"message": "m", "field": 5}}', None),
        (b'{"error": "m"}', None),
        (b"<html>", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_the_error_names_call_code_and_field_and_nothing_else(body, field):
    failure = failure_of_status(WRITE, 422, {}, body, NOW)
    error = error_for(failure, "PATCH /tickets/{id}", writes=(SyncType.STATUS_UPDATE,))
    assert isinstance(error, TicketError)
    assert error.field == field
    suffix = f" (field {field})" if field else ""
    assert str(error) == f"PATCH /tickets/{{id}}: 422 VALIDATION_ERROR{suffix}"


@pytest.mark.parametrize("text", [None, "", "yesterday", "Sun, 01 Mar 99999999 10:00:00 GMT"])
def test_a_date_that_cannot_be_read_is_none(text):
    assert http_date(text) is None


def test_a_date_is_aware_utc_even_without_a_known_zone():
    assert http_date("Sun, 01 Mar 2026 10:00:00 -0000") == NOW
