"""Rows in COPY's text format."""

import pytest
from qcontact_sync.fibreflow.copied_rows import copy_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, "\\N"),
        ("\\N", "\\\\N"),
        ("a\tb", "a\\tb"),
        ("a\nb\rc", "a\\nb\\rc"),
        ("\\\n", "\\\\\\n"),
    ],
)
def test_a_value_is_escaped(value, text):
    assert copy_text([("x", value, "y")]) == f"x\t{text}\ty\n"


def test_rows_end_with_a_line_end():
    assert copy_text([("a", None), ("b", "c")]) == "a\t\\N\nb\tc\n"
