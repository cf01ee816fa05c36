"""The client against the sandbox, an independent reading of the same contract."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr
from qcontact_sync.core.errors import ErrorCode, FatalError, OutcomeUnknown
from qcontact_sync.core.listed import decoded
from qcontact_sync.core.model import LocalId, Note, RemoteId, Window
from qcontact_sync.qcontact.tickets_dialect import open_client

from sandbox.running import run_sandbox

pytestmark = pytest.mark.sandbox

EVERYTHING = Window(None, datetime(2100, 1, 1, tzinfo=UTC))
A_NOTE = Note(uuid4(), LocalId(uuid4()), "On site at 10\r\n", is_internal=True)


def client_of(sandbox, options, key=None):
    return open_client(url=sandbox.url, key=SecretStr(key or sandbox.api_key), options=options)


async def all_tickets(client, page_size=100):
    tickets, page = [], await client.list_page(EVERYTHING, 1, page_size)
    tickets += page.tickets
    while page.has_more:
        page = await client.list_page(EVERYTHING, page.page + 1, page_size)
        tickets += page.tickets
    assert page.malformed == ()
    return {ticket.id: ticket for ticket in tickets}


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"id_type": "number", "time_zone": "+02:00", "time_resolution": "microseconds"},
        {"time_zone": "none", "time_resolution": "seconds", "page_cap": 20},
        {"page_over_cap": "refuse", "page_cap": 100},
    ],
    ids=lambda switches: "-".join(map(str, switches.values())) or "as-usual",
)
async def test_every_ticket_is_read_however_it_is_written(options, switches):
    with run_sandbox(tickets=150, **switches) as sandbox:
        async with client_of(sandbox, options) as client:
            tickets = await all_tickets(client, page_size=500)
        expected = {str(i): sandbox.world.ticket(i) for i in sandbox.world.tickets}
    assert tickets.keys() == expected.keys()
    assert all(ticket.updated_at is not None for ticket in tickets.values())
    assert {i: decoded(ticket).values["status"] for i, ticket in tickets.items()} == {
        i: ticket["status"] for i, ticket in expected.items()
    }


async def test_a_ticket_is_written_read_and_noted(options):
    with run_sandbox(tickets=5) as sandbox:
        async with client_of(sandbox, options) as client:
            ticket_id = next(iter(await all_tickets(client)))
            updated = await client.update(ticket_id, {"status": "resolved", "assigned_to": None})
            assert updated == await client.get(ticket_id)
            note_id = await client.add_note(ticket_id, A_NOTE, "key-1")
            (note,) = await client.list_notes(ticket_id) or ()
    assert (updated.values["status"], updated.values["assigned_to"]) == ("resolved", None)
    assert (note.id, note.content, note.is_internal) == (note_id, "On site at 10", True)


async def test_answers_without_body_and_notes_without_list(options):
    with run_sandbox(tickets=5, empty_write_body=True, note_listing="405") as sandbox:
        async with client_of(sandbox, options) as client:
            ticket_id = next(iter(await all_tickets(client)))
            assert await client.update(ticket_id, {"status": "resolved"}) is None
            assert await client.add_note(ticket_id, A_NOTE, "key-1") is None
            assert await client.list_notes(ticket_id) is None
        assert sandbox.world.ticket(ticket_id)["status"] == "resolved"


async def test_a_wrong_key_is_fatal(options):
    with run_sandbox(tickets=5) as sandbox:
        async with client_of(sandbox, options, key="another") as client:
            with pytest.raises(FatalError) as caught:
                await client.check()
    assert caught.value.code is ErrorCode.AUTHENTICATION_ERROR


@pytest.mark.parametrize(
    ("fault", "writes"),
    [
        pytest.param({"do": "lose_answer"}, 1, id="applied"),
        pytest.param({"do": "drop"}, 0, id="not-applied"),
        pytest.param({"do": "delay_answer", "delay_s": 1}, 1, id="too-late"),
    ],
)
async def test_a_note_whose_answer_is_lost_was_sent_once(options, fault, writes):
    with run_sandbox(tickets=5) as sandbox:
        async with client_of(sandbox, replace(options, timeout_s=0.2)) as client:
            ticket_id = RemoteId(next(iter(await all_tickets(client))))
            sandbox.world.faults.add(method="POST", times="forever", **fault)
            with pytest.raises(OutcomeUnknown):
                await client.add_note(ticket_id, A_NOTE, "key-1")
            sandbox.world.faults.clear()
            assert len(await client.list_notes(ticket_id) or ()) == writes
