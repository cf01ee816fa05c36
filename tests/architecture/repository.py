"""The repository as text: its files, its modules, its queries."""

import ast
import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "plugins",
    "dags",
    "include",
    "sandbox",
    "dev",
    "tests",
    "docs",
    "examples",
    ".ci",
    ".github",
)
CODE = ("plugins", "dags", "sandbox", "dev")
PACKAGE = ROOT / "plugins" / "qcontact_sync"
SQL = ROOT / "include" / "sql"
_NOT_TEXT = {".pyc", ".png", ".ico", ".gz", ".whl"}


def require(paths: Iterable[Path], breaches: Callable[[Path], Iterable[str]]) -> None:
    """Fail with every breach of a rule, one a line, not with the first alone.

    Args:
        paths: The files for which the rule holds; none at all would mean a room that moved.
        breaches: For one file, what breaks the rule, after its line if it has one: ``":2 sleeps"``.
    """
    looked_at = list(paths)
    assert looked_at
    found = [f"{named(path)}{breach}" for path in looked_at for breach in breaches(path)]
    if found:
        pytest.fail("\n".join(["the rule is broken in", *found]), pytrace=False)


def named(path: Path) -> str:
    """A file as it is shown."""
    return path.relative_to(ROOT).as_posix()


def texts(room: str = "") -> list[Path]:
    """The files that belong to a room, or those beside the rooms; what is private to a machine is
    hidden.
    """
    if room:
        found = (ROOT / room).rglob("*")
    else:
        found = (path for path in ROOT.iterdir() if not path.name.startswith("."))
    return sorted(
        path
        for path in found
        if path.is_file() and path.suffix not in _NOT_TEXT and "__pycache__" not in path.parts
    )


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def adapters() -> list[Path]:
    return sorted((SQL / "adapters").glob("*/*.sql"))


def queries() -> list[Path]:
    return sorted((SQL / "queries").glob("*.sql"))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of each module that a module imports, or imports names from."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of string literals that are no docstrings; holes of f-strings are ``{}``."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            inner.update(map(id, node.values))
            yield (
                node.lineno,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}"
                    for part in node.values
                ),
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in inner:
            if isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("utf-8", "replace")
            elif isinstance(node.value, str):
                yield node.lineno, node.value
