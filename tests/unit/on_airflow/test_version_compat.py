import ast
from datetime import timedelta

import pytest
from qcontact_sync.config.accounts import Account
from qcontact_sync.on_airflow import version_compat
from qcontact_sync.on_airflow.declaring import late_alert
from qcontact_sync.reporting.airflow_releases import LACKS

from dev.state import PROJECT

FILES = [
    *(PROJECT / "plugins" / "qcontact_sync" / "on_airflow").rglob("*.py"),
    *(PROJECT / "dags").glob("*.py"),
]


def test_what_doctor_says_of_this_airflow_is_so():
    has_deadline = late_alert(Account(), timedelta(minutes=10)) is not None
    lacks = " ".join(LACKS[version_compat.RELEASE])

    assert ("no Deadline Alert" in lacks) is not has_deadline


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: file.stem)
def test_what_differs_between_releases_is_imported_from_one_module(file):
    """Only an older Airflow would show it otherwise."""
    imported = {
        alias.name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow")
        for alias in node.names
    }

    assert file.stem == "version_compat" or not imported & set(version_compat.__all__)
