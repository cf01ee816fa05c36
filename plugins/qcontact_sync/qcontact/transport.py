"""One HTTP session to QContact: it sends calls, repeats what may be repeated, and keeps pace.

Knows no dialect: a `Call` says what to send and how to read a 2xx.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from yarl import URL

from qcontact_sync.core.ports import Clock
from qcontact_sync.qcontact.addresses import checked_base, proxy_of
from qcontact_sync.qcontact.authentication import (
    Authentication,
    CredentialsRefused,
    NotSignedIn,
    RequestCredentials,
)
from qcontact_sync.qcontact.calls import Answer, Call
from qcontact_sync.qcontact.failures import (
    AttemptError,
    FailedAttempt,
    error_for,
    failure_of_status,
    unexpected_body,
)
from qcontact_sync.qcontact.json_bodies import UnexpectedBody
from qcontact_sync.qcontact.pace import Pace, Sleep, WaitBudget

if TYPE_CHECKING:
    from qcontact_sync.qcontact.exchange import Exchange

log = logging.getLogger(__name__)
T = TypeVar("T")


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
        allow_http: Another machine may be talked to without TLS.
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
    allow_http: bool = False
    sleep: Sleep = asyncio.sleep


class Transport:
    """Sends calls; open one with `open_transport`."""

    def __init__(
        self,
        connect: Callable[[], "Exchange"],
        authentication: Authentication,
        options: ClientOptions,
    ) -> None:
        self._connect = connect
        self._exchange: Exchange | None = None
        self._authentication = authentication
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

    async def close(self) -> None:
        """Close all connections."""
        if self._exchange is not None:
            await self._exchange.close()

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
            failure, call.name, writes=call.writes, is_about_ticket=call.is_about_ticket
        ) from failure.cause

    async def _repeat(self, call: Call[T], request_id: str, first: AttemptError) -> T:
        """Go on after a failed first attempt, which counts as the first for tenacity.

        Its machinery costs half as much as a request itself, so it starts when it is needed.
        """
        from qcontact_sync.qcontact.retry import retrying

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
        """One attempt; where its credentials are refused, again with renewed ones."""
        is_renewed = False
        while True:
            if not call.is_sign_in:
                self._require_accepted()
                # Before a slot is taken: a sign-in needs one itself.
                await self._authentication.prepare(self.send)
            try:
                return await self._try(call, request_id)
            except NotSignedIn:
                # Meanwhile another request was refused, and is getting new credentials for all.
                continue
            except CredentialsRefused as error:
                refused = error
            if self._authentication.has_other_than(refused.sent):
                # However often: each time another request has been served.
                continue
            if is_renewed or not await self._authentication.renew(refused.sent, self.send):
                self._rejected = refused.failure
                raise refused
            is_renewed = True

    async def _try(self, call: Call[T], request_id: str) -> T:
        async with self._pace.slot():
            credentials = None
            if not call.is_sign_in:
                self._require_accepted()
                credentials = self._authentication.credentials()
            call.before_try()
            started = self._options.clock.monotonic()
            try:
                answer = await self._connected().send(call, request_id, credentials)
                if credentials is not None:
                    self._require_accepted_by(answer, credentials)
                result = self._read(call, answer)
            except AttemptError as error:
                self._share_failure(error.failure, started)
                raise
            self._pace.count_success()
            return result

    def _connected(self) -> "Exchange":
        if self._exchange is None:
            self._exchange = self._connect()
        return self._exchange

    def _require_accepted(self) -> None:
        if self._rejected is not None:
            raise AttemptError(self._rejected)

    def _require_accepted_by(self, answer: Answer, credentials: RequestCredentials) -> None:
        """Follow the credentials: refused, or accepted and perhaps exchanged for others."""
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise CredentialsRefused(credentials)
        self._authentication.answered(credentials, answer.headers)

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


@asynccontextmanager
async def open_transport(
    url: str, authentication: Authentication, options: ClientOptions
) -> AsyncIterator[Transport]:
    """A transport for the time of the block; nothing is sent yet.

    Args:
        url: As `addresses.checked_base` takes it.

    Raises:
        FatalError: ``CONFIG_ERROR``, the URL or the environment's proxy cannot be used.
    """
    base = checked_base(url, allow_http=options.allow_http)
    proxy = proxy_of(base)
    transport = Transport(lambda: _exchange(base, proxy, options), authentication, options)
    try:
        yield transport
    finally:
        await transport.close()


def _exchange(base: URL, proxy: URL | None, options: ClientOptions) -> "Exchange":
    # With the first request: a run that has nothing to send saves the import of aiohttp.
    from qcontact_sync.qcontact.exchange import open_exchange

    return open_exchange(
        base,
        proxy,
        timeout_s=options.timeout_s,
        connections=options.connections,
        ca_file=options.ca_file,
    )
