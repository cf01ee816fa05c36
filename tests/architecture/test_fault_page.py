"""docs/faults.md claims tests; each must exist, and each test of a fault must be on the page."""

import re
from pathlib import Path

from tests.architecture.repository import ROOT

PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
CLAIMED = set(re.findall(r"`(test_\w+)`", PAGE))
NUMBERED = re.findall(r"^\| (X[A-Z]+[0-9]+) \|(.*)$", PAGE, re.MULTILINE)


def _written(folder: Path) -> set[str]:
    return {
        name
        for path in folder.rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }


def test_every_test_that_the_page_names_exists():
    assert sorted(CLAIMED - _written(ROOT / "tests")) == []


def test_every_test_of_a_fault_is_on_the_page():
    assert sorted(_written(ROOT / "tests/integration/faults") - CLAIMED) == []


def test_every_numbered_fault_has_a_test():
    assert [number for number, row in NUMBERED if not re.search(r"`test_\w+`", row)] == []
