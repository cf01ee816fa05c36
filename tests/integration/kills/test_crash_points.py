"""Killed at any request or commit, the next runs arrive where the uninterrupted one would have."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from crash_points import Gate, dying_run
from psycopg import sql
from scene import end_of, set_up
from sync_world import CLOCK_OFFSET_S, World

from dev.postgres import database_dsn, drop_database
from dev.state import PROJECT
from sandbox.running import run_sandbox
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

IS_DEEP = os.environ.get("PROOF") == "deep"
EVERY = 1 if IS_DEEP else 9
PAGE = PROJECT / "docs" / "guarantees.md"
BEGIN, END = "<!-- crash matrix: begin -->", "<!-- crash matrix: end -->"


@pytest.fixture
def play(pg_server: str, template_db: str, roles: SyncRoles):
    """Play the scene in a world of its own; its steps and its end."""

    @contextmanager
    def world(number: str) -> Iterator[World]:
        name = f"crash_{os.getpid()}_{number}"
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template_db)
        )
        with psycopg.connect(pg_server, autocommit=True) as connection:
            connection.execute(clone)
        with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
            owner = database_dsn(pg_server, name)
            played = World(sandbox, roles.as_runtime(owner), owner)
            played.configure(connections=1)
            yield played
        drop_database(pg_server, name)

    def once(gate: Gate):
        with world(f"{gate.at}_{gate.is_after}") as played:
            set_up(played)
            dying_run(played, gate)
            for _ in range(2):
                played.run()
            records = [row["status"] for row in played.history()]
            sent = [(t, m, str(b)) for t, m, b in played.sent() if m in ("PATCH", "POST")]
            return gate.steps, end_of(played), records, sent

    return once


@pytest.mark.timeout(3_600 if IS_DEEP else 300)
def test_a_crash_at_any_step_changes_nothing_in_the_end(play) -> None:
    steps, end, _, sent = play(Gate())
    assert len(steps) > 20
    for at in range(0, len(steps), EVERY):
        for is_after in (False, True):
            _, crashed_end, records, crashed_sent = play(Gate(at, is_after))
            where = f"{'after' if is_after else 'before'} step {at}: {steps[at]}"
            assert crashed_end == end, where
            assert "running" not in records, where
            # The refused ticket may be asked once more: nobody knew that it had been.
            assert _accepted(crashed_sent) == _accepted(sent), where
    if IS_DEEP:
        _write(steps)


def test_the_page_lists_the_steps_of_today(play) -> None:
    steps, _, _, _ = play(Gate())
    assert _table(steps) in PAGE.read_text(), "make prove writes the page anew"


def _accepted(sent: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return sorted(set(sent))


def _table(steps: list[str]) -> str:
    kinds = dict.fromkeys(steps)
    rows = (f"| {kind} | {steps.count(kind)} | the same end | the same end |" for kind in kinds)
    return "\n".join(
        (
            "| step at which the run was killed | times in the scene | before it | after it |",
            "| --- | ---: | --- | --- |",
            *rows,
        )
    )


def _write(steps: list[str]) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = f"\n\nMade at commit {commit}: {2 * len(steps)} crashes, all with the same end.\n\n"
    Path(PAGE).write_text(f"{before}{BEGIN}{made}{_table(steps)}\n\n{END}{after}")
