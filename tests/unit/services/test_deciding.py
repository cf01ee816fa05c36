"""Whose name stands beside a decision."""

import os
import pwd

import pytest
from qcontact_sync.services.deciding import LONGEST, person


def test_without_a_name_it_is_the_user_of_the_process(monkeypatch):
    monkeypatch.setenv("USER", "someone-else")
    assert person(None) == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [("clerk", "clerk"), ("  ", "unknown"), ("x" * 999, "x" * LONGEST)],
)
def test_a_name_is_one_short_line(given, expected):
    assert person(given) == expected


def test_a_name_forges_no_line():
    assert "\n" not in person("clerk\nadmin")
    assert "\x1b" not in person("clerk\x1b[2J")
