"""The rights that `doctor` checks are those that the sync's statements need."""

import re
from pathlib import Path

from qcontact_sync.fibreflow.host_schema import USUAL
from qcontact_sync.fibreflow.needs import needed_rights

SQL = Path(__file__).parents[3] / "include" / "sql"
# Only the owner of the tables runs these: who migrates, and `forget`.
OF_THE_OWNER = {"make_ledger", "widen_ledger", "note_migration", "forget_ticket"}
WRITES = {
    "INSERT": r"INSERT INTO (\w+)",
    "UPDATE": r"(?<!FOR )(?<!DO )UPDATE (?!SET\b)(\w+)",
    "DELETE": r"DELETE FROM (\w+)",
}


def without_comments(path):
    return re.sub(r"--.*", "", path.read_text(encoding="utf-8"))


def tables():
    text = "".join(without_comments(path) for path in (SQL / "migrations").glob("*.sql"))
    ledger = without_comments(SQL / "queries" / "make_ledger.sql")
    return set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", text + ledger))


def rights_used():
    used = set()
    for path in (SQL / "queries").glob("*.sql"):
        if path.stem in OF_THE_OWNER | {"missing_rights"}:
            continue
        text = without_comments(path)
        for privilege, pattern in WRITES.items():
            used |= {(table, privilege) for table in re.findall(pattern, text)}
        used |= {
            (table, "SELECT") for table in re.findall(r"(?<!DELETE )(?:FROM|JOIN) (\w+)", text)
        }
        upserts = re.findall(r"INSERT INTO (\w+)(?:(?!INSERT INTO).)*?DO UPDATE", text, re.DOTALL)
        used |= {(table, "UPDATE") for table in upserts}
    known = tables()
    return {(table, privilege) for table, privilege in used if table in known}


def rights_checked():
    text = (SQL / "queries" / "missing_rights.sql").read_text(encoding="utf-8")
    own = re.findall(r"\('(\w+)', '([A-Z ]+)'\)", text)
    fibreflows = {
        (right["name"].strip('"'), right["privilege"])
        for right in needed_rights(USUAL, inbound_notes="notes")
    }
    return fibreflows | {(table, right) for table, rights in own for right in rights.split()}


def test_every_right_that_a_statement_needs_is_checked():
    assert rights_used() - rights_checked() == set()


def test_nothing_is_asked_for_that_no_statement_needs():
    # An upsert and a RETURNING read the row as well, which no FROM shows.
    written = {table for table, privilege in rights_used() if privilege != "SELECT"}
    beyond = rights_checked() - rights_used()
    assert {(t, p) for t, p in beyond if p != "SELECT" or t not in written} == set()
