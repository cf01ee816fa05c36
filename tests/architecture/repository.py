"""The repository as text: its files, its modules, its queries."""

import ast
from collections.abc import Iterator
from pathlib import Path

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


def named(path: Path) -> str:
    """A file as a test's id."""
    return path.relative_to(ROOT).as_posix()


def texts() -> list[Path]:
    """Every file that belongs to the repository; what is private to a machine is hidden."""
    in_rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*")]
    at_the_top = [path for path in ROOT.iterdir() if not path.name.startswith(".")]
    return sorted(
        path
        for path in in_rooms + at_the_top
        if path.is_file() and path.suffix not in _NOT_TEXT and "__pycache__" not in path.parts
    )


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def adapters() -> list[Path]:
    return sorted((SQL / "adapters").glob("*/*.sql"))


def queries() -> list[Path]:
    return sorted((SQL / "queries").glob("*.sql"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


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
