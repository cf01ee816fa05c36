"""SQL stands in files of one kind, and nowhere else."""

import ast
import functools
import re

import pytest
from qcontact_sync.fibreflow.host_schema import OWN_NAMES, TableNames

from tests.architecture.repository import (
    PACKAGE,
    SQL,
    adapters,
    modules,
    named,
    parsed,
    queries,
    strings,
)

# Upper case at a literal's beginning is no prose; lower case has to look like a statement.
UPPER = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|CREATE|ALTER|DROP|TRUNCATE|COPY|LOCK|SET|SHOW"
    r"|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|LISTEN|NOTIFY|VACUUM|ANALYZE|EXPLAIN|(GRANT|REVOKE)\s+[A-Z]+)\s"
    r"|\s*(BEGIN|COMMIT|ROLLBACK)\b;?\s*$"
    r"|.*\b(INSERT\s+INTO|DELETE\s+FROM|ON\s+CONFLICT|ORDER\s+BY|GROUP\s+BY|FOR\s+UPDATE)\b",
    re.DOTALL,
)
LOWER = re.compile(
    r"\s*(select\s+\S+(,\s*\S+)*\s+from\s|select\s+(\d|\S+\()|insert\s+into\s|delete\s+from\s"
    r"|update\s+\S+\s+set\s|merge\s+into\s|with\s+\w+\s+as\s*\(|set\s+(local|session|transaction)\s"
    r"|(create|alter|drop|truncate|lock)\s+(unique\s+|temp\w*\s+)?(table|index|view|schema|sequence"
    r"|function|trigger|database|role|type|extension)\s|(begin|commit|rollback);)"
)


def is_sql(text):
    return bool(UPPER.match(text) or LOWER.match(text))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "select id, title from tickets",
        "select now()",
        "\n  UPDATE tickets SET status = {}",
        "insert into tickets values (1)",
        "WITH a AS (VALUES (1)) TABLE a",
        "with a as (",
        "SET TRANSACTION READ ONLY",
        "COMMIT",
        "rollback;",
        "lock table tickets in share mode",
        "{} ORDER BY id",
        "GRANT SELECT ON tickets TO sync",
    ],
)
def test_a_statement_is_recognised(text):
    assert is_sql(text)


@pytest.mark.parametrize(
    "text",
    [
        "pick one and select it from the list",
        "update the ticket, then set its status",
        "set",
        "commit the intent first",
        "with a reason as given",
        "the schema is missing or behind: run `qcontact-sync migrate`",
        "begin_transaction",
        "UPDATED",
        "GRANT these to the user",
        "create a table of contents",
    ],
)
def test_prose_is_not_taken_for_a_statement(text):
    assert not is_sql(text)


@pytest.mark.parametrize("path", modules("plugins", "dags"), ids=named)
def test_no_statement_stands_in_python(path):
    assert [(line, text) for line, text in strings(parsed(path)) if is_sql(text)] == []


def header(path):
    """The comment that a query file begins with, by its parts; other lines continue a part."""
    parts = {}
    key = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        found = re.match(r"--\s+(\w+):\s+(.*)", line)
        if found and (key is None or found[1] in ("params", "returns", "locks")):
            key = found[1]
            parts[key] = found[2]
        elif key:
            parts[key] += " " + line.removeprefix("--").strip()
    return parts


def body(path):
    """A query without its comments and its text literals."""
    text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    return re.sub(r"'[^']*'", "''", text)


@pytest.mark.parametrize("path", [*queries(), *adapters()], ids=named)
def test_query_begins_with_its_name_purpose_params_returns_and_locks(path):
    parts = header(path)
    assert list(parts) == [path.stem, "params", "returns", "locks"]
    assert all(text.strip() for text in parts.values())


@pytest.mark.parametrize("path", [*queries(), *adapters()], ids=named)
def test_params_of_the_header_are_those_of_the_query(path):
    named_in_header = header(path)["params"]
    used = set(re.findall(r"%\((\w+)\)s", path.read_text(encoding="utf-8")))
    assert {name for name in used if not re.search(rf"\b{name}\b", named_in_header)} == set()
    if not used:
        assert named_in_header.rstrip(".") == "none"


@pytest.mark.parametrize("path", [*queries(), *adapters()], ids=named)
def test_query_is_one_statement(path):
    assert body(path).strip().rstrip(";").count(";") == 0


@pytest.mark.parametrize("path", [*queries(), *adapters()], ids=named)
def test_percent_sign_stands_in_placeholders_only(path):
    """The driver reads comments and literals too."""
    assert "%" not in re.sub(r"%\(\w+\)s", "", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", adapters(), ids=named)
def test_adapter_stands_for_a_table_or_is_used(path):
    tables = TableNames().by_usual_name()
    assert path.parent.name in OWN_NAMES
    assert path.stem in {*tables, *_names_in_python()}


@functools.cache
def _names_in_python():
    return {text for path in modules("plugins") for _, text in strings(parsed(path))}


@pytest.mark.parametrize("path", queries(), ids=named)
def test_query_is_used(path):
    assert path.stem in _names_in_python()


def _asked_for():
    """Names that are handed to what runs a query file."""
    for path in modules("plugins"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "attr", getattr(node.func, "id", None))
                first = node.args[0]
                if called in ("fetch", "statement") and isinstance(first, ast.Constant):
                    yield first.value


def test_query_that_is_asked_for_is_there():
    asked = set(_asked_for())
    assert asked
    assert asked <= {path.stem for path in [*queries(), *adapters()]}


def test_migrations_are_numbered_without_gaps():
    names = sorted(path.name for path in (SQL / "migrations").glob("*.sql"))
    assert names
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_there_is_no_other_sql_in_the_package_or_beside_it():
    """A stray file would be neither found nor checked."""
    beside = {
        path for path in SQL.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    kept = {path for room in ("migrations", "optional") for path in (SQL / room).glob("*.sql")}
    assert beside == {*queries(), *adapters()} | kept
    assert list(PACKAGE.rglob("*.sql")) == []
