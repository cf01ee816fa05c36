"""How values translate, held against the contract's tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcontact_sync.core.built_in import ENTITIES, TICKETS
from qcontact_sync.core.columns import CUT_MARK
from qcontact_sync.core.model import OWNED_FIELDS
from qcontact_sync.core.rules import status_key

from tests.unit.core.contract_tables import (
    ENTITIES_STATUS,
    LOCAL_STATUS,
    RANKS,
    TICKETS_STATUS,
    TYPES,
)

MAX_LENGTH = {c.name: c.max_length for c in TICKETS.columns if c.max_length is not None}

SPELLINGS = {
    "as-it-is": lambda word: word,
    "lower": str.lower,
    "upper": str.upper,
    "closed-up": lambda word: word.replace(" ", ""),
    "snake": lambda word: word.lower().replace(" - ", "_").replace(" ", "_"),
    "kebab": lambda word: word.lower().replace(" ", "-"),
    "spaced-out": lambda word: f"  {word.replace(' ', '   ')}\t",
    "no-break-space": lambda word: word.replace(" ", "\u00a0"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(("word", "local"), LOCAL_STATUS.items(), ids=LOCAL_STATUS)
def test_remote_status_translates_in_every_spelling(word, local, spelling):
    assert TICKETS.to_local_status(spelling(word)) == local


@pytest.mark.parametrize(
    "word", [None, "", " ", "-", "On Hold", "Re-Opened", "Opened", "Solvedd", "Ассигнед", "0"]
)
def test_unknown_status_translates_to_nothing(word):
    assert TICKETS.to_local_status(word) is None


@pytest.mark.parametrize(("local", "word"), TICKETS_STATUS.items(), ids=TICKETS_STATUS)
def test_local_status_goes_out_in_the_tickets_dialect(local, word):
    assert TICKETS.to_remote_status(local) == word


@pytest.mark.parametrize(("local", "word"), ENTITIES_STATUS.items(), ids=ENTITIES_STATUS)
def test_local_status_goes_out_in_the_entities_dialect(local, word):
    """Case counts in this dialect, so the word is compared exactly."""
    assert ENTITIES.to_remote_status(local) == word


@pytest.mark.parametrize("words", [TICKETS, ENTITIES], ids=["tickets", "entities"])
@pytest.mark.parametrize("local", ["", "on_hold", "Open", "IN_PROGRESS", "solved"])
def test_status_that_fibreflow_does_not_have_has_no_remote_word(words, local):
    assert words.to_remote_status(local) is None


@pytest.mark.parametrize("words", [TICKETS, ENTITIES], ids=["tickets", "entities"])
@pytest.mark.parametrize("local", RANKS)
def test_whatever_goes_out_is_a_word_that_is_understood_on_the_way_in(words, local):
    word = words.to_remote_status(local)
    assert word is not None
    assert TICKETS.to_local_status(word) is not None


@pytest.mark.parametrize("local", RANKS)
def test_a_round_trip_moves_between_ended_and_open_only_where_qcontact_knows_fewer_words(local):
    back = TICKETS.to_local_status(TICKETS.to_remote_status(local))
    assert TICKETS.is_terminal(back) == (TICKETS.is_terminal(local) or local == "handed_to_ops")


@pytest.mark.parametrize(("local", "expected"), RANKS.items(), ids=RANKS)
def test_ranks_are_those_of_the_contract(local, expected):
    assert TICKETS.rank(local) == expected


@pytest.mark.parametrize(("local", "expected"), RANKS.items(), ids=RANKS)
def test_terminal_begins_at_resolved(local, expected):
    assert TICKETS.is_terminal(local) == (expected >= 7)


@pytest.mark.parametrize("local", [None, "", "on_hold"])
def test_unknown_local_status_ranks_lowest_and_is_not_terminal(local):
    assert TICKETS.rank(local) == 0
    assert not TICKETS.is_terminal(local)


@given(st.text())
def test_status_key_is_stable(word):
    assert status_key(status_key(word)) == status_key(word)


@pytest.mark.parametrize("word", ["low", "normal", "high", "urgent", "critical"])
@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title], ids=["low", "UP", "Title"])
def test_known_priority_comes_in_silently_in_any_case(word, spelling):
    mapped = TICKETS.to_local_owned("priority", spelling(word))
    assert (mapped.value, mapped.fits, mapped.warning) == (word, True, None)


@pytest.mark.parametrize("word", [None, "medium", "Medium", "normal", " "])
def test_medium_and_empty_priority_are_normal_without_a_warning(word):
    assert TICKETS.to_local_owned("priority", word).value == "normal"
    assert TICKETS.to_local_owned("priority", word).warning is None


def test_unknown_priority_is_normal_and_says_so_without_the_word():
    mapped = TICKETS.to_local_owned("priority", "blazing")
    assert mapped.value == "normal"
    assert "priority" in mapped.warning
    assert "blazing" not in mapped.warning


@pytest.mark.parametrize(("category", "expected"), TYPES.items(), ids=TYPES)
def test_category_becomes_the_ticket_type(category, expected):
    assert TICKETS.to_local_owned("ticket_type", category).value == expected


def test_missing_category_is_maintenance():
    assert TICKETS.to_local_owned("ticket_type", None).value == "maintenance"


@pytest.mark.parametrize("field", MAX_LENGTH)
@pytest.mark.parametrize("letter", ["a", "é", "\U0001f600"], ids=["ascii", "accent", "astral"])
def test_text_of_exactly_the_columns_length_comes_in_whole(field, letter):
    text = letter * MAX_LENGTH[field]
    mapped = TICKETS.to_local_owned(field, text)
    assert (mapped.value, mapped.fits, mapped.warning) == (text, True, None)


@pytest.mark.parametrize("field", MAX_LENGTH)
@pytest.mark.parametrize("excess", [1, 2, 5_000])
def test_longer_text_is_cut_to_the_column_marked_and_named(field, excess):
    text = "x" * (MAX_LENGTH[field] + excess)
    mapped = TICKETS.to_local_owned(field, text)
    assert len(mapped.value) == MAX_LENGTH[field]
    assert mapped.value.endswith(CUT_MARK)
    assert text.startswith(mapped.value.removesuffix(CUT_MARK))
    assert mapped.fits
    assert field in mapped.warning
    assert "xxx" not in mapped.warning


def test_lengths_are_those_of_the_columns():
    assert MAX_LENGTH == {
        "title": 255,
        "dr_number": 50,
        "pole_number": 50,
        "pon_number": 50,
        "ont_serial": 100,
    }


@pytest.mark.parametrize("field", ["description", "address"])
def test_columns_without_a_length_take_any_text(field):
    assert TICKETS.to_local_owned(field, "x" * 1_000_000).value == "x" * 1_000_000


@pytest.mark.parametrize("field", ["description", "address", "dr_number", "ont_serial", "title"])
def test_null_text_is_null(field):
    assert TICKETS.to_local_owned(field, None).value is None
    assert TICKETS.to_local_owned(field, None).fits


PLAIN = "6f2c1f0e-3d56-4a52-9d33-0f6d7f0b8a11"


@pytest.mark.parametrize("field", ["project_id", "zone_id"])
@pytest.mark.parametrize(
    "text",
    [PLAIN, PLAIN.upper(), PLAIN.replace("-", ""), f"{{{PLAIN}}}", f"urn:uuid:{PLAIN}"],
    ids=["plain", "upper", "closed-up", "braces", "urn"],
)
def test_a_uuid_comes_in_the_way_postgresql_writes_it(field, text):
    assert TICKETS.to_local_owned(field, text).value == PLAIN


@pytest.mark.parametrize("field", ["project_id", "zone_id"])
@pytest.mark.parametrize(
    "text",
    [
        "4711",
        "none",
        PLAIN[:-1],
        f"{PLAIN}0",
        "g" + PLAIN[1:],
        "6f2c1f0e-3d56-4a52-9d33-0f6d7f0b8_11",
        "0x2c1f0e3d564a529d330f6d7f0b8a11",
        "+f2c1f0e3d564a529d330f6d7f0b8a11",
    ],
)
def test_what_is_no_uuid_leaves_the_column_alone_and_is_named(field, text):
    mapped = TICKETS.to_local_owned(field, text)
    assert not mapped.fits
    assert field in mapped.warning
    assert text not in mapped.warning


@pytest.mark.parametrize("field", ["project_id", "zone_id", "gps_coordinates"])
def test_null_clears_a_custom_field(field):
    assert TICKETS.to_local_owned(field, None).value is None
    assert TICKETS.to_local_owned(field, None).fits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-26.2041,28.0473", "-26.2041,28.0473"),
        (" -26.2041 , 28.0473 ", "-26.2041,28.0473"),
        ("90,180", "90,180"),
        ("-90.0,-180.0", "-90,-180"),
        ("0,0", "0,0"),
        ("-0.0,0.0", "0,0"),
        ("1e1,2E1", "10,20"),
        ("+1.50,.5", "1.5,0.5"),
        ("0.00001,1", "1e-05,1"),
        ("-33.123456789012345,18", "-33.123456789012344,18"),
    ],
)
def test_coordinates_come_in_the_way_postgresql_writes_them(text, expected):
    """What is read back from the column must equal what was mapped, or every repair rewrites it."""
    assert TICKETS.to_local_owned("gps_coordinates", text).value == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "1",
        "1,2,3",
        "90.0001,0",
        "0,180.0001",
        "-91,0",
        "0,-181",
        "nan,0",
        "0,nan",
        "inf,0",
        "0,-inf",
        "here,there",
        "1;2",
        "26°12'S,28°02'E",
    ],
)
def test_coordinates_out_of_range_or_unreadable_leave_the_column_alone(text):
    mapped = TICKETS.to_local_owned("gps_coordinates", text)
    assert mapped.fits is False
    assert "gps_coordinates" in mapped.warning
    assert not text.strip(",") or text not in mapped.warning


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_mapped_coordinates_are_the_numbers_given_and_map_to_themselves(lat, lon):
    mapped = TICKETS.to_local_owned("gps_coordinates", f"{lat!r},{lon!r}").value
    assert tuple(map(float, mapped.split(","))) == (lat, lon)
    assert TICKETS.to_local_owned("gps_coordinates", mapped).value == mapped


@given(st.sampled_from(OWNED_FIELDS), st.none() | st.text(max_size=300))
def test_mapping_any_text_ends_in_a_value_or_a_named_refusal(field, text):
    """Nothing raises, and what fits fits the column."""
    mapped = TICKETS.to_local_owned(field, text)
    assert mapped.fits or field in (mapped.warning or "")
    assert len(mapped.value or "") <= MAX_LENGTH.get(field, 10**9)


@given(st.sampled_from(OWNED_FIELDS), st.none() | st.text(min_size=1, max_size=300))
def test_mapping_a_mapped_value_changes_nothing(field, text):
    mapped = TICKETS.to_local_owned(field, text)
    if mapped.fits and mapped.value is not None:
        assert TICKETS.to_local_owned(field, mapped.value).value == mapped.value
