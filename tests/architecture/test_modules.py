"""Size and names of modules, and what their code may not do."""

import ast
import re
import sys

import pytest

from tests.architecture.repository import CODE, PACKAGE, ROOT, modules, named, parsed

MAX_LINES = 320
BANNED = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "data"}
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"},
}


@pytest.mark.parametrize("path", modules(*CODE), ids=named)
def test_no_module_is_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", modules(*CODE, "tests"), ids=named)
def test_no_module_is_named_after_nothing_in_particular(path):
    assert path.stem not in BANNED
    assert not BANNED & set(path.relative_to(ROOT).parent.parts)


@pytest.mark.parametrize("path", modules(*CODE, "tests"), ids=named)
def test_no_module_is_named_after_one_of_the_standard_library(path):
    assert path.stem not in sys.stdlib_module_names - {"__main__", "__future__"}


@pytest.mark.parametrize("path", modules("plugins", "dags"), ids=named)
def test_everything_is_caught_only_by_a_guard_that_says_why(path):
    """Naming what is caught keeps a bug from passing for a bad ticket."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node):
            guards = (
                PACKAGE / "sync",
                PACKAGE / "services" / "ticket_story.py",
            )  # each around one ticket
            assert any(path.is_relative_to(guard) for guard in guards), f"line {node.lineno}"
            assert re.search(r"#\s*\w{3,}", lines[node.lineno - 1]), (
                f"line {node.lineno}: no reason"
            )


def _catches_all(handler):
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        type_ is None
        or (isinstance(type_, ast.Name) and type_.id in ("Exception", "BaseException"))
        for type_ in types
    )


@pytest.mark.parametrize(
    "path",
    [p for p in modules("plugins") if {"core", "sync"} & set(p.relative_to(PACKAGE.parent).parts)],
    ids=named,
)
def test_time_is_read_through_the_clock_alone(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            assert not {"time"} & {alias.name for alias in node.names}, f"line {node.lineno}"
        elif isinstance(node, ast.ImportFrom):
            assert node.module != "time", f"line {node.lineno}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", None)
            assert node.func.attr not in CLOCKS.get(name, ()), f"line {node.lineno}"
            is_loops = isinstance(owner, ast.Call) and node.func.attr == "time"
            assert not is_loops, f"line {node.lineno}: the event loop's clock"


@pytest.mark.parametrize("path", modules("plugins"), ids=named)
def test_nothing_is_left_for_later(path):
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text(encoding="utf-8"))


def test_airflow_is_kept_from_importing_the_package_by_bare_names():
    assert "qcontact_sync/" in (ROOT / "plugins" / ".airflowignore").read_text().splitlines()
