"""docs/backup.md, carried out: an older dump is restored, and a run begins."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from dev.database.pg_binaries import find_bindir
from dev.database.postgres import database_dsn, drop_database, ensure_database
from tests.integration.sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


def tool(name: str, *arguments: str | Path) -> None:
    subprocess.run([find_bindir() / name, *arguments], check=True, capture_output=True)


@pytest.fixture
def dumped(world: World, tmp_path: Path) -> Iterator[Callable[[], Callable[[], World]]]:
    """Takes a dump now; what it returns restores it into a database of its own."""
    names: list[str] = []
    server = database_dsn(world.owner, "postgres")

    def dump() -> Callable[[], World]:
        name = f"restored_{uuid4().hex}"
        names.append(name)
        file = tmp_path / name
        tool("pg_dump", "--format=custom", f"--file={file}", f"--dbname={world.owner}")

        def restore() -> World:
            owner = ensure_database(server, name)
            tool("pg_restore", "--exit-on-error", f"--dbname={owner}", file)
            return replace(world, database=database_dsn(world.database, name), owner=owner)

        return restore

    yield dump
    for name in names:
        drop_database(server, name)


def test_after_an_older_backup_nothing_is_doubled_lost_or_sent_twice(
    world: World, dumped: Callable[[], Callable[[], World]]
) -> None:
    sent, waiting, edited, noted, untouched = (
        world.add_ticket(status="In Progress", title="No light") for _ in range(5)
    )
    world.run()
    world.set_local(waiting, status="pending_qa")
    world.add_note(noted, "We come at ten")
    restore = dumped()
    world.set_local(sent, status="resolved")
    world.edit(edited, title="Edited there", status="Escalated")
    new = world.add_ticket(title="Came later")
    world.run()
    there = {i: (t["status"], t["title"]) for i, t in world.qcontact.tickets.items()}
    patches, notes = world.patches(), world.notes_at(noted)
    assert (len(patches), notes) == (2, ["We come at ten"])

    restored = restore()
    results = [restored.run() for _ in range(3)]

    assert [result.status for result in results] == ["success"] * 3
    assert world.patches() == patches
    assert {i: (t["status"], t["title"]) for i, t in world.qcontact.tickets.items()} == there
    assert world.notes_at(noted) == notes
    assert restored.value("SELECT count(*) FROM tickets") == 6
    assert restored.local(sent)["status"] == "resolved"
    assert restored.local(waiting)["status"] == "pending_qa"
    assert restored.local(edited)["title"] == "Edited there"
    assert restored.local(new)["title"] == "Came later"
    assert restored.local(untouched)["status"] == "in_progress"
    assert restored.quarantine() == {}


def test_the_roles_keep_their_rights_in_a_restored_database(
    world: World, dumped: Callable[[], Callable[[], World]]
) -> None:
    restored = dumped()()
    rights = """
        SELECT has_table_privilege('tickets', 'SELECT') AS may_read,
               has_table_privilege('tickets', 'DELETE') AS may_delete
    """
    seen_by_the_sync = replace(restored, owner=restored.database)
    assert seen_by_the_sync.rows(rights) == [{"may_read": True, "may_delete": False}]
