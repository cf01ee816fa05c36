"""The entities dialect over a real socket: what is sent, and what comes of the answers."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import SecretStr
from qcontact_sync.core.built_in import ENTITIES
from qcontact_sync.core.errors import ErrorCode, FatalError, OutcomeUnknown, TicketError
from qcontact_sync.core.model import LocalId, Note, RemoteId, SyncType
from qcontact_sync.qcontact.entities_dialect import open_entities_client
from qcontact_sync.qcontact.entities_probe import probe

from tests.integration.qcontact.scripted_server import reply, reset

C1 = RemoteId("21924990061")
QUEUE, OTHER = "21924332416", "21924332417"


def a_case(**changes):
    fields = {"status": "Open", "reference": "FT499061"}
    return {"id": int(C1), "entity_type": "Case", "label": "No light", "fields": fields, **changes}


def a_list(*rows, **pagination):
    counts = {"count": len(rows), "page": 1, "items": 50, "pages": 1}
    return {"columns": [], "results": list(rows), "pagination": {**counts, **pagination}}


def a_row(number, **changes):
    return {"id": number, "label": "No light", "created_at": "2026-03-01T10:00:00Z", **changes}


def events(*ids, text="Done"):
    return [{"id": i, "event_type": "note", "subtitle": text, "public_note": True} for i in ids]


def a_note(**changes):
    return Note(uuid4(), LocalId(uuid4()), **{"content": "Done", "is_internal": False, **changes})


@pytest.fixture
def tenant(server_url, options):
    """Open a client with a ready token, so that the script need not sign in."""

    def opened(*queues, prefix="", **changes):
        return open_entities_client(
            url=server_url + prefix,
            email="sync@example.test",
            token=SecretStr(f"token-{uuid4()}"),
            client="c-1",
            queues=queues,
            options=replace(options, **changes),
        )

    return opened


# --- listing ------------------------------------------------------------------------------------


async def test_a_page_of_a_queue_is_asked_for_and_read(tenant, script):
    listing = a_list(a_row(7), {"label": "no id"}, count=120, page=2, items=25, pages=5)
    script.answer(reply(body=listing, Date="Sun, 01 Mar 2026 10:00:00 GMT"))
    async with tenant(QUEUE, OTHER) as client:
        assert client.queues == (QUEUE, OTHER)
        page = await client.list_rows(2, 100, OTHER)
    assert [row.id for row in page.rows] == ["7"]
    assert (page.count, page.page, page.page_size, page.pages) == (120, 2, 25, 5)
    assert len(page.malformed) == 1
    assert page.server_time == datetime(2026, 3, 1, 10, tzinfo=UTC)
    (seen,) = script.seen
    assert (seen.method, seen.path) == ("GET", "/api/v2/entities/Case")
    assert {name: seen.query[name] for name in ("page", "items", "sort")} == {
        "page": "2",
        "items": "50",
        "sort": "id DESC",
    }
    assert json.loads(seen.query["filters"]) == [
        {
            "operator": "all",
            "conditions": [{"name": "assigned_to", "value": OTHER, "operator": "equals"}],
        }
    ]


async def test_without_queues_all_cases_are_listed(tenant, script):
    script.answer(reply(body=a_list()))
    async with tenant() as client:
        assert client.queues == ("",)
        await client.list_rows(1, 50)
    assert script.seen[0].query["filters"] == "[]"
    assert "view" not in script.seen[0].query


@pytest.mark.parametrize("prefix", ["", "api/v2", "api/v2/"])
async def test_the_address_may_name_the_api(tenant, script, prefix):
    script.answer(reply(body=a_list()))
    async with tenant(prefix=prefix) as client:
        await client.list_rows(1, 50)
    assert script.seen[0].path == "/api/v2/entities/Case"


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_list_that_is_refused_stops_everything(tenant, script, status):
    script.answer(reply(status))
    async with tenant() as client:
        with pytest.raises(FatalError):
            await client.list_rows(1, 50)


# --- one case -------------------------------------------------------------------------------------


async def test_a_case_is_read(tenant, script):
    script.answer(reply(body=a_case()))
    async with tenant() as client:
        case = await client.get(C1)
    assert (case.id, case.values["status"], case.reference) == (C1, "Open", "FT499061")
    assert (script.seen[0].method, script.seen[0].path) == ("GET", f"/api/v2/entities/Case/{C1}")


@pytest.mark.parametrize("body", [a_case(id=5), a_case(label=None, fields={})])
async def test_a_case_that_cannot_be_used_is_alone(tenant, script, body):
    script.answer(reply(body=body))
    async with tenant() as client:
        with pytest.raises(TicketError) as caught:
            await client.get(C1)
    assert caught.value.code is ErrorCode.VALIDATION_ERROR


async def test_a_case_that_is_gone_is_not_found(tenant, script):
    script.answer(reply(404))
    async with tenant() as client:
        with pytest.raises(TicketError) as caught:
            await client.get(C1)
    assert (caught.value.code, caught.value.writes) == (ErrorCode.NOT_FOUND, ())


# --- writing --------------------------------------------------------------------------------------


async def test_a_status_is_written_in_its_wrapper(tenant, script):
    script.answer(reply(body=a_case(fields={"status": "Solved"})))
    async with tenant() as client:
        case = await client.update(C1, {"status": "Solved"})
    assert case is not None
    assert case.values["status"] == "Solved"
    (seen,) = script.seen
    assert (seen.method, seen.path) == ("PATCH", f"/api/v2/entities/Case/{C1}")
    assert json.loads(seen.body) == {"fields": {"status": "Solved"}}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", a_case(id=5), {"success": True}],
    ids=["empty", "object", "another", "success"],
)
async def test_an_answer_that_does_not_show_the_case_is_read_again_by_the_caller(
    tenant, script, body
):
    script.answer(reply(body=body))
    async with tenant() as client:
        assert await client.update(C1, {"status": "Solved"}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "Closed"},
        {"status": "solved"},
        {"status": None},
        {"assigned_to": None},
        {"assigned_to": "Thabo Example"},
        {"status": "Solved", "assigned_to": "Thabo Example"},
        {},
    ],
)
async def test_status_without_a_qcontact_word_is_never_sent(tenant, script, fields):
    async with tenant() as client:
        with pytest.raises(TicketError) as caught:
            await client.update(C1, fields)
        assert not client.writes_assignment
    assert caught.value.code is ErrorCode.VALIDATION_ERROR
    assert script.seen == []


@pytest.mark.parametrize("word", sorted(set(ENTITIES.status.remote_by_local.values())))
async def test_every_word_of_fibreflows_statuses_can_be_written(tenant, script, word):
    script.answer(reply(body=a_case()))
    async with tenant() as client:
        assert client.mapping is ENTITIES
        await client.update(C1, {"status": word})
    assert json.loads(script.seen[0].body)["fields"] == {"status": word}


async def test_a_refusal_says_what_kind_of_write_it_was(tenant, script):
    script.answer(reply(403))
    async with tenant() as client:
        with pytest.raises(TicketError) as status:
            await client.update(C1, {"status": "Solved"})
        with pytest.raises(TicketError) as note:
            await client.add_note(C1, a_note(), "key-1")
    assert status.value.code is note.value.code is ErrorCode.AUTHORIZATION_ERROR
    assert status.value.writes == (SyncType.STATUS_UPDATE,)
    assert note.value.writes == (SyncType.NOTE_ADD,)


@pytest.mark.parametrize("answer", [reset, reply(500), reply(200, b"<html>")])
async def test_a_write_without_an_answer_has_an_unknown_outcome(tenant, script, answer):
    script.answer(answer)
    async with tenant() as client:
        with pytest.raises(OutcomeUnknown):
            await client.update(C1, {"status": "Solved"})
        with pytest.raises(OutcomeUnknown):
            await client.add_note(C1, a_note(), "key-1")
    assert len(script.seen) == 2


# --- notes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_internal", [False, True])
async def test_a_note_is_an_entity(tenant, script, is_internal):
    script.answer(reply(201, {"id": 77}))
    async with tenant() as client:
        assert await client.add_note(C1, a_note(is_internal=is_internal), "key-1") is None
    (seen,) = script.seen
    assert (seen.method, seen.path) == ("POST", "/api/v2/entities/Note")
    assert seen.headers["Idempotency-Key"] == "key-1"
    assert json.loads(seen.body) == {
        "entity_type": "Case",
        "entity_id": int(C1),
        "subtitle": "Done",
        "public_note": not is_internal,
    }


async def test_a_note_for_a_case_without_a_number_is_never_sent(tenant, script):
    async with tenant() as client:
        with pytest.raises(TicketError):
            await client.add_note(RemoteId("FT499061"), a_note(), "key-1")
    assert script.seen == []


async def test_notes_are_read_page_by_page_until_one_is_empty(tenant, script):
    script.answer(reply(body=events(3, 2)), reply(body=events(2, 1)), reply(body=[]))
    async with tenant() as client:
        notes = await client.list_notes(C1) or ()
    assert [(note.id, note.content, note.is_internal) for note in notes] == [
        ("3", "Done", False),
        ("2", "Done", False),
        ("1", "Done", False),
    ]
    seen = script.seen[0]
    assert seen.path == f"/api/v2/entities/Case/{C1}/events"
    assert seen.query == {"expand_conversations": "false", "page": "1", "sort": "id DESC"}
    assert [seen.query["page"] for seen in script.seen] == ["1", "2", "3"]


async def test_a_page_that_repeats_ends_the_list(tenant, script):
    script.answer(reply(body={"results": events(3, 2, 1)}))
    async with tenant() as client:
        assert len(await client.list_notes(C1) or ()) == 3
    assert len(script.seen) == 2


async def test_list_that_may_hide_older_notes_is_treated_as_unreadable(tenant, script):
    """The server knows no second page, and its first is as long as a page may be: counted, a note
    that is not shown would be sent again.
    """
    script.answer(reply(body=events(*range(25))))
    async with tenant() as client:
        assert await client.list_notes(C1) is None


@pytest.mark.parametrize("answer", [reply(400), reply(404), reply(body=[{"event_type": "note"}])])
async def test_where_events_cannot_be_read_there_is_no_list(tenant, script, answer):
    script.answer(answer)
    async with tenant() as client:
        assert await client.list_notes(C1) is None


async def test_events_that_are_forbidden_are_said(tenant, script):
    script.answer(reply(403))
    async with tenant() as client:
        with pytest.raises(TicketError):
            await client.list_notes(C1)


# --- for people -----------------------------------------------------------------------------------


async def test_check_says_who_is_signed_in_and_counts_each_queue(tenant, script):
    script.answer(
        reply(body={"id": 1, "label": "Sync Example", "email": "sync@example.test"}),
        reply(body=a_list(a_row(1), count=312)),
        reply(body=a_list(a_row(1), count=1)),
    )
    async with tenant(QUEUE, OTHER) as client:
        said = await client.check()
    assert "signed in as Sync Example" in said
    assert f"queue {QUEUE}: 312 cases" in said
    assert f"queue {OTHER}: 1 case" in said
    assert script.seen[0].path == "/api/v2/me"


async def test_check_works_where_the_tenant_does_not_tell_who_is_signed_in(tenant, script):
    script.answer(reply(404), reply(body=a_list(a_row(1), count=3)))
    async with tenant() as client:
        assert "3 cases" in await client.check()


@pytest.mark.parametrize("me", [{"email": "sync@example.test"}, {"data": {"name": "a@b.test"}}])
async def test_check_repeats_no_address_of_a_person(tenant, script, me):
    script.answer(reply(body=me), reply(body=a_list(count=None)))
    async with tenant() as client:
        said = await client.check()
    assert "@" not in said


async def test_the_probe_finds_out_what_is_not_known(tenant, script):
    row = a_row(int(C1), status="Open", contact="Nomvula Example", __status="Open")
    script.answer(
        reply(body=a_list(row, a_row(5), count=2)),
        reply(body=a_list(row, a_row(5), items=50)),
        reply(body=a_list(row)),
        reply(body=a_case(updated_at="2026-03-01T10:00:00Z")),
        reply(body=events(3, 2)),
        reply(body=[]),
        reply(body={"fields": [{"name": "status"}, {"name": "c__dr_number"}]}),
    )
    async with tenant(QUEUE) as client:
        found = {finding.topic: finding.text for finding in await probe(client)}
    assert found == {
        "page size": "at most 50 cases in a page",
        "sort": "newest case first",
        "row columns": "contact, created_at, id, label, status; without category, assigned_to",
        "updated_at": "cases have the time of their last change",
        "events": "2 in the first page; pages follow one another",
        "entity_types": "2 fields: c__dr_number, status",
    }
    assert json.loads(script.seen[2].query["filters"]) != []


async def test_what_the_tenant_does_not_say_stops_no_probe(tenant, script):
    script.answer(reply(body=a_list(a_row(9))), reply(404))
    async with tenant() as client:
        findings = await probe(client)
    assert {finding.topic for finding in findings if finding.is_known} == {"events"}
