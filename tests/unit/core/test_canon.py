"""Canonical text: the same words arrive alike however they were written down."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.canon import MARKS, MAX_MARKS, canonical_text

HIGH, LOW = "\ud83d", "\ude00"
any_text = st.text(st.characters(exclude_categories=()))
rough_text = st.text(
    st.sampled_from(["a", " ", "\r", "\n", "\x00", HIGH, LOW, "e", "\u0301", "\ufeff"])
)


@pytest.mark.parametrize(
    ("received", "expected", "was_dropped"),
    [
        pytest.param("plain", "plain", False, id="plain"),
        pytest.param("  a b\t\n", "a b", False, id="blanks-around"),
        pytest.param("a  b", "a  b", False, id="blanks-inside"),
        pytest.param("", None, False, id="empty"),
        pytest.param(" \r\n\t\u00a0", None, False, id="only-blanks"),
        pytest.param("a\r\nb\rc\nd", "a\nb\nc\nd", False, id="line-ends"),
        pytest.param("é\r\nb", "é\nb", False, id="line-ends-beside-accents"),
        pytest.param("e\u0301", "é", False, id="nfd-to-nfc"),
        pytest.param("\u212b", "Å", False, id="singleton"),
        pytest.param("a\x00b", "ab", True, id="nul"),
        pytest.param("\x00", None, True, id="only-nul"),
        pytest.param("é\x00", "é", True, id="nul-beside-accents"),
        pytest.param(f"a{HIGH}b", "ab", True, id="lone-high"),
        pytest.param(f"a{LOW}b", "ab", True, id="lone-low"),
        pytest.param(f"a{HIGH}", "a", True, id="high-at-the-end"),
        pytest.param(f"{LOW}{HIGH}", None, True, id="pair-in-the-wrong-order"),
        pytest.param(f"{HIGH}{HIGH}{LOW}", "\U0001f600", True, id="lone-before-a-pair"),
        pytest.param("\U0001f600", "\U0001f600", False, id="emoji"),
        pytest.param("ﬁbre ① ½", "ﬁbre ① ½", False, id="compatibility-characters-stay"),
        pytest.param("\u200fabc", "\u200fabc", False, id="right-to-left-mark"),
        pytest.param("\ufeffabc", "\ufeffabc", False, id="byte-order-mark"),
        pytest.param("<b>a</b>", "<b>a</b>", False, id="markup"),
        pytest.param("100%; DROP {{x}}", "100%; DROP {{x}}", False, id="sql-and-templates"),
    ],
)
def test_text_is_normalised(received, expected, was_dropped):
    assert canonical_text(received) == (expected, was_dropped)


@given(any_text | rough_text)
def test_canonical_text_is_stable(text):
    first, _ = canonical_text(text)
    assert first is None or canonical_text(first) == (first, False)


@given(any_text | rough_text)
def test_canonical_text_can_be_stored(text):
    first, _ = canonical_text(text)
    stored = (first or "").encode().decode()
    assert "\x00" not in stored
    assert "\r" not in stored
    assert stored == stored.strip()
    assert unicodedata.is_normalized("NFC", stored)
    assert first != ""


@given(any_text)
def test_composition_line_ends_and_blanks_around_make_no_difference(text):
    plain, _ = canonical_text(text)
    rewritten = unicodedata.normalize("NFD", text.replace("\r\n", "\n").replace("\r", "\n"))
    assert canonical_text(f" {rewritten}\r\n")[0] == plain


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")))
def test_nothing_is_dropped_from_text_that_can_be_stored(text):
    assert canonical_text(text)[1] is False


@pytest.mark.parametrize("mark", ["\u0301", "\u0323\u0301", "\u0344", "\u0f73", "\U0001e944"])
def test_a_run_of_combining_marks_is_cut(mark):
    text, was_dropped = canonical_text(f"e{mark * 1_000}x")
    assert was_dropped
    marks = [c for c in unicodedata.normalize("NFD", text) if unicodedata.combining(c)]
    assert len(marks) <= MAX_MARKS
    assert unicodedata.normalize("NFD", text)[0] == "e"
    assert text[-1] == "x"
    assert canonical_text(text) == (text, False)


@pytest.mark.parametrize("before", range(12))
def test_a_run_is_cut_wherever_it_begins(before):
    text, was_dropped = canonical_text("x" * before + "\u0323" * (MAX_MARKS + 1))
    assert (text, was_dropped) == ("x" * before + "\u0323" * MAX_MARKS, True)


@pytest.mark.parametrize("text", ["e" + "\u0323" * MAX_MARKS, ("e" + "\u0323" * 9) * 1_000])
def test_marks_that_people_write_stay(text):
    assert canonical_text(text) == (unicodedata.normalize("NFC", text), False)


@given(st.lists(st.sampled_from(["e", "\u0301", "\u0323", "\u0344", "\u0f73"]), max_size=200))
def test_a_run_is_cut_once_and_for_all(parts):
    first, _ = canonical_text("".join(parts))
    assert first is None or canonical_text(first) == (first, False)


def test_no_combining_mark_lies_outside_the_range_that_is_looked_at():
    assert not [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if code not in MARKS and unicodedata.combining(chr(code))
    ]
