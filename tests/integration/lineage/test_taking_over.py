"""An operator's database goes through docs/migrating.md, word by word: each command and query as it
stands there. `make prove` does it with 900 tickets, in both dialects.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.database.pg_binaries import find_bindir
from dev.state import PROJECT
from sandbox.directory import MAIN_QUEUE
from sandbox.running import Sandbox, run_sandbox
from tests.depth import IS_DEEP
from tests.integration.lineage.operators_database import JOB, Operator, fill
from tests.integration.migration.test_migrating_page import Move, blocks, commands
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 900 if IS_DEEP else 40
DIALECTS = ("tickets", "entities") if IS_DEEP else ("entities",)
LINEAGE = "The lineage maintenance"
ONE_SIDE = "Tickets that are done on one side"
STATE = "SELECT xmin::text, t::text FROM maintenance_tickets AS t ORDER BY id"
KEPT = f"SELECT id, title, status FROM maintenance_tickets WHERE created_by = '{JOB}' ORDER BY id"
SHOWN = {
    "agree": "agree",
    "differ": "differ in status or assignment",
    "done_here": "done in FibreFlow, open in QContact",
    "done_there": "open in FibreFlow, done in QContact",
}


@dataclass(frozen=True)
class Taking:
    """The shell between both sides, and what is in them."""

    move: Move
    operator: Operator

    @property
    def journal(self) -> list[str]:
        return [entry.method for entry in self.move.qcontact.world.journal if entry.by == "api"]

    @property
    def statuses_there(self) -> Counter[str]:
        world = self.move.qcontact.world
        return Counter(world.tickets[i]["status"] for i in self.operator.done_here)


def environment(qcontact: Sandbox, tmp_path: Path, dsn: str, roles: SyncRoles) -> dict[str, str]:
    paths = [Path(sys.executable).parent, find_bindir(), "/usr/bin", "/bin"]
    side = {"QCONTACT_API_URL": qcontact.url}
    if qcontact.dialect == "entities":
        side |= {
            "QCONTACT_DIALECT": "entities",
            "QCONTACT_EMAIL": qcontact.email,
            "QCONTACT_PASSWORD": qcontact.password,
            "QCONTACT_QUEUES": str(MAIN_QUEUE),
        }
    else:
        side["QCONTACT_API_KEY"] = qcontact.api_key
    return {
        "PATH": os.pathsep.join(map(str, paths)),
        "HOME": str(tmp_path),
        "OWNER_URL": dsn,
        "MIGRATOR_URL": roles.as_migrator(dsn),
        "DATABASE_URL": roles.as_runtime(dsn),
        **side,
    }


@pytest.fixture(params=DIALECTS)
def taking(
    empty_db: str, roles: SyncRoles, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Taking]:
    (tmp_path / "include").symlink_to(PROJECT / "include")
    with run_sandbox(tickets=0, clock_offset_s=-60, dialect=request.param) as qcontact:
        operator = fill(empty_db, qcontact, TICKETS)
        qcontact.world.switch(clock_offset_s=0)
        given = environment(qcontact, tmp_path, empty_db, roles)
        yield Taking(Move(empty_db, qcontact, roles, tmp_path, given), operator)


def doctors_warning(move: Move) -> str:
    """What `doctor` says of rows from before a constraint."""
    checks = json.loads(move.shell("qcontact-sync doctor --json"))["checks"]
    found = [check["found"] for check in checks if check["name"] == "old words"]
    return found[0] if found else ""


def in_lineage(move: Move) -> Move:
    """The same shell later: the variables of the page are set."""
    return move.having(
        QCONTACT_SYNC_SCHEMA="maintenance",
        QCONTACT_SYNC_MAPPING_FILE=str(move.folder / "mapping.toml"),
    )


@pytest.mark.timeout(900 if IS_DEEP else 120)
def test_the_page_is_gone_through_without_a_surprise(taking: Taking) -> None:
    move, operator = taking.move, taking.operator
    before = move.query(STATE)
    shown = move.shell(commands(LINEAGE, "Before"))
    assert "old words" in shown
    assert move.query(STATE) == before
    move = in_lineage(move)
    warned = doctors_warning(move)
    assert all(f"{word} (status, {n})" in warned for word, n in operator.old_words.items())
    (old_words,) = blocks("Before", "sql")
    move.query(old_words)
    assert doctors_warning(move) == ""

    before = move.query(STATE)
    plan = move.shell(commands("See what would change"))
    linked = operator.linked.total()
    assert f"linked for the first time: {linked} tickets" in plan
    for kind, words in SHOWN.items():
        assert f"  {words}: {operator.linked[kind]}\n" in plan
    assert f"left unlinked: {operator.duplicates}\n" in plan
    assert f"inbound: + {operator.new} create" in plan
    assert "outbound: + 0 create, ~ 0 update, > 0 send" in plan
    (doubled,) = blocks("See what would change", "sql")
    assert len(move.query(doubled)) == operator.duplicates
    assert move.query(STATE) == before

    was = move.query(KEPT)
    move.shell(commands("Switch over"))
    assert move.query(KEPT) == was
    assert taking.journal == []
    assert move.query("SELECT FROM qcontact_quarantine") == []
    ended = move.query("SELECT status, total_failed FROM sync_job_history")
    assert {tuple(row.values()) for row in ended} == {("success", 0)}
    in_qcontact = linked + operator.new
    assert len(move.query("SELECT FROM qcontact_ticket_link")) == in_qcontact

    move.shell(commands(ONE_SIDE))
    assert set(taking.journal) == {"PATCH"}
    assert len(taking.journal) == operator.linked["done_here"]
    assert not {"Open", "Assigned", "In Progress", "Escalated"} & set(taking.statuses_there)
    for query in blocks("The first week", "sql"):
        rows = move.query(query)
        if "-- tickets from QContact that the sync does not know" in query:
            assert len(rows) == operator.duplicates + operator.gone
        elif "Expected: no row" in query:
            assert rows == [], query
        else:
            assert rows, query
    state, sent = move.query(STATE), len(taking.journal)
    move.shell("qcontact-sync run\nqcontact-sync status")
    assert (move.query(STATE), len(taking.journal)) == (state, sent)
