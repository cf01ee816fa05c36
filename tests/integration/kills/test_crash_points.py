"""Killed at any request or commit, the next runs arrive where the uninterrupted one would have."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from qcontact_sync.config.settings import Settings

from sandbox.switches import DialectName
from tests.copies import Copies
from tests.depth import IS_DEEP
from tests.integration.kills import crash_matrix
from tests.integration.kills.crash_matrix import Point
from tests.integration.kills.crash_points import Gate, dying_run
from tests.integration.kills.prepared import Prepared, Stages
from tests.integration.kills.scene import end_of, mend, set_up
from tests.sync_roles import SyncRoles

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]


@dataclass
class Played:
    """A scene that was played to its end.

    Attributes:
        mended: What the first run after the crash did.
        sent: Every write that QContact was asked for.
    """

    steps: list[str]
    mended: str
    end: dict[str, Any]
    statuses: list[str]
    sent: set[tuple[str, str, str]]


Play = Callable[[DialectName, Gate], Played]


@pytest.fixture
def play(
    copies: Copies, template_db: str, roles: SyncRoles, as_seen: Callable[[str], str]
) -> Iterator[Play]:
    """Play the scene in a world of its own, with two runs after the one that may die."""
    stages = Stages(copies, roles, as_seen, Settings(retry_budget_s=0, connections=1))
    made = ExitStack()

    @functools.cache
    def scene(dialect: DialectName) -> Prepared:
        return made.enter_context(stages.prepared(template_db, dialect, set_up))

    def once(dialect: DialectName, gate: Gate) -> Played:
        with scene(dialect).copy() as played:
            dying_run(played, gate)
            mended = mend(played)
            played.run()
            statuses = [row["status"] for row in played.history()]
            sent = {(t, m, str(b)) for t, m, b in played.sent() if m in ("PATCH", "POST")}
            return Played(gate.steps, mended, end_of(played), statuses, sent)

    with made:
        yield once


def crash_at(
    play: Play, dialect: DialectName, points: Callable[[list[str]], list[Point]]
) -> tuple[list[str], dict[Point, str]]:
    """Crash at some of the steps.

    Args:
        points: Those to crash at, of all steps.

    Returns:
        All steps, and what the run after each crash did.
    """
    whole = play(dialect, Gate())
    crashes = {}
    for at, is_after in points(whole.steps):
        crashed = play(dialect, Gate(at, is_after))
        where = f"{'after' if is_after else 'before'} step {at}: {whole.steps[at]}"
        assert crashed.end == whole.end, where
        assert "running" not in crashed.statuses, where
        # The refused ticket may be asked once more: nobody knew that it had been.
        assert crashed.sent == whole.sent, where
        crashes[at, is_after] = crashed.mended
    return whole.steps, crashes


@pytest.mark.timeout(3_600 if IS_DEEP else 300)
@pytest.mark.parametrize("dialect", ["tickets", "entities"])
def test_a_crash_at_any_step_changes_nothing_in_the_end(play: Play, dialect: DialectName) -> None:
    def points(steps: list[str]) -> list[Point]:
        return crash_matrix.points(steps, dialect, crash_matrix.kind_of_effect)

    steps, crashes = crash_at(play, dialect, points)
    crash_matrix.require(f"crash matrix, {dialect}", steps, crashes)
