"""What went wrong with one request, and what follows: a table, no I/O.

A `FailedAttempt` describes one attempt; `is_worth_repeating` says whether the same request may be
sent again, `error_for` which error of `core.errors` the caller sees in the end.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec
from yarl import URL

from qcontact_sync.core.errors import (
    ErrorCode,
    FatalError,
    OutcomeUnknown,
    RetryableError,
    SyncError,
    TicketError,
)
from qcontact_sync.core.model import SyncType

MIN_PAUSE_S = 1.0
DEFAULT_PAUSE_S = 5.0
"""Where ``Retry-After`` is missing on a 429 or says nothing readable."""
MAX_PAUSE_S = 366 * 86_400.0

_CODE_BY_STATUS = {
    400: ErrorCode.VALIDATION_ERROR,
    401: ErrorCode.AUTHENTICATION_ERROR,
    403: ErrorCode.AUTHORIZATION_ERROR,
    404: ErrorCode.NOT_FOUND,
    408: ErrorCode.TIMEOUT,
    409: ErrorCode.CONFLICT,
    422: ErrorCode.VALIDATION_ERROR,
    429: ErrorCode.RATE_LIMITED,
    500: ErrorCode.SERVER_ERROR,
    502: ErrorCode.SERVER_ERROR,
    503: ErrorCode.SERVER_ERROR,
    504: ErrorCode.SERVER_ERROR,
}
_PASSING_CODES = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.SERVER_ERROR,
        ErrorCode.NETWORK_ERROR,
        ErrorCode.TIMEOUT,
        ErrorCode.PARSE_ERROR,
    }
)
_REDIRECTS = range(300, 400)
MAX_SHOWN_HOST = 100
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """One failed attempt.

    Attributes:
        detail: HTTP status, or why no answer came; what to do about it, where that is known.
        may_be_applied: The request went out and no answer rules out that it was carried out.
        is_fatal: It will not pass and concerns every request: a certificate, a redirect.
        pause_s: How long all requests are to wait; None where only this one backs off.
        is_pause_asked: The server named the pause in a readable ``Retry-After``.
        field: The field that the server named, where it looks like a name.
        cause: To chain, where its text is known to be harmless.
    """

    code: ErrorCode
    detail: str
    may_be_applied: bool = False
    is_fatal: bool = False
    pause_s: float | None = None
    is_pause_asked: bool = False
    field: str | None = None
    cause: Exception | None = None

    @property
    def is_passing(self) -> bool:
        """Whether it may be gone a little later."""
        return self.code in _PASSING_CODES and not self.is_fatal


class AttemptError(Exception):
    """Carries a `FailedAttempt` out of an attempt; never leaves this room."""

    def __init__(self, failure: FailedAttempt) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class _ErrorDetail(msgspec.Struct):
    field: str | None = None


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail


def failure_of_status(
    method: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> FailedAttempt | None:
    """What an answer means, or None for a 2xx.

    Args:
        now: Stands in where the answer has no ``Date``.
    """
    if 200 <= status < 300:
        return None
    pause_s, is_asked = _pause(status, headers, now)
    return FailedAttempt(
        code=_CODE_BY_STATUS.get(status, ErrorCode.UNKNOWN_ERROR),
        detail=_redirect(status, headers) if status in _REDIRECTS else str(status),
        # A pause is an orderly refusal; every other 5xx and 408 may come from a proxy that
        # gave up on a server which did not. A POST done twice cannot be undone: none is orderly.
        may_be_applied=status == 408 or (status >= 500 and (pause_s is None or method == "POST")),
        is_fatal=status < 400,
        pause_s=pause_s,
        is_pause_asked=is_asked,
        field=_named_field(body),
    )


def _redirect(status: int, headers: Mapping[str, str]) -> str:
    """Where it points. Only the host: the rest of an address may contain secrets."""
    try:
        target = URL(headers.get("Location", ""))
        host = target.host or ""
    except ValueError:
        host = ""
    if not host or not host.isprintable() or len(host) > MAX_SHOWN_HOST:
        return f"{status}, a redirect to another path: correct QCONTACT_API_URL"
    port = f":{target.explicit_port}" if target.explicit_port else ""
    place = f"{target.scheme or 'https'}://{host}{port}"
    return (
        f"{status}, a redirect to {place}, which is not followed: "
        "if that is QContact, set QCONTACT_API_URL (the connection's host) to it"
    )


def unexpected_body() -> FailedAttempt:
    """A 2xx that is not the JSON expected: most often a proxy's page."""
    return FailedAttempt(ErrorCode.PARSE_ERROR, "2xx with an unexpected body", may_be_applied=True)


def too_large_body(limit: int) -> FailedAttempt:
    """A 2xx that is larger than any that QContact's API promises."""
    detail = f"2xx with more than {limit // 1024**2} MB"
    return FailedAttempt(ErrorCode.PARSE_ERROR, detail, may_be_applied=True)


def is_worth_repeating(
    failure: FailedAttempt, *, is_write: bool, attempts: int, retries: int
) -> bool:
    """Whether the request may be sent once more after ``attempts`` attempts."""
    if not failure.is_passing:
        return False
    if is_write and failure.may_be_applied:
        return False
    return attempts <= (min(retries, 1) if failure.code is ErrorCode.PARSE_ERROR else retries)


def error_for(
    failure: FailedAttempt,
    call: str,
    *,
    writes: tuple[SyncType, ...] = (),
    is_about_ticket: bool = True,
) -> SyncError:
    """The error that the caller sees; its message names call and code and nothing received.

    Args:
        writes: The kinds of write that the call is; none for a read.
    """
    named = f" (field {failure.field})" if failure.field else ""
    message = f"{call}: {failure.detail} {failure.code}{named}"
    code = failure.code
    if failure.is_fatal or code is ErrorCode.AUTHENTICATION_ERROR:
        return FatalError(message, code)
    if writes and failure.may_be_applied:
        return OutcomeUnknown(message, code)
    if failure.is_passing:
        asked = timedelta(seconds=failure.pause_s) if failure.pause_s is not None else None
        return RetryableError(message, code, retry_after=asked)
    if is_about_ticket:
        return TicketError(message, code, field=failure.field, writes=writes)
    return FatalError(message, code)


def http_date(text: str | None) -> datetime | None:
    """An HTTP date as aware UTC, or None where there is none to read."""
    try:
        date = parsedate_to_datetime(text or "")
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        # A zone may put the first or last day of the calendar outside it.
        return None


def _pause(status: int, headers: Mapping[str, str], now: datetime) -> tuple[float | None, bool]:
    asked = headers.get("Retry-After")
    if status != 429 and not (status == 503 and asked is not None):
        return None, False
    # Against the server's own clock, so that ours decides nothing.
    pause_s = requested_pause_s(asked or "", http_date(headers.get("Date")) or now)
    return (DEFAULT_PAUSE_S, False) if pause_s is None else (pause_s, True)


def requested_pause_s(retry_after: str, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for, at least `MIN_PAUSE_S`; None for garbage."""
    retry_after = retry_after.strip()
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", retry_after):
        seconds = float(retry_after)
    elif date := http_date(retry_after):
        seconds = (date - now).total_seconds()
    else:
        return None
    return min(max(seconds, MIN_PAUSE_S), MAX_PAUSE_S)


def _named_field(body: bytes) -> str | None:
    try:
        field = msgspec.json.decode(body, type=_ErrorBody).error.field
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return field if field and _IDENTIFIER.fullmatch(field) else None
