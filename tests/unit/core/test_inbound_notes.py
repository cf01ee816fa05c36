"""Which listed notes are new, ours, or taken back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.inbound_notes import (
    Arrivals,
    KnownNotes,
    OwnNote,
    note_digest,
    received_note_id,
    sort_notes,
)
from qcontact_sync.core.model import LocalId, RemoteId, RemoteNote

TICKET = LocalId(UUID(int=7))
START = datetime(2026, 5, 1, tzinfo=UTC)


def a_note(number, content=None, at=None):
    written_at = START + timedelta(minutes=number if at is None else at)
    return RemoteNote(str(number), content or f"text {number}", False, written_at=written_at)


def known(received=None, sent_ids=(), unnamed=()):
    return KnownNotes(TICKET, received or {}, frozenset(sent_ids), tuple(unnamed))


def own(number, content, *, is_settled=True):
    return OwnNote(UUID(int=number), note_digest(content), is_settled)


def test_new_notes_come_in_the_order_in_which_they_were_written():
    listed = [a_note(3), a_note(1), a_note(10, at=2), a_note(9, at=2)]
    assert [n.id for n in sort_notes(listed, known()).new] == ["1", "9", "10", "3"]


def test_a_note_that_came_in_or_was_sent_is_not_new():
    arrivals = sort_notes([a_note(1), a_note(2)], known({"1": False}, {"2"}))
    assert not arrivals


def test_an_own_note_is_recognised_by_its_text_and_named_once():
    listed = [a_note(1, "same"), a_note(2, "same")]
    arrivals = sort_notes(listed, known(unnamed=[own(5, "same")]))
    assert arrivals.named == ((UUID(int=5), "1"),)
    assert [note.id for note in arrivals.new] == ["2"]


def test_an_own_note_whose_outcome_is_open_is_neither_new_nor_named():
    arrivals = sort_notes([a_note(1, "same")], known(unnamed=[own(5, "same", is_settled=False)]))
    assert not arrivals


def test_what_was_taken_back_is_marked_and_may_return():
    assert sort_notes([], known({"1": False})) == Arrivals(taken_back=("1",))
    assert sort_notes([], known({"1": True})) == Arrivals()
    assert sort_notes([a_note(1)], known({"1": True})) == Arrivals(returned=("1",))


def test_a_note_without_text_is_left_there():
    assert not sort_notes([RemoteNote("1", "  ", False)], known())


def test_a_note_has_the_same_id_in_every_run_and_another_in_each_ticket():
    first, second = RemoteId("T-1"), RemoteId("T-2")
    assert received_note_id(first, a_note(1)) == received_note_id(first, a_note(1, "edited"))
    assert received_note_id(first, a_note(1)) != received_note_id(second, a_note(1))


texts = st.sampled_from(["a", "b", "c", "  "])
lists = st.lists(st.tuples(st.integers(1, 9), texts), unique_by=lambda note: note[0])


@given(lists, st.lists(texts, max_size=4))
def test_each_listed_note_is_new_named_or_ours_and_the_second_time_none_is_new(listed, ours):
    notes = [a_note(number, text) for number, text in listed]
    unnamed = [own(number, text) for number, text in enumerate(ours)]
    arrivals = sort_notes(notes, known(unnamed=unnamed))
    assert len(arrivals.new) + len(arrivals.named) == sum(
        bool(note.content.strip()) or note.id in dict(arrivals.named).values() for note in notes
    )
    named = dict(arrivals.named)
    rest = [note for note in unnamed if note.id not in named]
    received = {note.id: False for note in arrivals.new}
    again = sort_notes(notes, known(received, named.values(), rest))
    assert not again.new
