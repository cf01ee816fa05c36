"""The list of defects stays true, and whoever judges by it can fail."""

import ast
import re

import pytest

from tests.mutants.catch import trouble_of
from tests.mutants.defect_list import ROOT, listed_defects

AT_LEAST = 25
DEFECTS = listed_defects()
PAGE = ROOT / "docs" / "mutation.md"


def by_name(defect):
    return defect.name


def test_there_are_enough_of_them():
    assert len({(d.file, d.old, d.new) for d in DEFECTS}) == len(DEFECTS) >= AT_LEAST


@pytest.mark.parametrize("defect", DEFECTS, ids=by_name)
def test_a_defect_changes_exactly_one_place(defect):
    text = (ROOT / defect.file).read_text(encoding="utf-8")
    assert text.count(defect.old) == 1
    assert defect.applied_to(text) != text


@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.file.endswith(".py")], ids=by_name)
def test_a_defect_is_no_slip_of_syntax(defect):
    ast.parse(defect.applied_to((ROOT / defect.file).read_text(encoding="utf-8")))


@pytest.mark.parametrize("defect", DEFECTS, ids=by_name)
def test_a_defects_tests_are_there(defect):
    assert defect.tests
    for node_id in defect.node_ids:
        path, *names = node_id.split("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert all(re.search(rf"\b(def|class) {name}\b", text) for name in names), node_id


def test_the_page_lists_them_with_their_promises():
    listed = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert listed == [(d.name, d.promise) for d in DEFECTS]


@pytest.mark.parametrize(
    ("ended", "trouble"),
    [
        pytest.param({"t.py::a": "assertion"}, "", id="caught"),
        pytest.param({"t.py::a[1]": "passed", "t.py::a[2]": "assertion"}, "", id="caught-once"),
        pytest.param({"t.py::a": "passed"}, "SURVIVED", id="survived"),
        pytest.param({"t.py::ab": "assertion"}, "did not run", id="another-test"),
        pytest.param({"t.py::a": "NameError"}, "broke instead of failing", id="broke"),
        pytest.param({}, "did not run", id="nothing-ran"),
    ],
)
def test_a_defect_is_caught_where_a_check_of_its_test_fails(ended, trouble):
    seen = {"ended": ended, "not_collected": []}
    assert trouble_of(["t.py::a"], seen, is_broken=True).startswith(trouble)
    assert bool(trouble_of(["t.py::a"], seen, is_broken=True)) is bool(trouble)


def test_a_test_that_cannot_be_collected_catches_nothing():
    seen = {"ended": {"t.py::a": "assertion"}, "not_collected": ["t.py"]}
    assert trouble_of(["t.py::a"], seen, is_broken=True)


def test_without_a_defect_everything_has_to_pass():
    seen = {"ended": {"t.py::a": "assertion"}, "not_collected": []}
    assert trouble_of(["t.py::a"], seen, is_broken=False)
