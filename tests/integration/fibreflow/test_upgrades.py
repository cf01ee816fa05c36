"""The code of the release before works on the schema of this one.

`tests/released` holds that release as a wheel: docs/releasing.md says when it is replaced.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from qcontact_sync.fibreflow.migrate import Migration, migrations

from tests.integration.fibreflow.schema_changes import Schema, taken_away
from tests.integration.sync_world import BETWEEN_RUNS_S, World

pytestmark = pytest.mark.integration

(RELEASED,) = (Path(__file__).parents[2] / "released").glob("*.whl")
_MIGRATIONS = "qcontact_sync/sql/migrations/"
# The wheel's own program: where it is differs between releases.
_PROGRAM = """
from importlib.metadata import distribution
(program,) = (
    entry for entry in distribution("qcontact-sync").entry_points if entry.name == "qcontact-sync"
)
program.load()()
"""


def released_migrations() -> dict[str, str]:
    """Text by file name."""
    with zipfile.ZipFile(RELEASED) as wheel:
        return {
            name.removeprefix(_MIGRATIONS): wheel.read(name).decode()
            for name in wheel.namelist()
            if name.startswith(_MIGRATIONS) and name.endswith(".sql")
        }


def last_released() -> int:
    return max(int(name.split("_")[0]) for name in released_migrations())


def test_no_released_migration_was_edited():
    now = {f"{migration.name}.sql": migration.text for migration in migrations()}
    assert {name: now.get(name) for name in released_migrations()} == released_migrations()


def test_no_migration_takes_away_what_the_code_before_it_uses_without_saying_so(empty_db: str):
    """And one that says so takes away only what the release before has no use for any more."""
    with psycopg.connect(empty_db) as connection:
        for migration in migrations():
            before = Schema(connection)
            connection.execute(migration.text)
            if migration.works_from is None:
                assert taken_away(before, Schema(connection)) == [], migration.name
            elif migration.number > last_released():
                assert migration.works_from <= last_released(), migration.name


TABLE = "CREATE TABLE job (id int PRIMARY KEY, state text, place text NOT NULL DEFAULT 'here');"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE job", "job.state is gone"),
        ("ALTER TABLE job DROP COLUMN state", "job.state is gone"),
        ("ALTER TABLE job RENAME COLUMN state TO status", "job.state is gone"),
        ("ALTER TABLE job RENAME TO jobs", "job.id is gone"),
        ("ALTER TABLE job ALTER COLUMN state TYPE varchar(9)", "job.state has another type"),
        ("ALTER TABLE job ALTER COLUMN state SET NOT NULL", "job.state must not be null any more"),
        ("ALTER TABLE job ALTER COLUMN place DROP DEFAULT", "job.place lost its default"),
        ("ALTER TABLE job ADD COLUMN owner int NOT NULL", "job.owner is new and must be given"),
        ("ALTER TABLE job ADD CHECK (id > 0)", "job has a new rule: CHECK ((id > 0))"),
        (
            "CREATE UNIQUE INDEX ON job (state)",
            "job has a new rule: CREATE UNIQUE INDEX ON public.job USING btree (state)",
        ),
    ],
)
def test_what_takes_something_away_is_seen(empty_db: str, change: str, said: str):
    assert said in seen(empty_db, change)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int NOT NULL UNIQUE)",
        "ALTER TABLE job ADD COLUMN owner int",
        "ALTER TABLE job ADD COLUMN owner int NOT NULL DEFAULT 0",
        "ALTER TABLE job ADD COLUMN owner int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE job ADD COLUMN owner int CHECK (owner > 0) UNIQUE",
        "ALTER TABLE job ALTER COLUMN place DROP NOT NULL",
        "CREATE INDEX ON job (state)",
    ],
)
def test_what_only_adds_is_let_through(empty_db: str, change: str):
    assert seen(empty_db, change) == []


def seen(database: str, change: str) -> list[str]:
    with psycopg.connect(database) as connection:
        connection.execute(TABLE)
        before = Schema(connection)
        connection.execute(change)
        return taken_away(before, Schema(connection))


@pytest.fixture
def released(tmp_path: Path, world: World) -> Callable[..., Any]:
    """The release before, as a process between the sides of the world."""
    with zipfile.ZipFile(RELEASED) as wheel:
        wheel.extractall(tmp_path)

    def run(*arguments: str, program: str = _PROGRAM) -> Any:
        world.pass_time(BETWEEN_RUNS_S)
        ended = subprocess.run(
            [sys.executable, "-c", program, *arguments, "--json"],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(tmp_path),
                "DATABASE_URL": world.database,
                "QCONTACT_API_URL": world.sandbox.url,
                "QCONTACT_API_KEY": world.sandbox.api_key,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


def test_it_is_really_the_release_before_that_runs(
    released: Callable[..., Any], tmp_path: Path
) -> None:
    where = "import json, qcontact_sync; print(json.dumps(qcontact_sync.__file__))"
    assert Path(released(program=where)).is_relative_to(tmp_path)


@pytest.mark.sandbox
def test_the_release_before_syncs_on_this_schema_and_this_one_goes_on(
    released: Callable[..., Any], world: World
) -> None:
    tickets = [world.add_ticket(status="Open") for _ in range(3)]
    assert released("run")["status"] == "success"
    for ticket in tickets:
        world.edit(ticket, title="Edited there")
        world.set_local(ticket, status="in_progress")
        world.add_note(ticket, f"We come to {ticket}")
    assert released("run")["summary"]["total_failed"] == 0
    assert released("status")["is_healthy"] is True
    sent = world.sent()

    this = world.run()

    assert (this.status, world.sent()) == ("success", sent)
    assert world.value("SELECT count(*) FROM tickets") == len(tickets)
    for ticket in tickets:
        assert world.local(ticket)["title"] == "Edited there"
        assert world.remote(ticket)["status"] == "in_progress"
        assert world.notes_at(ticket) == [f"We come to {ticket}"]


@pytest.mark.sandbox
def test_a_migration_that_says_so_keeps_the_release_before_out(
    released: Callable[..., Any], world: World
) -> None:
    later = Migration(9999, "9999_later", f"-- works with code from: {last_released() + 1}\n")
    world.execute(
        "INSERT INTO qcontact_migration (number, name, checksum, works_from)"
        " VALUES (%s, %s, %s, %s)",
        *(later.number, later.name, later.checksum, later.works_from),
    )
    with pytest.raises(AssertionError, match="upgrade qcontact-sync"):
        released("run")
