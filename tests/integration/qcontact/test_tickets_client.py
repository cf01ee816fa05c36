"""The tickets dialect over a real socket: what is sent, and what comes of the answers."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from qcontact_sync.core.built_in import TICKETS
from qcontact_sync.core.errors import ErrorCode, FatalError, OutcomeUnknown, TicketError
from qcontact_sync.core.model import LocalId, Note, RemoteId, Window
from qcontact_sync.qcontact.tickets_dialect import open_client

from tests.integration.qcontact.scripted_server import KEY, a_listing, a_ticket, reply

T1 = RemoteId("T-1")
WINDOW = Window(
    datetime(2026, 3, 1, 0, 0, 0, 123_456, UTC), datetime(2026, 3, 2, 0, 0, 0, 123_456, UTC)
)


def a_note(**changes: object) -> Note:
    return Note(uuid4(), LocalId(uuid4()), **{"content": "Done", "is_internal": False, **changes})


# --- listing ------------------------------------------------------------------------------------


async def test_a_page_is_asked_for_and_read(connect, script):
    script.answer(
        reply(
            body=a_listing(a_ticket(), {"id": 2}, total=7, page=2, page_size=3, has_more=True),
            Date="Sun, 01 Mar 2026 10:00:00 GMT",
        )
    )
    async with connect() as client:
        page = await client.list_page(WINDOW, 2, 100)
    assert [ticket.id for ticket in page.tickets] == ["T-1"]
    assert [remote_id for remote_id, _ in page.malformed] == ["2"]
    assert (page.total, page.page, page.page_size, page.has_more) == (7, 2, 3, True)
    assert page.server_time == datetime(2026, 3, 1, 10, tzinfo=UTC)
    (seen,) = script.seen
    assert (seen.method, seen.path) == ("GET", "/tickets")
    assert seen.query == {
        "updated_after": "2026-03-01T00:00:00.123Z",
        "updated_before": "2026-03-02T00:00:00.124Z",
        "page": "2",
        "page_size": "100",
    }


async def test_the_headers_are_those_of_the_contract(connect, script):
    script.answer(reply(body=a_listing()))
    async with connect() as client:
        await client.list_page(WINDOW, 1, 100)
    headers = script.seen[0].headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["Content-Type"] == headers["Accept"] == "application/json"
    assert UUID(headers["X-Request-ID"])
    assert "Idempotency-Key" not in headers


async def test_the_beginning_of_time_is_not_sent(connect, script):
    script.answer(reply(body=a_listing()))
    async with connect() as client:
        await client.list_page(Window(None, WINDOW.end), 1, 100)
    assert "updated_after" not in script.seen[0].query


async def test_a_page_size_that_is_refused_is_not_asked_for_again(connect, script):
    script.answer(
        reply(400, {"error": {"message": "too many"}}),
        reply(body=a_listing(a_ticket(), total=300, has_more=True)),
    )
    async with connect() as client:
        await client.list_page(WINDOW, 1, 500)
        await client.list_page(WINDOW, 2, 500)
    assert [seen.query["page_size"] for seen in script.seen] == ["500", "100", "100"]


@pytest.mark.parametrize(("page", "page_size"), [(1, 100), (2, 500)])
async def test_other_refusals_of_a_list_are_fatal(connect, script, page, page_size):
    script.answer(reply(400))
    async with connect() as client:
        with pytest.raises(FatalError) as caught:
            await client.list_page(WINDOW, page, page_size)
    assert caught.value.code is ErrorCode.VALIDATION_ERROR
    assert len(script.seen) == 1


# --- one ticket ---------------------------------------------------------------------------------


async def test_a_ticket_is_read(connect, script):
    script.answer(reply(body={"data": a_ticket(status="open")}))
    async with connect() as client:
        ticket = await client.get(T1)
    assert ticket.values["status"] == "open"
    assert (script.seen[0].method, script.seen[0].path) == ("GET", "/tickets/T-1")


@pytest.mark.parametrize(
    ("remote_id", "path"),
    [
        ("a/b", "/tickets/a%2Fb"),
        ("../health", "/tickets/..%2Fhealth"),
        ("a?b#c%41 é", "/tickets/a%3Fb%23c%2541%20%C3%A9"),
    ],
)
async def test_an_id_cannot_leave_its_place_in_the_path(connect, script, remote_id, path):
    script.answer(reply(body={"data": a_ticket(id=remote_id)}))
    async with connect() as client:
        assert (await client.get(RemoteId(remote_id))).id == remote_id
    assert script.seen[0].path == path


@pytest.mark.parametrize("remote_id", ["", ".", ".."])
async def test_an_id_that_addresses_something_else_is_refused_unsent(connect, script, remote_id):
    async with connect() as client:
        with pytest.raises(TicketError):
            await client.get(RemoteId(remote_id))
    assert script.seen == []


@pytest.mark.parametrize(
    "data", [a_ticket(title=None), None, a_ticket(id="T-2")], ids=["no-title", "null", "another"]
)
async def test_a_ticket_that_cannot_be_decoded_is_alone(connect, script, data):
    script.answer(reply(body={"data": data}))
    async with connect() as client:
        with pytest.raises(TicketError) as caught:
            await client.get(T1)
    assert caught.value.code is ErrorCode.VALIDATION_ERROR


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AUTHORIZATION_ERROR"),
        (404, "NOT_FOUND"),
        (409, "CONFLICT"),
        (422, "VALIDATION_ERROR"),
    ],
)
async def test_a_refusal_concerns_the_ticket_alone(connect, script, status, code):
    script.answer(reply(status, {"error": {"message": "Nomvula Example", "field": "status"}}))
    async with connect() as client:
        with pytest.raises(TicketError) as caught:
            await client.update(T1, {"status": "closed"})
    assert caught.value.code is ErrorCode(code)
    assert caught.value.field == "status"
    assert str(caught.value) == f"PATCH /tickets/{{id}}: {status} {code} (field status)"
    assert len(script.seen) == 1


async def test_only_the_given_fields_are_written(connect, script):
    script.answer(reply(body={"data": a_ticket(status="closed")}))
    async with connect() as client:
        ticket = await client.update(T1, {"status": "closed", "assigned_to": None})
    assert ticket is not None
    assert ticket.values["status"] == "closed"
    (seen,) = script.seen
    assert (seen.method, seen.path) == ("PATCH", "/tickets/T-1")
    assert json.loads(seen.body) == {"status": "closed", "assigned_to": None}


@pytest.mark.parametrize(
    "answer",
    [
        reply(204),
        reply(200, b" \n"),
        reply(200, {"data": None}),
        reply(200, {"data": {"id": "T-1", "status": "closed"}}),
        reply(200, {"data": a_ticket(id="T-2")}),
    ],
    ids=["204", "blank", "null", "only-the-changed", "another-ticket"],
)
async def test_a_write_whose_answer_does_not_show_the_ticket_is_done(connect, script, answer):
    script.answer(answer)
    async with connect() as client:
        assert await client.update(T1, {"status": "closed"}) is None


# --- notes --------------------------------------------------------------------------------------


async def test_a_note_goes_out_with_its_idempotency_key(connect, script):
    script.answer(reply(201, {"data": {"id": 77}}))
    async with connect() as client:
        assert await client.add_note(T1, a_note(author_id="u-1"), "key-1") == "77"
    (seen,) = script.seen
    assert (seen.method, seen.path) == ("POST", "/tickets/T-1/notes")
    assert json.loads(seen.body) == {"content": "Done", "is_internal": False, "author_id": "u-1"}
    assert seen.headers["Idempotency-Key"] == "key-1"


async def test_a_note_without_author_names_none(connect, script):
    script.answer(reply(201))
    async with connect() as client:
        assert await client.add_note(T1, a_note(is_internal=True), "key-1") is None
    assert json.loads(script.seen[0].body) == {"content": "Done", "is_internal": True}


async def test_notes_are_listed(connect, script):
    script.answer(
        reply(body={"data": {"notes": [{"id": 1, "content": "x ", "is_internal": True}]}})
    )
    async with connect() as client:
        (note,) = await client.list_notes(T1) or ()
    assert (note.id, note.content, note.is_internal) == ("1", "x", True)


@pytest.mark.parametrize("status", [404, 405])
async def test_where_notes_cannot_be_listed_there_is_no_list(connect, script, status):
    script.answer(reply(status))
    async with connect() as client:
        assert await client.list_notes(T1) is None


# --- access and settings ------------------------------------------------------------------------


async def test_check_says_what_answered(connect, script):
    script.answer(reply(body=a_listing(a_ticket(), total=1_234)))
    async with connect() as client:
        assert "1234 tickets" in await client.check()
        assert client.mapping is TICKETS
    assert script.seen[0].query == {"page": "1", "page_size": "1"}


@pytest.mark.parametrize("prefix", ["", "v1", "v1/", "a%2Fb/"])
async def test_the_base_url_may_have_a_prefix_and_a_slash(connect, script, prefix):
    script.answer(reply(body=a_listing()))
    async with connect(prefix) as client:
        await client.check()
    assert script.seen[0].path == f"/{prefix}".rstrip("/") + "/tickets"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.qcontact.com",
        "//api.qcontact.com",
        "https://",
        "ftp://api.qcontact.com",
        "https://user:hunter2@api.qcontact.com",
        "https://api.qcontact.com/?token=hunter2",
        "https://api.qcontact.com:99999",
        "https://[hunter2",
    ],
)
async def test_an_unusable_url_is_refused_by_name(url, options):
    with pytest.raises(FatalError, match="QCONTACT_API_URL") as caught:
        async with open_client(url=url, key=SecretStr(KEY), options=options):
            pass
    assert caught.value.code is ErrorCode.CONFIG_ERROR
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "hunter2\r\nX-Other: 1", "hunter2\u20ac"])
async def test_an_unusable_key_is_refused_by_name(key, options):
    with pytest.raises(FatalError, match="QCONTACT_API_KEY") as caught:
        async with open_client(url="https://api.qcontact.com", key=SecretStr(key), options=options):
            pass
    assert caught.value.code is ErrorCode.CONFIG_ERROR
    assert "hunter2" not in str(caught.value)


async def test_a_redirect_is_not_followed(connect, script):
    """The key and the write would go wherever it points."""
    script.answer(reply(302, Location="/elsewhere"))
    async with connect() as client:
        with pytest.raises(FatalError) as caught:
            await client.get(T1)
    assert caught.value.code is ErrorCode.UNKNOWN_ERROR
    assert len(script.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_list_that_is_refused_stops_everything(connect, script, status):
    script.answer(reply(status))
    async with connect() as client:
        with pytest.raises(FatalError):
            await client.list_page(WINDOW, 1, 100)
    assert len(script.seen) == 1


async def test_a_rejected_key_is_not_tried_again(connect, script):
    script.answer(reply(401))
    async with connect() as client:
        for attempt in (
            client.get(T1),
            client.update(T1, {"status": "open"}),
            client.add_note(T1, a_note(), "key-1"),
            client.list_page(WINDOW, 1, 100),
        ):
            with pytest.raises(FatalError) as caught:
                await attempt
            assert caught.value.code is ErrorCode.AUTHENTICATION_ERROR
    assert len(script.seen) == 1


async def test_a_write_answered_with_a_page_of_html_has_an_unknown_outcome(connect, script):
    script.answer(reply(200, b"<html>hello</html>"))
    async with connect() as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.update(T1, {"status": "open"})
        with pytest.raises(OutcomeUnknown):
            await client.add_note(T1, a_note(), "key-1")
    assert caught.value.code is ErrorCode.PARSE_ERROR
    assert len(script.seen) == 2
