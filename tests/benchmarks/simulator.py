"""A QContact that is never the bottleneck: tickets serialised beforehand, answers written at once.

Run as ``python -m tests.benchmarks.simulator``; prints its port. It speaks what the sync asks for:
a page of a window, one ticket, a change of a ticket, an empty list of notes. A change is kept.
``GET /_configure?latency_ms=&rate=&burst=`` sets how it answers, ``GET /_touch?count=&title=``
changes so many tickets now; both, and ``GET /_counters``, return the counters.
"""

import asyncio
import bisect
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

from tests.benchmarks.tickets import PAGE, stamp, ticket

_REASONS = {200: "OK", 429: "Too Many Requests"}


class Account:
    """The tickets, oldest change first, and how the account answers."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._rows = {
            number: json.dumps(ticket(number, count)).encode() for number in range(1, count + 1)
        }
        self._order = list(range(1, count + 1))
        self._stamps = [stamp(number, count) for number in self._order]
        self._windows: dict[tuple[str, str], tuple[int, int]] = {}
        self.counters = {"reads": 0, "writes": 0, "refused": 0}
        self.configure()

    def touch(self, count: int, title: str) -> None:
        """Change so many tickets now, spread over all of them."""
        numbers = set(range(1, self._count + 1, self._count // count))
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for number in numbers:
            changed = json.loads(self._rows[number]) | {"title": title, "updated_at": now}
            self._rows[number] = json.dumps(changed).encode()
        kept = [(n, s) for n, s in zip(self._order, self._stamps, strict=True) if n not in numbers]
        self._order = [n for n, _ in kept] + sorted(numbers)
        self._stamps = [s for _, s in kept] + [now] * len(numbers)
        self._windows.clear()

    def configure(self, latency_ms: str = "0", rate: str = "0", burst: str = "10") -> None:
        """Answer so from now on."""
        self.latency_s, self._rate, self._burst = float(latency_ms) / 1e3, float(rate), float(burst)
        self._tokens, self._refilled_at = self._burst, time.monotonic()

    def is_refused(self) -> bool:
        """Take a token of the rate limit; whether there was none."""
        if not self._rate:
            return False
        now = time.monotonic()
        gained = (now - self._refilled_at) * self._rate
        self._tokens, self._refilled_at = min(self._burst, self._tokens + gained), now
        if self._tokens < 1:
            self.counters["refused"] += 1
            return True
        self._tokens -= 1
        return False

    def page(self, query: dict[str, str]) -> bytes:
        """One page of a half-open window."""
        low, high = self._window(query.get("updated_after", ""), query.get("updated_before", ""))
        number, size = int(query.get("page", 1)), min(int(query.get("page_size", 50)), PAGE)
        start = low + (number - 1) * size
        rows = b",".join(self._rows[n] for n in self._order[start : min(start + size, high)])
        return b'{"data":{"tickets":[%b],"total":%d,"page":%d,"page_size":%d,"has_more":%b}}' % (
            rows,
            high - low,
            number,
            size,
            b"true" if start + size < high else b"false",
        )

    def _window(self, after: str, before: str) -> tuple[int, int]:
        key = (after, before)
        if key not in self._windows:
            low = bisect.bisect_left(self._stamps, _whole_second(after)) if after else 0
            end = len(self._stamps)
            high = bisect.bisect_left(self._stamps, _whole_second(before)) if before else end
            self._windows[key] = low, max(low, high)
        return self._windows[key]

    def one(self, path: str, change: bytes = b"") -> bytes:
        """One ticket, changed first where there is a change."""
        number = int(path.rsplit("-", 1)[-1])
        if change:
            changed = json.loads(self._rows[number]) | json.loads(change)
            self._rows[number] = json.dumps(changed).encode()
        return b'{"data":%b}' % self._rows[number]


def _whole_second(text: str) -> str:
    """An instant as the tickets' stamps are written, rounded up: text then sorts as time does."""
    moment = datetime.fromisoformat(text).astimezone(UTC) + timedelta(microseconds=999_999)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class Connection(asyncio.Protocol):
    """Reads requests off one kept-alive connection and answers them in order."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._received = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is there whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _content_length(head)
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin1").split(" ")
            self._answer(method, target, body)

    def _answer(self, method: str, target: str, body: bytes) -> None:
        account, parts = self._account, urlsplit(target)
        query = dict(parse_qsl(parts.query))
        if parts.path.startswith("/_"):
            self._transport.write(_response(200, self._obey(parts.path, query)))
            return
        account.counters["reads" if method == "GET" else "writes"] += 1
        if account.is_refused():
            refusal = b'{"error":{"message":"rate limited"}}'
            answer = _response(429, refusal, "Retry-After: 1\r\n")
        elif parts.path == "/tickets":
            answer = _response(200, account.page(query))
        elif parts.path.endswith("/notes"):
            answer = _response(200, b'{"data":{"notes":[]}}')
        else:
            answer = _response(200, account.one(parts.path, body))
        if account.latency_s:
            self._loop.call_later(account.latency_s, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _obey(self, path: str, query: dict[str, str]) -> bytes:
        if path == "/_configure":
            self._account.configure(**query)
        elif path == "/_touch":
            self._account.touch(int(query["count"]), query["title"])
        return json.dumps(self._account.counters).encode()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _response(code: int, body: bytes, extra: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {code} {_REASONS[code]}\r\nContent-Type: application/json\r\n"
        f"Date: {formatdate(usegmt=True)}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


async def serve(count: int) -> None:
    """Serve so many tickets until the process is ended."""
    account = Account(count)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(account), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(serve(int(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
