"""What the engine relies on of notes in FibreFlow's database, held by the fake as by PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from qcontact_sync.core.inbound_notes import Arrivals, ReceivedNotes
from qcontact_sync.core.model import LocalId, RemoteId, RemoteNote
from qcontact_sync.core.note_rules import SENT, SentNotes

from tests.integration.contract.leased_run import OUT, Q1, Run
from tests.integration.contract.two_sides import Real, Sides

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]
DIALECTS = ("tickets",)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
THEIRS = RemoteNote("N1", "rung", False, author="Ann Nel", written_at=AT)
INTERNAL = RemoteNote("N2", "line is down", True, author="Ann Nel", written_at=AT + SECOND)


@pytest.fixture(autouse=True)
def _may_write_notes(sides: Sides, request: pytest.FixtureRequest) -> None:
    if isinstance(sides, Real):
        request.getfixturevalue("roles").grant(sides.world.owner, inbound_notes="notes")


async def receive(of: Run, *notes: RemoteNote, stamp: datetime | None = AT, **more: object) -> None:
    ticket_id = (await of.linked()).link.ticket_id
    async with of.unit() as unit:
        arrivals = Arrivals(notes, **more)
        await unit.notes.receive([ReceivedNotes(Q1.id, ticket_id, arrivals, stamp)])


async def receive_and_break(of: Run, ticket_id: LocalId) -> None:
    async with of.unit() as unit:
        await unit.notes.receive([ReceivedNotes(Q1.id, ticket_id, Arrivals((THEIRS,)), AT)])
        raise ZeroDivisionError


async def known(of: Run, *, sent: SentNotes = SENT):
    async with of.unit(is_dry=True) as unit:
        ids = [Q1.id, RemoteId("never seen")]
        (found,) = (await unit.notes.read_known(ids, sent=sent)).values()
    return found


async def unread(of: Run, stamp: datetime | None, *, is_forced: bool = False) -> list[RemoteId]:
    async with of.unit(is_dry=True) as unit:
        stamps = {Q1.id: stamp, RemoteId("never seen"): stamp}
        return list(await unit.notes.list_unread(stamps, is_forced=is_forced))


# --- which tickets' notes are asked for


async def test_notes_are_unread_until_they_were_read_twice_for_a_stamp(run: Run) -> None:
    await run.bring_in()
    assert await unread(run, AT) == [Q1.id]
    await receive(run)
    assert await unread(run, AT) == [Q1.id]
    await receive(run)
    assert await unread(run, AT) == []
    assert await unread(run, AT + SECOND) == [Q1.id]


async def test_notes_of_a_ticket_without_a_stamp_and_all_that_are_forced_are_unread(
    run: Run,
) -> None:
    await run.bring_in()
    for _ in range(2):
        await receive(run)
    assert await unread(run, None) == [Q1.id]
    assert await unread(run, AT, is_forced=True) == [Q1.id]


async def test_a_new_stamp_counts_its_reads_anew(run: Run) -> None:
    await run.bring_in()
    for stamp in (AT, AT, AT + SECOND):
        await receive(run, stamp=stamp)
    assert await unread(run, AT + SECOND) == [Q1.id]
    await receive(run, stamp=AT + SECOND)
    assert await unread(run, AT + SECOND) == []
    assert await unread(run, AT) == [Q1.id]


# --- what comes in


async def test_a_received_note_is_there_once_with_its_kind_and_is_not_sent(run: Run) -> None:
    ticket_id = await run.bring_in()
    for _ in range(2):
        await receive(run, THEIRS, INTERNAL)
    assert run.sides.notes_here(ticket_id) == [("client", "rung"), ("internal", "line is down")]
    assert dict((await known(run)).received) == {"N1": False, "N2": False}
    assert (await run.notes(), await run.pending()) == ([], [])
    assert run.sides.audited("note_add") == 2


async def test_a_received_note_is_marked_when_it_is_taken_back_and_when_it_returns(
    run: Run,
) -> None:
    ticket_id = await run.bring_in()
    await receive(run, THEIRS)
    await receive(run, taken_back=("N1",))
    assert dict((await known(run)).received) == {"N1": True}
    await receive(run, returned=("N1",))
    assert dict((await known(run)).received) == {"N1": False}
    assert run.sides.notes_here(ticket_id) == [("client", "rung")]


async def test_a_transaction_that_breaks_brings_no_note_in(run: Run) -> None:
    ticket_id = await run.bring_in()
    with pytest.raises(ZeroDivisionError):
        await receive_and_break(run, ticket_id)
    assert (run.sides.notes_here(ticket_id), await unread(run, AT)) == ([], [Q1.id])
    assert dict((await known(run)).received) == {}


# --- what is known to be ours


async def test_a_note_to_send_is_known_by_its_text_and_not_as_arrived(run: Run) -> None:
    run.sides.add_note(await run.bring_in(), "please call")
    (own,) = (await known(run)).unnamed
    (waiting,) = await run.notes()
    assert (own.id, own.is_settled) == (waiting.note.id, False)
    assert (await known(run)).sent_ids == frozenset()


async def test_an_internal_note_is_known_where_internal_ones_go_out(run: Run) -> None:
    run.sides.add_note(await run.bring_in(), "for us", "internal")
    assert (await known(run)).unnamed == ()
    assert len((await known(run, sent=SentNotes(("client",), ("internal",)))).unnamed) == 1


async def test_a_sent_note_is_known_by_its_id_or_where_there_is_none_by_its_text(
    run: Run,
) -> None:
    ticket_id = await run.bring_in()
    for text, remote_note_id in (("first", "N7"), ("second", None)):
        run.sides.add_note(ticket_id, text)
        (waiting,) = await run.notes()
        async with run.unit(OUT) as unit:
            await unit.notes.intend(waiting.note, Q1.id, text, 0)
        async with run.unit(OUT) as unit:
            await unit.notes.settle(waiting.note, remote_note_id)
    found = await known(run)
    assert found.sent_ids == {"N7"}
    (own,) = found.unnamed
    assert own.is_settled
    await receive(run, named=((own.id, "N8"),))
    found = await known(run)
    assert (found.sent_ids, found.unnamed) == ({"N7", "N8"}, ())


async def test_a_doubtful_note_is_not_sent_again_and_may_be_ours(run: Run) -> None:
    run.sides.add_note(await run.bring_in(), "please call")
    (waiting,) = await run.notes()
    async with run.unit(OUT) as unit:
        await unit.notes.intend(waiting.note, Q1.id, "key", 0)
    async with run.unit(OUT) as unit:
        await unit.notes.doubt(waiting.note)
    assert (await run.notes(), await run.pending()) == ([], [])
    (own,) = (await known(run)).unnamed
    assert (own.id, own.is_settled) == (waiting.note.id, False)


async def test_a_note_before_the_link_counts_as_arrived(run: Run) -> None:
    ticket_id = run.sides.add_row(Q1.id)
    run.sides.add_note(ticket_id, "sent by the earlier job")
    await run.bring_in()
    (own,) = (await known(run)).unnamed
    assert own.is_settled
    assert await run.notes() == []
