"""The commands of docs/migrating.md on a database of the lineage, with rows from before."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.database.pg_binaries import find_bindir
from sandbox.running import run_sandbox
from tests.database import rows
from tests.integration.lineage.maintenance import APPLICATION
from tests.integration.migration.test_migrating_page import Move, commands
from tests.sync_roles import SyncRoles

PROJECT = Path(__file__).parents[3]
pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

OPEN, ENDED, DUPLICATES = 8, 8, 1
EARLIER = (
    "INSERT INTO users (id, first_name) VALUES ('00000000-0000-4000-8000-00000000000e', 'Job')"
)
ADOPTED = """
INSERT INTO maintenance_tickets (ticket_uid, source, external_id, title, type, ticket_category,
    category, status, priority, created_by)
VALUES (%s, 'qcontact', %s, %s, 'maintenance', 'maintenance', 'maintenance', %s, 'normal',
    '00000000-0000-4000-8000-00000000000e')
"""
BEFORE = ("The lineage maintenance", "Before")


@pytest.fixture
def move(empty_db: str, roles: SyncRoles, tmp_path: Path) -> Iterator[Move]:
    """Rows that are done here and open there, and as many that agree; one is there twice."""
    (tmp_path / "include").symlink_to(PROJECT / "include")
    rows(empty_db, APPLICATION.read_text())
    rows(empty_db, EARLIER)
    with run_sandbox(tickets=0, clock_offset_s=-60) as qcontact:
        for number in range(OPEN + ENDED):
            remote_id = qcontact.world.add(title=f"FT{number:06}", status="Open")
            status = "resolved" if number < ENDED else "open"
            row = [f"VF-20260101-{number:03}", remote_id, f"FT{number:06}", status]
            rows(empty_db, ADOPTED, row)
        rows(empty_db, ADOPTED, ["VF-20260102-001", remote_id, "FT999999", "open"])
        qcontact.world.switch(clock_offset_s=0)
        paths = [Path(sys.executable).parent, find_bindir(), "/usr/bin", "/bin"]
        given = {
            "PATH": os.pathsep.join(map(str, paths)),
            "HOME": str(tmp_path),
            "OWNER_URL": empty_db,
            "MIGRATOR_URL": roles.as_migrator(empty_db),
            "DATABASE_URL": roles.as_runtime(empty_db),
            "QCONTACT_API_URL": qcontact.url,
            "QCONTACT_API_KEY": qcontact.api_key,
        }
        yield Move(empty_db, qcontact, roles, tmp_path, given)


def test_the_steps_before_the_switch_change_no_row_and_count_by_kind(move: Move) -> None:
    state = "SELECT xmin::text, t::text FROM maintenance_tickets AS t ORDER BY id"
    before = move.query(state)
    shown = move.shell(commands(*BEFORE, "See what would change"))
    assert f"linked for the first time: {OPEN + ENDED} tickets" in shown
    assert f"done in FibreFlow, open in QContact: {ENDED}" in shown
    assert f"agree: {OPEN}" in shown
    assert f"further rows with the same QContact id, left unlinked: {DUPLICATES}" in shown
    assert "outbound: + 0 create, ~ 0 update, > 0 send" in shown
    assert move.query(state) == before


def test_the_switch_sends_nothing_rewrites_no_title_and_one_command_ends_the_rest(
    move: Move,
) -> None:
    titles = "SELECT ticket_uid, title, status FROM maintenance_tickets ORDER BY 1"
    before = move.query(titles)
    move.shell(commands(*BEFORE, "Switch over"))
    world = move.qcontact.world
    assert move.query(titles) == before
    assert [entry for entry in world.journal if entry.by == "api"] == []
    ids = [t for t, shown in list(world.tickets.items())[:ENDED] if shown["status"] == "Open"]
    names = commands("The lineage maintenance").splitlines()[-1]
    move.shell(f"{names}\nqcontact-sync compare resolve {' '.join(ids)} --keep local\n")
    move.shell(f"{names}\nqcontact-sync run\n")
    ended = [shown["status"].lower() for shown in world.tickets.values()]
    assert ended == ["solved"] * ENDED + ["open"] * OPEN
