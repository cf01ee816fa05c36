"""One HTTP session to QContact: it sends calls, repeats what may be repeated, and keeps pace.

Knows no dialect: a `Call` says what to send and how to read a 2xx.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

import aiohttp
from pydantic import SecretStr
from yarl import URL

from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.core.ports import Clock
from qcontact_sync.qcontact.decode import UnexpectedBody
from qcontact_sync.qcontact.failures import (
    AttemptError,
    FailedAttempt,
    error_for,
    failure_of_exception,
    failure_of_status,
    http_date,
    unexpected_body,
)
from qcontact_sync.qcontact.pace import Pace, Sleep, WaitBudget
from qcontact_sync.qcontact.retry import retrying

log = logging.getLogger(__name__)
T = TypeVar("T")

CONNECT_TIMEOUT_S = 10.0
# Shorter than the five seconds after which common servers drop an idle connection: a write that
# meets a dropped one has an unknown outcome.
IDLE_CONNECTION_S = 4.0


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How a client behaves; every value has been checked where it was set.

    Attributes:
        timeout_s: For one attempt as a whole, from connecting to the last byte.
        retries: Further attempts per request.
        backoff_s: First wait between attempts; it doubles.
        retry_budget_s: Waiting on a failing remote in all (`pace.WaitBudget`).
        deadline_s: From the client's opening; no wait ends later. With it, pauses that the
            server asks for don't count against the budget.
        connections: Most requests at once.
        rate_per_s: Most requests a second; None is no limit.
        ca_file: PEM file of CAs that are trusted beside the system's.
        sleep: Waits that many seconds; tests pass one that doesn't.
    """

    clock: Clock
    timeout_s: float = 30.0
    retries: int = 3
    backoff_s: float = 1.0
    retry_budget_s: float = 120.0
    deadline_s: float | None = None
    connections: int = 16
    rate_per_s: float | None = None
    ca_file: str | None = None
    sleep: Sleep = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; ``server_time`` is its ``Date``, aware UTC."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def server_time(self) -> datetime | None:
        """The ``Date`` header, if there is a readable one."""
        return http_date(self.headers.get("Date"))


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One logical request.

    Attributes:
        name: Method and path template, for messages and log.
        path: Percent-encoded, below the base URL.
        read: Turns a 2xx into the result; raises `UnexpectedBody` for what it isn't.
        before_try: Called before every try, when all waiting is over; what it raises ends the call.
    """

    method: str
    name: str
    path: str
    read: Callable[[Answer], T]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_about_ticket: bool = True
    before_try: Callable[[], None] = lambda: None

    @property
    def is_write(self) -> bool:
        """Whether repeating it could do something twice."""
        return self.method in ("PATCH", "POST")


class Transport:
    """Sends calls; open one with `open_transport`."""

    def __init__(self, session: aiohttp.ClientSession, base: URL, options: ClientOptions) -> None:
        self._session = session
        self._base = str(base)
        self._options = options
        clock = options.clock
        budget = WaitBudget(options.retry_budget_s, options.deadline_s, clock)
        self._pace = Pace(
            connections=options.connections,
            rate_per_s=options.rate_per_s,
            patience=options.retries,
            budget=budget,
            clock=clock,
            sleep=options.sleep,
        )
        self._rejected: FailedAttempt | None = None

    async def send(self, call: Call[T]) -> T:
        """Send a call until it is answered, refused or given up.

        Raises:
            SyncError: As `failures.error_for` says.
        """
        request_id = str(uuid4())
        try:
            return await self._attempt(call, request_id)
        except AttemptError as error:
            first = error
        try:
            return await self._repeat(call, request_id, first)
        except AttemptError as error:
            failure = error.failure
        log.info(
            'qcontact.failed call="%s" request_id=%s code=%s detail=%s',
            call.name,
            request_id,
            failure.code,
            failure.detail,
        )
        # Raised out here so that the cause is the one chosen, not the wire's own exception.
        raise error_for(
            failure, call.name, is_write=call.is_write, is_about_ticket=call.is_about_ticket
        ) from failure.cause

    async def _repeat(self, call: Call[T], request_id: str, first: AttemptError) -> T:
        """Go on after a failed first attempt, which counts as the first for tenacity.

        Its machinery costs half as much as a request itself, so it starts when it is needed.
        """
        failures = [first]

        async def attempt() -> T:
            if failures:
                raise failures.pop()
            return await self._attempt(call, request_id)

        repeat = retrying(
            retries=self._options.retries,
            backoff_s=self._options.backoff_s,
            is_write=call.is_write,
            pace=self._pace,
            sleep=self._options.sleep,
            label=f'call="{call.name}" request_id={request_id}',
        )
        return await repeat(attempt)

    async def _attempt(self, call: Call[T], request_id: str) -> T:
        async with self._pace.slot():
            if self._rejected is not None:
                raise AttemptError(self._rejected)
            call.before_try()
            started = self._options.clock.monotonic()
            try:
                result = self._read(call, await self._exchange(call, request_id))
            except AttemptError as error:
                self._share_failure(error.failure, started)
                raise
            self._pace.count_success()
            return result

    async def _exchange(self, call: Call[Any], request_id: str) -> Answer:
        url = URL(self._base + call.path, encoded=True).with_query(dict(call.query))
        failure = None
        try:
            async with self._session.request(
                call.method,
                url,
                data=call.body,
                headers={"X-Request-ID": request_id, **call.headers},
                allow_redirects=False,
            ) as response:
                answer = Answer(response.status, response.headers, await response.read())
        except (aiohttp.ClientError, OSError) as error:
            failure = failure_of_exception(error)
        if failure is not None:
            raise AttemptError(failure)
        log.debug(
            'qcontact.answer call="%s" request_id=%s status=%d bytes=%d',
            call.name,
            request_id,
            answer.status,
            len(answer.body),
        )
        return answer

    def _read(self, call: Call[T], answer: Answer) -> T:
        now = self._options.clock.now()
        failure = failure_of_status(call.method, answer.status, answer.headers, answer.body, now)
        if failure is not None:
            raise AttemptError(failure)
        try:
            return call.read(answer)
        except UnexpectedBody as error:
            raise AttemptError(unexpected_body()) from error

    def _share_failure(self, failure: FailedAttempt, started: float) -> None:
        """Let the other requests know what concerns them too."""
        if failure.is_passing:
            self._pace.budget.spend_since(started)
        if failure.pause_s is not None:
            self._pace.pause(failure)
        if failure.code is ErrorCode.AUTHENTICATION_ERROR:
            self._rejected = failure


@asynccontextmanager
async def open_transport(
    url: str, authorization: SecretStr, options: ClientOptions
) -> AsyncIterator[Transport]:
    """A transport for the time of the block; nothing is sent yet.

    Args:
        authorization: The header of that name; empty for none. It stays wrapped up to here so
            that no frame of a traceback shows it.

    Raises:
        FatalError: ``CONFIG_ERROR``, the URL cannot be used.
    """
    base = _checked_base(url)
    # Less than the total, so that a timeout shows whether a request was sent.
    connect_s = min(CONNECT_TIMEOUT_S, options.timeout_s / 2)
    timeout = aiohttp.ClientTimeout(total=options.timeout_s, connect=connect_s)
    connector = aiohttp.TCPConnector(
        limit=options.connections,
        keepalive_timeout=IDLE_CONNECTION_S,
        ssl=_trusting(options.ca_file) if options.ca_file else True,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        headers=_session_headers(authorization),
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield Transport(session, base, options)


def _trusting(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(ca_file)
    return context


def _session_headers(authorization: SecretStr) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if authorization.get_secret_value():
        headers["Authorization"] = authorization.get_secret_value()
    return headers


def _checked_base(url: str) -> URL:
    try:
        base = URL(url.strip().rstrip("/"))
        (base.host or "").encode("idna")  # as the lookup does it
        is_usable = base.scheme in ("http", "https") and bool(base.host) and base.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or base.query_string or base.fragment or base.raw_user is not None:
        raise FatalError(
            "QCONTACT_API_URL (the connection's host) is not a usable base URL: it must look "
            "like https://host or https://host/prefix, without user, query or fragment",
            ErrorCode.CONFIG_ERROR,
        )
    return base
