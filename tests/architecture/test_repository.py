"""A rule's failure names each file that breaks it, and how."""

import pytest

from tests.architecture.repository import PACKAGE, require

FILES = [PACKAGE / "jobs.py", PACKAGE / "core" / "merge.py", PACKAGE / "core" / "canon.py"]


def test_every_breach_is_named():
    def breaches(path):
        return [":2 sleeps", ":7 shouts"] if path.parent.name == "core" else []

    with pytest.raises(pytest.fail.Exception) as failed:
        require(FILES, breaches)

    assert str(failed.value).splitlines()[1:] == [
        f"plugins/qcontact_sync/core/{name}.py:{breach}"
        for name in ("merge", "canon")
        for breach in ("2 sleeps", "7 shouts")
    ]


def test_a_rule_that_is_kept_does_not_fail():
    require(FILES, lambda path: [])


def test_a_rule_without_files_fails():
    with pytest.raises(AssertionError):
        require([], lambda path: [])
