"""docs/faults.md claims tests; each must exist, and each test of a fault must be on the page."""

import re

from tests.architecture.repository import ROOT

PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
CLAIMED = set(re.findall(r"`(test_\w+)`", PAGE))
OF_A_FAULT = re.compile(r"^test_(x[a-z]+[0-9]+)_")


def _written() -> set[str]:
    sources = (ROOT / "tests").rglob("test_*.py")
    return {
        name
        for path in sources
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }


def test_every_test_that_the_page_names_exists():
    assert sorted(CLAIMED - _written()) == []


def test_every_fault_that_has_a_test_has_a_row():
    tested = {m[1].upper() for name in _written() if (m := OF_A_FAULT.match(name))}
    listed = set(re.findall(r"\bX[A-Z]+[0-9]+\b", PAGE))
    assert sorted(tested - listed) == []
