"""SQL stands in files of one kind, and nowhere else."""

import ast
import re

import pytest
from qcontact_sync.fibreflow.host_schema import OWN_NAMES, TableNames

from tests.architecture.repository import (
    PACKAGE,
    ROOT,
    SQL,
    adapters,
    modules,
    parsed,
    queries,
    require,
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


def test_no_statement_stands_in_python():
    def breaches(path):
        return [f":{line} {text!r}" for line, text in strings(parsed(path)) if is_sql(text)]

    require(modules("plugins", "dags"), breaches)


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


def test_query_begins_with_its_name_purpose_params_returns_and_locks():
    def breaches(path):
        parts = header(path)
        if list(parts) != [path.stem, "params", "returns", "locks"]:
            yield f":1 has the parts {list(parts)}"
        yield from (f":1 says nothing of {part}" for part in parts if not parts[part].strip())

    require([*queries(), *adapters()], breaches)


def test_params_of_the_header_are_those_of_the_query():
    def breaches(path):
        named_in_header = header(path).get("params", "")
        used = set(re.findall(r"%\((\w+)\)s", path.read_text(encoding="utf-8")))
        unnamed = [name for name in used if not re.search(rf"\b{name}\b", named_in_header)]
        yield from (f" uses {name}" for name in sorted(unnamed))
        if not used and named_in_header.rstrip(".") != "none":
            yield f" uses none of {named_in_header}"

    require([*queries(), *adapters()], breaches)


def test_query_is_one_statement():
    def breaches(path):
        count = body(path).strip().rstrip(";").count(";") + 1
        return [f" has {count} statements"] if count > 1 else []

    require([*queries(), *adapters()], breaches)


def test_percent_sign_stands_in_placeholders_only():
    """The driver reads comments and literals too."""

    def breaches(path):
        lines = path.read_text(encoding="utf-8").splitlines()
        without = [re.sub(r"%\(\w+\)s", "", line) for line in lines]
        return [
            f":{number} {lines[number - 1]}"
            for number, line in enumerate(without, 1)
            if "%" in line
        ]

    require([*queries(), *adapters()], breaches)


def test_adapter_stands_for_a_table_or_is_used():
    used = {*TableNames().by_usual_name(), *_names_in_python()}

    def breaches(path):
        if path.parent.name not in OWN_NAMES:
            yield " is of no known schema"
        if path.stem not in used:
            yield " is not used"

    require(adapters(), breaches)


def _names_in_python():
    return {text for path in modules("plugins") for _, text in strings(parsed(path))}


def test_query_is_used():
    used = _names_in_python()
    require(queries(), lambda path: [] if path.stem in used else [" is not used"])


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


def test_migration_begins_with_its_purpose():
    require(
        (SQL / "migrations").glob("*.sql"),
        lambda path: [] if path.read_text().startswith("-- ") else [" begins without a comment"],
    )


def _own_tables():
    made = r"CREATE TABLE (?:IF NOT EXISTS )?(qcontact_\w+)"
    texts = [path.read_text() for path in (SQL / "migrations").glob("*.sql")]
    # FibreFlow's own audit log has a name of this kind.
    return {name for text in texts for name in re.findall(made, text)} - {"qcontact_sync_log"}


@pytest.mark.parametrize(
    "place",
    [
        SQL / "queries" / "missing_rights.sql",
        SQL / "optional" / "roles.sql",
        ROOT / "docs" / "architecture.md",
    ],
    ids=lambda place: place.name,
)
def test_tables_of_the_syncs_own_are_all_in(place):
    named = set(re.findall(r"qcontact_\w+", place.read_text()))
    assert _own_tables() - named == set()


def test_there_is_no_other_sql_in_the_package_or_beside_it():
    """A stray file would be neither found nor checked."""
    beside = {
        path for path in SQL.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    kept = {path for room in ("migrations", "optional") for path in (SQL / room).glob("*.sql")}
    assert beside == {*queries(), *adapters()} | kept
    assert list(PACKAGE.rglob("*.sql")) == []
