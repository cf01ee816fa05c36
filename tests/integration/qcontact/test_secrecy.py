"""Neither the key nor what was received or asked for shows up anywhere."""

import logging
import traceback
from datetime import UTC, datetime

import pytest
from qcontact_sync.core.errors import SyncError
from qcontact_sync.core.model import RemoteId, Window

from tests.integration.qcontact.scripted_server import (
    KEY,
    a_listing,
    half_a_body,
    not_http,
    reply,
    reset,
)

PERSON = "Nomvula Example"
WINDOW = Window(None, datetime(2026, 3, 2, tzinfo=UTC))
BLABBING = {"error": {"message": f"{PERSON} {KEY}", "code": PERSON, "field": PERSON}}


def variables(error: BaseException) -> list[str]:
    """What a traceback with local variables would show of dicts and texts."""
    stack = traceback.StackSummary.extract(
        traceback.walk_tb(error.__traceback__), capture_locals=True
    )
    return [value for frame in stack for value in (frame.locals or {}).values()]


def chain(error: BaseException | None) -> list[BaseException]:
    return [error, *chain(error.__cause__ or error.__context__)] if error else []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(status, BLABBING), id=str(status))
        for status in (200, 302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503)
    ]
    + [
        pytest.param(reset, id="reset"),
        pytest.param(half_a_body, id="half-a-body"),
        pytest.param(not_http, id="not-http"),
        pytest.param(reply(200, f"<html>{PERSON} {KEY}".encode()), id="html"),
    ],
)
async def test_failures_tell_no_secrets(connect, script, caplog, answer):
    caplog.set_level(logging.DEBUG)
    script.answer(answer)
    leaks: list[str] = []
    shown: list[str] = []
    async with connect() as client:
        for call in (
            lambda: client.list_page(WINDOW, 1, 100),
            lambda: client.get(RemoteId(f"T-{PERSON}")),
            lambda: client.update(RemoteId("T-1"), {"assigned_to": PERSON}),
        ):
            with pytest.raises(SyncError) as caught:
                await call()
            leaks += [repr(part) for part in chain(caught.value)]
            leaks += traceback.format_exception(caught.value)
            shown += [value for part in chain(caught.value) for value in variables(part)]
        leaks += [repr(client), repr(vars(client)), repr(vars(client._transport))]
    leaks += [record.getMessage() for record in caplog.records]
    everything = "\n".join(leaks)
    assert KEY not in everything
    assert KEY not in "\n".join(shown)
    assert PERSON not in everything
    assert "updated_before" not in everything


async def test_a_tickets_text_is_not_logged(connect, script, caplog):
    caplog.set_level(logging.DEBUG)
    script.answer(reply(body=a_listing({"id": 1, "title": PERSON}, {"id": 2, "title": [PERSON]})))
    async with connect() as client:
        page = await client.list_page(WINDOW, 1, 100)
    assert PERSON not in repr(page.malformed)
    assert PERSON not in caplog.text


async def test_the_request_id_is_logged_for_whoever_asks_the_other_side(connect, script, caplog):
    caplog.set_level(logging.DEBUG, logger="qcontact_sync")
    script.answer(reply(500), reply(body=a_listing()))
    async with connect() as client:
        await client.list_page(WINDOW, 1, 100)
    request_id = script.seen[0].headers["X-Request-ID"]
    events = [r.getMessage().split()[0] for r in caplog.records if request_id in r.getMessage()]
    assert events == ["qcontact.answer", "qcontact.retry", "qcontact.answer"]
