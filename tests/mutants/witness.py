"""A pytest plugin that tells how tests ended, and that it was the copy's code they ran.

Loaded by `tests.mutants.catch` alone; writes one JSON document to ``$MUTANTS_VERDICT``.
"""

import json
import os
from pathlib import Path

import pytest

WRONG_CODE = 90
_ended: dict[str, str] = {}
_not_collected: list[str] = []


def pytest_sessionstart(session):
    import qcontact_sync
    from qcontact_sync.fibreflow.statements import sql_folder

    copy = session.config.rootpath.resolve()
    for used in (Path(qcontact_sync.__file__), sql_folder()):
        if not used.resolve().is_relative_to(copy):
            pytest.exit(f"not the copy's: {used.name}", returncode=WRONG_CODE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        _ended[item.nodeid] = _kind(report, call.excinfo)
    elif report.passed and report.when == "call":
        _ended.setdefault(item.nodeid, "passed")
    return report


def _kind(report, excinfo):
    """``assertion`` where a check of the test failed, else what broke."""
    is_check = report.when == "call" and (_is_assertion(excinfo) or _is_missing_in_test(excinfo))
    return "assertion" if is_check else excinfo.typename


def _is_assertion(excinfo):
    is_timeout = str(excinfo.value).startswith("Timeout")
    return excinfo.typename in ("AssertionError", "Failed") and not is_timeout


def _is_missing_in_test(excinfo):
    """``(row,) = rows`` and ``entries[key]`` in a test say that there is one, or that one."""
    is_in_test = "tests" in Path(excinfo.traceback[-1].path).parts
    return is_in_test and isinstance(excinfo.value, ValueError | LookupError)


def pytest_collectreport(report):
    if report.failed:
        _not_collected.append(report.nodeid)


def pytest_sessionfinish():
    verdict = {"ended": _ended, "not_collected": _not_collected}
    Path(os.environ["MUTANTS_VERDICT"]).write_text(json.dumps(verdict), encoding="utf-8")
