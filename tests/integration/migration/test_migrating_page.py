"""Each command and query of docs/migrating.md, carried out as it stands; without Airflow's."""

import os
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from qcontact_sync.fibreflow.migrate import migrations

from dev.database.pg_binaries import find_bindir
from dev.database.postgres import drop_database, ensure_database
from dev.state import PROJECT
from sandbox.running import Sandbox, run_sandbox
from sandbox.world import World as QContact
from tests.benchmarks import earlier_job
from tests.copies import Copies
from tests.database import rows
from tests.forking_script import run_in_shell
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

PAGE = (PROJECT / "docs" / "migrating.md").read_text()
RENAMED = """
ALTER TABLE tickets RENAME TO maintenance_tickets;
ALTER TABLE qcontact_sync_log RENAME TO maintenance_qcontact_sync_log;
"""


def blocks(heading: str, language: str) -> list[str]:
    """The code blocks under a heading of the page."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def commands(*headings: str) -> str:
    found = [block for heading in headings for block in blocks(heading, "sh")]
    return "\n".join(block for block in found if not block.startswith("airflow"))


@dataclass(frozen=True)
class Move:
    """A shell in the project's folder, between what the earlier job left and QContact."""

    owner: str
    qcontact: Sandbox
    roles: SyncRoles
    folder: Path
    environment: Mapping[str, str]

    def having(self, **environment: str) -> "Move":
        return replace(self, environment={**self.environment, **environment})

    def shell(self, script: str) -> str:
        """What it printed; the names of the roles are the tests' own."""
        script = script.replace("migrator=qcontact_migrator", f"migrator={self.roles.migrator}")
        script = script.replace("runtime=qcontact_sync", f"runtime={self.roles.runtime}")
        done = run_in_shell(script, self.environment, self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def query(self, statement: str) -> list[dict[str, object]]:
        return rows(self.owner, statement)


@contextmanager
def left_behind(owner: str, roles: SyncRoles, folder: Path) -> Iterator[Move]:
    """Two tickets that the earlier job brought in, one of them twice, in renamed tables."""
    (folder / "include").symlink_to(PROJECT / "include")
    with run_sandbox(tickets=0, clock_offset_s=-60) as qcontact:
        for status in ("New", "Solved"):
            qcontact.world.add(
                title="No light", status=status, category="maintenance", priority="normal"
            )
        qcontact.world.switch(clock_offset_s=0)
        with psycopg.connect(owner) as connection:
            connection.execute(migrations()[0].text.encode())
        earlier_job.work(owner, qcontact.url, 1, qcontact.api_key)
        with psycopg.connect(owner) as connection:
            connection.execute(
                "INSERT INTO tickets (ticket_uid, source, external_id, title, ticket_type)"
                " SELECT 'FT000009', source, external_id, title, ticket_type FROM tickets LIMIT 1"
            )
            connection.execute(RENAMED.encode())
        yield move_between(owner, qcontact, roles, folder)


def move_between(owner: str, qcontact: Sandbox, roles: SyncRoles, folder: Path) -> Move:
    paths = [Path(sys.executable).parent, find_bindir(), "/usr/bin", "/bin"]
    given = {
        "PATH": os.pathsep.join(map(str, paths)),
        "HOME": str(folder),
        "OWNER_URL": owner,
        "MIGRATOR_URL": roles.as_migrator(owner),
        "DATABASE_URL": roles.as_runtime(owner),
        "QCONTACT_API_URL": qcontact.url,
        "QCONTACT_API_KEY": qcontact.api_key,
    }
    return Move(owner, qcontact, roles, folder, given)


@pytest.fixture
def move(empty_db: str, roles: SyncRoles, tmp_path: Path) -> Iterator[Move]:
    """Before the switch."""
    with left_behind(empty_db, roles, tmp_path) as move:
        yield move


@dataclass(frozen=True)
class Switched:
    """What there is after the switch.

    Attributes:
        database: Its name; nobody is connected to it.
        folder: With the backup.
    """

    database: str
    qcontact: QContact
    folder: Path


@pytest.fixture(scope="module")
def switched(
    pg_server: str, roles: SyncRoles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Switched]:
    name = f"switched_{uuid.uuid4().hex}"
    owner = ensure_database(pg_server, name)
    with left_behind(owner, roles, tmp_path_factory.mktemp("switched")) as move:
        move.shell(commands("Names", "Before", "Switch over"))
        state = Switched(name, move.qcontact.world.copy(), move.folder)
    yield state
    drop_database(pg_server, name)


@pytest.fixture
def moved(switched: Switched, copies: Copies, roles: SyncRoles) -> Iterator[Move]:
    """After the switch."""
    with (
        copies.copy(switched.database) as owner,
        run_sandbox(world=switched.qcontact.copy()) as qcontact,
    ):
        yield move_between(owner, qcontact, roles, switched.folder).having(
            QCONTACT_SYNC_TABLE_TICKETS="maintenance_tickets",
            QCONTACT_SYNC_TABLE_QCONTACT_SYNC_LOG="maintenance_qcontact_sync_log",
        )


def test_all_steps_before_the_switch_leave_every_row_as_it_was(move: Move):
    state = "SELECT xmin::text, t::text FROM maintenance_tickets AS t ORDER BY id"
    before = move.query(state)
    shown = move.shell(commands("Names", "Before", "See what would change"))
    assert "outbound: + 0 create, ~ 0 update, > 0 send" in shown
    assert move.query(state) == before
    assert move.query("SELECT 1 FROM sync_job_history") == []


def test_the_query_for_doubled_rows_names_them(move: Move):
    (query,) = blocks("See what would change", "sql")
    (row,) = move.query(query)
    assert len(row["oldest_first"]) == 2


def test_the_switch_doubles_nothing_and_leaves_a_backup(moved: Move):
    assert (moved.folder / "before-the-sync.dump").exists()
    assert len(moved.query("SELECT 1 FROM maintenance_tickets")) == 3
    assert len(moved.query("SELECT 1 FROM qcontact_ticket_link")) == 2


def test_the_queries_of_the_first_week_find_what_the_page_expects(moved: Move):
    for query in blocks("The first week", "sql"):
        expected = re.search(r"Expected: no row( but the duplicates of before)?", query)
        rows = moved.query(query)
        if expected is None:
            assert rows, query
        else:
            assert len(rows) == (1 if expected[1] else 0), query


def test_a_note_that_the_earlier_job_sent_is_not_sent_again(moved: Move):
    (note,) = blocks("Going back", "sh")[1:]
    (linked,) = moved.query("SELECT ticket_id, remote_id FROM qcontact_ticket_link LIMIT 1")
    moved.query(
        "INSERT INTO ticket_notes (ticket_id, note_type, content)"
        f" VALUES ('{linked['ticket_id']}', 'client', 'Sent by the earlier job')"
    )
    moved.shell(note)
    moved.shell("qcontact-sync run")
    assert moved.qcontact.world.notes(str(linked["remote_id"])) == []


def test_the_view_for_other_columns_and_its_rights_are_enough(move: Move):
    (view,) = blocks("Columns with other names", "sql")
    move.query("ALTER TABLE maintenance_tickets RENAME external_id TO qcontact_id")
    move.query(view)
    names = commands("Names").replace("=maintenance_tickets", "=app.sync_tickets")
    move.shell(names + commands("Before") + "qcontact-sync run")
    assert len(move.query("SELECT 1 FROM qcontact_ticket_link")) == 2
