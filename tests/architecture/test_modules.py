"""Size and names of modules, and what their code may not do."""

import ast
import re
import sys

import pytest

from tests.architecture.repository import CODE, PACKAGE, ROOT, modules, parsed, require

MAX_LINES = 320
BANNED = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "data"}
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"},
}


@pytest.mark.parametrize("room", CODE)
def test_no_module_is_long(room):
    def breaches(path):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        return [f":{lines} is longer than {MAX_LINES} lines"] if lines > MAX_LINES else []

    require(modules(room), breaches)


@pytest.mark.parametrize("room", [*CODE, "tests"])
def test_no_module_is_named_after_nothing_in_particular(room):
    def breaches(path):
        parts = {path.stem, *path.relative_to(ROOT).parent.parts}
        return [f" is named {part!r}" for part in sorted(BANNED & parts)]

    require(modules(room), breaches)


@pytest.mark.parametrize("room", [*CODE, "tests"])
def test_no_module_is_named_after_one_of_the_standard_library(room):
    taken = sys.stdlib_module_names - {"__main__", "__future__"}
    require(modules(room), lambda path: [" hides a module"] if path.stem in taken else [])


def test_everything_is_caught_only_by_a_guard_that_says_why():
    """Naming what is caught keeps a bug from passing for a bad ticket."""
    # Each around one ticket.
    guards = (PACKAGE / "sync", PACKAGE / "services" / "ticket_story.py")

    def breaches(path):
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                if not any(path.is_relative_to(guard) for guard in guards):
                    yield f":{node.lineno} is no guard around one ticket"
                if not re.search(r"#\s*\w{3,}", lines[node.lineno - 1]):
                    yield f":{node.lineno} gives no reason"

    require(modules("plugins", "dags"), breaches)


def _catches_all(handler):
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        type_ is None
        or (isinstance(type_, ast.Name) and type_.id in ("Exception", "BaseException"))
        for type_ in types
    )


@pytest.mark.parametrize("room", ["core", "sync"])
def test_time_is_read_through_the_clock_alone(room):
    def breaches(path):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import) and "time" in {alias.name for alias in node.names}:
                yield f":{node.lineno} imports time"
            elif isinstance(node, ast.ImportFrom) and node.module == "time":
                yield f":{node.lineno} imports from time"
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from (f":{node.lineno} calls {name}" for name in _clock_read(node.func))

    require(
        [p for p in modules("plugins") if room in p.relative_to(PACKAGE.parent).parts], breaches
    )


def _clock_read(called):
    """The name of a clock that a call reads, if it reads one."""
    owner = called.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", None)
    if called.attr in CLOCKS.get(name, ()):
        yield f"{name}.{called.attr}"
    if isinstance(owner, ast.Call) and called.attr == "time":
        yield "the event loop's clock"


def test_airflow_is_kept_from_importing_the_package_by_bare_names():
    assert "qcontact_sync/" in (ROOT / "plugins" / ".airflowignore").read_text().splitlines()
