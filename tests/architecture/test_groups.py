"""Which tests `make test-fast` leaves out, and which stay together on one worker."""

import pytest

from tests.architecture.repository import ROOT, imported, modules, require
from tests.grouping import GROUPS, GroupScheduling, needs_airflow

TESTS = [path for path in modules("tests") if path.name.startswith(("test_", "conftest"))]
AIRFLOW = ("airflow", "qcontact_sync.on_airflow", "tests.private_airflow")


def test_what_imports_airflow_is_left_out_of_the_fast_tests():
    def breaches(path):
        # Most tests name nothing of it, and need not be parsed.
        if not needs_airflow(path) and any(name in path.read_text("utf-8") for name in AIRFLOW):
            for line, name in imported(path):
                if any(f"{name}.".startswith(f"{of_airflow}.") for of_airflow in AIRFLOW):
                    yield f":{line} imports {name}"

    require(TESTS, breaches)


def test_every_group_has_its_files():
    assert all((ROOT / member).exists() for members in GROUPS.values() for member in members)


@pytest.mark.parametrize("module", ["test_backfills.py", "test_dashboard.py"])
def test_tests_of_one_running_airflow_stay_together(module):
    scheduling = GroupScheduling.__new__(GroupScheduling)
    assert scheduling._split_scope(f"tests/e2e/{module}::test_it[a::b@c]") == "e2e"
