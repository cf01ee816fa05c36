"""docs/licences.md lists what is installed, and nothing is installed that may not be."""

import re

import pytest

from dev.pages.licences import (
    EXCEPTIONS,
    NOT_INSTALLED,
    PAGE,
    is_permissive,
    pins,
    read_licences,
    refused,
    row,
)

ROWS = re.findall(r"^\| ([\w.-]+) \| ([^ ]+) \| (.+?) \| .*\|$", PAGE.read_text(), re.M)


def test_the_page_lists_every_pin():
    """`make licences` writes it."""
    listed = [(name, version) for name, version, _ in ROWS[2:]]
    assert listed == [(pin.name, pin.version) for pin in pins()]


def test_each_licence_is_what_the_installed_package_says():
    """What only another platform or Python needs is not here to be asked."""
    page = PAGE.read_text().splitlines()
    rows = [
        row(pin, licence) for pin, licence in read_licences().items() if licence != NOT_INSTALLED
    ]
    known = [line for line in rows if line in page]
    unread = {name for name, _, licence in ROWS if licence == NOT_INSTALLED}
    assert [line for line in rows if line not in known and line.split()[1] not in unread] == []
    assert len(known) > 150


def test_every_licence_may_be_used():
    assert list(refused(read_licences())) == []


def test_every_exception_is_of_a_pin():
    assert set(EXCEPTIONS) - {pin.name for pin in pins()} == set()


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND GPL-2.0-only", False),
        ("LGPL-3.0-only", False),
        ("MIT License; GNU General Public License (GPL)", True),
        ("GNU General Public License (GPL)", False),
        ("UNKNOWN", False),
    ],
)
def test_a_licence_is_permissive_where_one_way_to_take_it_is(licence, expected):
    assert is_permissive(licence) is expected
