"""Answers as real servers and proxies give them: charsets, compression, sizes, headers, closing."""

import asyncio
import gzip
import json
import zlib
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiohttp import web
from pydantic import SecretStr
from qcontact_sync.core.errors import ErrorCode, FatalError, RetryableError, TicketError
from qcontact_sync.core.model import LocalId, Note, RemoteId, Window
from qcontact_sync.qcontact.tickets_dialect import open_client

from tests.integration.qcontact.scripted_server import KEY, a_listing, a_ticket, reply

T1 = RemoteId("T-1")
TITLE = "Não há conexão / нет связи"
WINDOW = Window(None, datetime(2026, 3, 2, tzinfo=UTC))
MB = 1024**2


def a_body(title):
    return json.dumps({"data": a_ticket(title=title)}, ensure_ascii=False)


def as_type(body, content_type):
    return reply(200, body, Content_Type=content_type)


# --- charsets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (as_type(a_body(TITLE).encode("utf-8-sig"), "application/json"), TITLE),
        (as_type(a_body(TITLE).encode("utf-16"), "application/json"), TITLE),
        (as_type(a_body(TITLE).encode("utf-32"), "application/json; charset=utf-8"), TITLE),
        (as_type(a_body(TITLE).encode("utf-16-le"), "application/json; charset=UTF-16LE"), TITLE),
        (as_type(a_body("Não é").encode("latin-1"), "text/json;charset=ISO-8859-1"), "Não é"),
        (as_type(a_body("“é”").encode("cp1252"), 'text/json; charset="windows-1252"'), "“é”"),
        (as_type(a_body("сеть").encode("cp1251"), "text/json; charset=cp1251"), "сеть"),
        (as_type(a_body("信号").encode("shift_jis"), "text/json; charset=Shift_JIS"), "信号"),
        # Declared wrongly, or by a name that is no charset: JSON is UTF-8.
        (as_type(a_body(TITLE).encode(), "text/json; charset=ascii"), TITLE),
        (as_type(a_body(TITLE).encode(), "text/json; charset=punycode"), TITLE),
        (as_type(a_body(TITLE).encode(), "text/json; charset=zlib"), TITLE),
        (as_type(a_body(TITLE).encode(), "text/json; charset=nonsense"), TITLE),
    ],
)
async def test_letters_survive_any_charset(connect, script, answer, title):
    script.answer(answer)
    async with connect() as client:
        assert (await client.get(T1)).values["title"] == title


async def test_a_list_with_a_byte_order_mark_is_read(connect, script):
    script.answer(reply(200, b"\xef\xbb\xbf" + json.dumps(a_listing(a_ticket())).encode()))
    async with connect() as client:
        assert (await client.list_page(WINDOW, 1, 100)).total == 1


# --- compression and size -------------------------------------------------------------------------


def compressed(encoding, size):
    """A ticket with so many blanks, compressed to about a thousandth."""
    body = b'{"data": {"id": "T-1", "title": "No signal"' + b" " * size + b"}}"
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    return reply(200, packed, Content_Encoding=encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_answer_is_read(connect, script, encoding):
    script.answer(compressed(encoding, 7 * MB))
    async with connect() as client:
        assert (await client.get(T1)).values["title"] == "No signal"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_what_is_too_large_when_decompressed_is_not_read_to_its_end(
    connect, script, encoding
):
    script.answer(compressed(encoding, 100 * MB))
    async with connect() as client:
        with pytest.raises(RetryableError, match="more than 8 MB") as caught:
            await client.get(T1)
    assert caught.value.code is ErrorCode.PARSE_ERROR


async def test_list_may_be_larger_than_other_answers(connect, script):
    def listing(size):
        head, tail = json.dumps(a_listing(a_ticket())).encode()[:-1], b"}"
        return reply(200, gzip.compress(head + b" " * size + tail, 1), Content_Encoding="gzip")

    pages = {"1": listing(60 * MB), "2": listing(65 * MB)}
    script.answer(lambda request: pages[request.query["page"]](request))
    async with connect(retries=0) as client:
        assert (await client.list_page(WINDOW, 1, 100)).total == 1
        with pytest.raises(RetryableError, match="more than 64 MB"):
            await client.list_page(WINDOW, 2, 100)


def endless(status):
    """An answer that goes on for ever, as fast as it is read."""

    async def handler(request):
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    return handler


async def test_an_endless_answer_ends_by_its_size(connect, script):
    script.answer(endless(200))
    async with connect(retries=0) as client:
        with pytest.raises(RetryableError, match="more than 8 MB"):
            await client.get(T1)


async def test_only_the_beginning_of_an_endless_error_is_read(connect, script):
    script.answer(endless(422))
    async with connect() as client:
        with pytest.raises(TicketError) as caught:
            await client.get(T1)
    assert caught.value.code is ErrorCode.VALIDATION_ERROR


# --- headers --------------------------------------------------------------------------------------


async def test_a_header_line_of_20_kb_is_read(connect, script):
    script.answer(reply(body={"data": a_ticket()}, Set_Cookie="x" * 20_000))
    async with connect() as client:
        assert (await client.get(T1)).id == "T-1"


async def test_too_long_header_line_is_reported(connect, script):
    script.answer(reply(body={"data": a_ticket()}, X_Trace="hunter2" * 6_000))
    async with connect(retries=0) as client:
        with pytest.raises(RetryableError, match="header line") as caught:
            await client.get(T1)
    assert caught.value.code is ErrorCode.NETWORK_ERROR
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "headers",
    [{"Content_Encoding": "br"}, {f"X_{number}": "a" for number in range(1_000)}],
    ids=["a compression not asked for", "too many headers"],
)
async def test_unreadable_answer_is_reported(connect, script, headers):
    script.answer(reply(body={"data": a_ticket()}, **headers))
    async with connect(retries=0) as client:
        with pytest.raises(RetryableError, match="cannot be read as HTTP") as caught:
            await client.get(T1)
    assert caught.value.code is ErrorCode.NETWORK_ERROR


EDGES = ["Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 9999 23:59:60 GMT"]


@pytest.mark.parametrize("date", EDGES)
async def test_dates_at_the_edges_of_the_calendar_count_as_missing(connect, script, date):
    script.answer(
        reply(429, Date=date, Retry_After=date), reply(body=a_listing(a_ticket()), Date=date)
    )
    async with connect() as client:
        page = await client.list_page(WINDOW, 1, 100)
    assert page.server_time is None


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://acme.qcontact.com/login?token=hunter2", "to https://acme.qcontact.com,"),
        ("//acme.qcontact.com/hunter2", "to https://acme.qcontact.com,"),
        ("https://hunter2@acme.qcontact.com:8443/", "to https://acme.qcontact.com:8443,"),
        ("/login/hunter2", "another path"),
        ("", "another path"),
        ("https://[hunter2", "another path"),
        (f"https://{'hunter2' * 30}.example/", "another path"),
    ],
)
async def test_error_of_a_redirect_names_its_host_and_the_setting(connect, script, location, said):
    script.answer(reply(302, Location=location))
    async with connect() as client:
        with pytest.raises(FatalError, match="QCONTACT_API_URL") as caught:
            await client.get(T1)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


# --- proxies --------------------------------------------------------------------------------------


async def test_requests_go_through_the_proxy_of_the_environment(
    server_url, script, options, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", server_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    script.answer(reply(body={"data": a_ticket()}))
    options = type(options)(**{**_plain(options), "allow_http": True})
    url = "http://api.qcontact.invalid"
    async with open_client(url=url, key=SecretStr(KEY), options=options) as client:
        assert (await client.get(T1)).id == "T-1"
    assert script.seen[0].headers["Host"] == "api.qcontact.invalid"


async def test_refusal_by_a_proxy_is_reported(server_url, script, options, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    script.answer(reply(407))
    url = "https://api.qcontact.invalid"
    async with open_client(url=url, key=SecretStr(KEY), options=options) as client:
        with pytest.raises(RetryableError, match="HTTPS_PROXY") as caught:
            await client.update(T1, {"status": "open"})
    assert type(caught.value) is RetryableError
    assert caught.value.code is ErrorCode.NETWORK_ERROR


def _plain(options):
    return {name: getattr(options, name) for name in options.__slots__}


# --- connections ----------------------------------------------------------------------------------


@asynccontextmanager
async def _listening(serve):
    """The address of a server that hands each connection to ``serve``."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _read_request(reader):
    """The method of the next request, which is read to the end of its body."""
    request = await reader.readuntil(b"\r\n\r\n")
    if length := [x for x in request.split(b"\r\n") if x.startswith(b"Content-Length")]:
        await reader.readexactly(int(length[0].split(b":")[1]))
    return request.split(b" ", 1)[0].decode()


async def _answer(writer):
    body = json.dumps({"data": a_ticket(status="open")}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(head.encode() + b"\r\n\r\n" + body)
    await writer.drain()


@asynccontextmanager
async def a_server_that_closes_unsaid():
    """Answers the first request of each connection; the second meets its end, unanswered."""
    seen = []

    async def serve(reader, writer):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            seen.append(await _read_request(reader))
            await _answer(writer)
            # Only when the next request is under way does it turn out that nobody is there.
            await reader.read(1)
        writer.close()

    async with _listening(serve) as url:
        yield url, seen


async def test_a_write_never_meets_a_connection_that_the_server_is_closing(options):
    note = Note(uuid4(), LocalId(uuid4()), "Done", is_internal=False)
    async with (
        a_server_that_closes_unsaid() as (url, seen),
        open_client(url=url, key=SecretStr(KEY), options=options) as client,
    ):
        for _ in range(3):
            await client.get(T1)
            assert await client.update(T1, {"status": "open"}) is not None
            await client.add_note(T1, note, "key-1")
    assert seen.count("PATCH") == seen.count("POST") == 3


@asynccontextmanager
async def a_server_that_keeps_connections():
    """Answers every request, and counts connections by the method of their first request."""
    first = []

    async def serve(reader, writer):
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            first.append(await _read_request(reader))
            await _answer(writer)
            while await _read_request(reader):
                await _answer(writer)
        writer.close()

    async with _listening(serve) as url:
        yield url, first


async def test_writes_use_connections_again_once_reads_have_shown_that_they_stay_open(options):
    async with (
        a_server_that_keeps_connections() as (url, first),
        open_client(url=url, key=SecretStr(KEY), options=options) as client,
    ):
        for _ in range(20):
            await client.get(T1)
            await client.update(T1, {"status": "open"})
    assert first.count("GET") == 1
    assert first.count("PATCH") == 3
