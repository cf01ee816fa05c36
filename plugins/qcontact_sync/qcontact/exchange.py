"""One attempt of one call over HTTP: sent once, its answer read whole within limits."""

import logging
import ssl
from typing import Any

import aiohttp
from yarl import URL

from qcontact_sync.core.errors import ErrorCode
from qcontact_sync.qcontact.authentication import RequestCredentials
from qcontact_sync.qcontact.calls import Answer, Call
from qcontact_sync.qcontact.failures import (
    AttemptError,
    FailedAttempt,
    too_large_body,
)
from qcontact_sync.qcontact.json_bodies import as_utf8
from qcontact_sync.qcontact.wire_failures import failure_of_exception

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 10.0
# Common servers drop an idle connection after five seconds.
IDLE_CONNECTION_S = 4.0
REUSES_THAT_PROVE = 3
MAX_ERROR_BYTES = 64 * 1024
# Cookies and policies of real servers make lines of more than the usual 8 KB.
MAX_HEADER_LINE = 32 * 1024


class KeptConnections:
    """Whether the server keeps connections open, as seen from requests that used one again.

    A write over a connection that the server is about to close has an unknown outcome. Until some
    reads have shown that connections stay open, and after one was closed under a request, each
    write gets a connection of its own.
    """

    def __init__(self) -> None:
        self._used_again = 0
        self._was_closed = False

    async def note_reuse(self, session: aiohttp.ClientSession, *_: object) -> None:
        """A request uses a connection again."""
        self._used_again += 1
        if self._used_again >= REUSES_THAT_PROVE:
            # Tracing costs a tenth of each request, and there is no more to learn.
            session.trace_configs.clear()

    def note_failure(self, failure: FailedAttempt) -> None:
        """A request got no answer."""
        self._was_closed = self._was_closed or failure.code is ErrorCode.NETWORK_ERROR

    @property
    def are_reliable(self) -> bool:
        """Whether a write may use one."""
        return self._used_again >= REUSES_THAT_PROVE and not self._was_closed


class Exchange:
    """Sends attempts; open one with `open_exchange`, and close it.

    Args:
        shared: The session whose connections are used again.
        fresh: The session with a connection of its own for each request.
    """

    def __init__(
        self,
        base: URL,
        shared: aiohttp.ClientSession,
        fresh: aiohttp.ClientSession,
        kept: KeptConnections,
    ) -> None:
        self._base = str(base)
        self._shared = shared
        self._fresh = fresh
        self._kept = kept

    async def close(self) -> None:
        """Close all connections."""
        await self._shared.close()
        await self._fresh.close()

    async def send(
        self, call: Call[Any], request_id: str, credentials: RequestCredentials | None
    ) -> Answer:
        """The whole answer, decompressed and in UTF-8.

        Raises:
            AttemptError: There is none.
        """
        url = URL(self._base + call.path, encoded=True)
        if call.query:
            url = url.with_query(dict(call.query))
        needs_own = call.is_write and not self._kept.are_reliable
        session = self._fresh if needs_own else self._shared
        failure = None
        try:
            async with session.request(
                call.method,
                url,
                data=call.body,
                headers={
                    "X-Request-ID": request_id,
                    **call.headers,
                    **(credentials.headers() if credentials is not None else {}),
                },
                allow_redirects=False,
            ) as response:
                answer = await _whole(response, call)
        # UnicodeError: a name that the resolver cannot write down.
        except (aiohttp.ClientError, OSError, UnicodeError) as error:
            failure = failure_of_exception(error)
        if failure is not None:
            self._kept.note_failure(failure)
            raise AttemptError(failure)
        log.debug(
            'qcontact.answer call="%s" request_id=%s status=%d bytes=%d',
            call.name,
            request_id,
            answer.status,
            len(answer.body),
        )
        return answer


async def _whole(response: aiohttp.ClientResponse, call: Call[Any]) -> Answer:
    """Read the answer, counting what it is decompressed to; of an error only the beginning.

    Raises:
        AttemptError: ``PARSE_ERROR``, it is larger than the call allows.
    """
    is_success = 200 <= response.status < 300
    limit = call.max_bytes if is_success else MAX_ERROR_BYTES
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            # What is still to come is not read: the connection cannot be used again.
            response.close()
            break
    if is_success and len(body) > limit:
        raise AttemptError(too_large_body(limit))
    content_type = response.headers.get("Content-Type", "")
    del body[limit:]
    return Answer(response.status, response.headers, as_utf8(bytes(body), content_type))


def open_exchange(
    base: URL, proxy: URL | None, *, timeout_s: float, connections: int, ca_file: str | None
) -> Exchange:
    """An exchange of the running event loop; nothing is sent yet.

    Args:
        timeout_s: For one attempt as a whole, from connecting to the last byte.
        ca_file: PEM file of CAs that are trusted beside the system's.
    """
    # Less than the total, so that it is known whether a request was sent.
    connect_s = min(CONNECT_TIMEOUT_S, timeout_s / 2)
    trusted = _trusting(ca_file) if ca_file else True

    kept = KeptConnections()
    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(kept.note_reuse)

    def session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            timeout=aiohttp.ClientTimeout(total=timeout_s, connect=connect_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=proxy,
            max_line_size=MAX_HEADER_LINE,
            max_field_size=MAX_HEADER_LINE,
            trace_configs=[tracing],
        )

    pool = aiohttp.TCPConnector(limit=connections, ssl=trusted, keepalive_timeout=IDLE_CONNECTION_S)
    single = aiohttp.TCPConnector(limit=connections, ssl=trusted, force_close=True)
    return Exchange(base, session(pool), session(single), kept)


def _trusting(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(ca_file)
    return context
