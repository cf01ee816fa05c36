"""Which tests `make test-fast` leaves out, and which stay together on one worker."""

import ast

import pytest

from tests.architecture.repository import ROOT, modules, named, parsed
from tests.grouping import GROUPS, GroupScheduling, needs_airflow

TESTS = [path for path in modules("tests") if path.name.startswith(("test_", "conftest"))]
AIRFLOW = ("airflow", "qcontact_sync.on_airflow", "tests.private_airflow")


def imported(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_what_imports_airflow_is_left_out_of_the_fast_tests(path):
    uses_airflow = any(f"{name}.".startswith(f"{a}.") for name in imported(path) for a in AIRFLOW)
    assert needs_airflow(path) or not uses_airflow


def test_every_group_has_its_files():
    assert all((ROOT / member).exists() for members in GROUPS.values() for member in members)


@pytest.mark.parametrize("module", ["test_backfills.py", "test_dashboard.py"])
def test_tests_of_one_running_airflow_stay_together(module):
    scheduling = GroupScheduling.__new__(GroupScheduling)
    assert scheduling._split_scope(f"tests/e2e/{module}::test_it[a::b@c]") == "e2e"
