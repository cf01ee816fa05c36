"""The entities client and the sandbox tenant agree: two readings of one page of the contract."""

import asyncio
from uuid import uuid4

import pytest
from pydantic import SecretStr
from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.errors import ErrorCode, TicketError
from qcontact_sync.core.model import LocalId, Note
from qcontact_sync.qcontact.entities_dialect import open_entities_client
from qcontact_sync.qcontact.entities_probe import assignees, probe
from qcontact_sync.qcontact.sign_in import sign_out_all

from sandbox.directory import MAIN_QUEUE, MAIN_QUEUE_NAME
from sandbox.running import run_sandbox

pytestmark = pytest.mark.sandbox


def a_client(sandbox, options, queues=()):
    return open_entities_client(
        url=sandbox.url,
        email="sync@example.test",
        password=SecretStr("sandbox-password"),
        queues=queues,
        options=options,
    )


async def walk(client, queue=None):
    rows, number = [], 0
    while True:
        number += 1
        page = await client.list_rows(number, 50, queue)
        rows += page.rows
        if not page.rows:
            return rows


def a_note(content):
    return Note(uuid4(), LocalId(uuid4()), content, is_internal=False)


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"row_without": "status,__status*"},
        {"list_total": "top"},
        {"page_cap": 20, "detail_shape": "flat"},
        {"sign_in_answer": "body", "relationships": "null"},
        {"rotation": "new", "batch_window_s": 0.0},
        {"rotation": "new", "batch_answer": "absent"},
        {"rotation": "same", "detail_updated_at": True},
    ],
    ids=str,
)
async def test_the_list_is_walked_and_every_case_read(options, switches):
    with run_sandbox(dialect="entities", tickets=60, **switches) as sandbox:
        async with a_client(sandbox, options) as client:
            rows = await walk(client)
            again = await walk(client)
            cases = [await client.get(row.id) for row in rows]
    assert len({row.id for row in rows}) == 60
    assert rows == again
    assert all(case.values["title"] and case.reference for case in cases)
    assert all("priority" not in case.values for case in cases)


@pytest.mark.parametrize("window_s", [5.0, 0.0], ids=["batches", "each-answer-ends-a-token"])
async def test_all_at_once_with_rotating_tokens(options, window_s):
    with run_sandbox(
        dialect="entities", tickets=60, rotation="new", batch_window_s=window_s
    ) as sandbox:
        async with a_client(sandbox, options) as client:
            rows = await walk(client)
            cases = await asyncio.gather(*(client.get(row.id) for row in rows))
    assert [case.id for case in cases] == [row.id for row in rows]


@pytest.mark.parametrize("word", sorted(set(ENTITIES.status.remote_by_local.values())))
async def test_the_tenant_takes_every_word_that_we_write(options, word):
    with run_sandbox(dialect="entities", tickets=60) as sandbox:
        async with a_client(sandbox, options) as client:
            for row in await walk(client):
                if row.status not in ("Closed", None):
                    answer = await client.update(row.id, {"status": word})
                    break
            changed = {row.id: row.digest for row in await walk(client)}
    assert answer is not None
    assert answer.values["status"] == word
    assert changed[row.id] != row.digest or row.status == word


async def test_a_note_is_found_among_the_events(options):
    with run_sandbox(dialect="entities", tickets=5) as sandbox:
        async with a_client(sandbox, options) as client:
            (row, *_) = await walk(client)
            before = await client.list_notes(row.id)
            await client.add_note(row.id, a_note("Técnico: done & dusted"), str(uuid4()))
            after = await client.list_notes(row.id)
    assert before is not None
    assert after is not None
    (fresh,) = [note for note in after if note not in before]
    assert (fresh.content, fresh.is_internal) == ("Técnico: done & dusted", False)


@pytest.mark.parametrize(
    ("switches", "kind"), [({"may_set_status": False}, "status"), ({"may_note": False}, "note")]
)
async def test_rights_differ_by_kind_of_write(options, switches, kind):
    with run_sandbox(dialect="entities", tickets=30, **switches) as sandbox:
        async with a_client(sandbox, options) as client:
            row = next(row for row in await walk(client) if row.status == "Open")
            refused = {}
            for name, write in {
                "status": client.update(row.id, {"status": "Solved"}),
                "note": client.add_note(row.id, a_note("Done"), str(uuid4())),
            }.items():
                try:
                    await write
                except TicketError as error:
                    refused[name] = error.code
    assert refused == {kind: ErrorCode.AUTHORIZATION_ERROR}


async def test_a_silent_write_does_not_show(options):
    with run_sandbox(dialect="entities", tickets=30, silent_patch="old") as sandbox:
        async with a_client(sandbox, options) as client:
            row = next(row for row in await walk(client) if row.status == "Open")
            answer = await client.update(row.id, {"status": "Solved"})
    assert answer is not None
    assert answer.values["status"] == "Open"


async def test_check_and_probe(options):
    with run_sandbox(dialect="entities", tickets=60) as sandbox:
        async with a_client(sandbox, options) as client:
            assert "60 cases" in await client.check()
            findings = {finding.topic: finding for finding in await probe(client)}
    assert all(finding.is_known for finding in findings.values())
    assert "do not have" in findings["updated_at"].text


async def test_the_assignees_of_the_newest_cases_are_named_with_their_ids(options):
    with run_sandbox(dialect="entities", tickets=0) as sandbox:
        other = sandbox.world.directory.id_of("Second Line Queue")
        for assignee in ("Second Line Queue", None, MAIN_QUEUE_NAME, MAIN_QUEUE_NAME):
            sandbox.world.add(title="No light", assigned_to=assignee)
        async with a_client(sandbox, options) as client:
            found = await assignees(client)
            sandbox.world.switch(row_without="*assigned_to*")
            hidden = await assignees(client)
    assert found == (
        "assignees of the newest 4 cases: "
        f"{MAIN_QUEUE} ({MAIN_QUEUE_NAME}): 2, {other} (Second Line Queue): 1"
    )
    assert hidden == "the newest cases show no assignees"


async def test_the_session_ends_with_the_process(options):
    with run_sandbox(dialect="entities", tickets=5, session_limit=1) as sandbox:
        for _ in range(2):
            async with a_client(sandbox, options) as client:
                await client.list_rows(1, 50)
            await asyncio.to_thread(sign_out_all)
