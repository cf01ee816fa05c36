"""The crash matrix once more, with this room's databases; `make prove` crashes at every step."""

import pytest

from sandbox.switches import DialectName
from tests.depth import IS_DEEP
from tests.integration.kills import crash_matrix
from tests.integration.kills.crash_matrix import Point
from tests.integration.kills.test_crash_points import Play, crash_at, play  # noqa: F401

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

DIALECTS: tuple[DialectName, ...] = ("tickets", "entities") if IS_DEEP else ("entities",)


def points(steps: list[str]) -> list[Point]:
    """Everywhere, or where tickets have just been written."""
    if IS_DEEP:
        return crash_matrix.every_point(steps)
    return [(at, True) for at, step in enumerate(steps) if "write_tickets" in step]


@pytest.mark.timeout(3_600 if IS_DEEP else 300)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_crash_at_any_step_changes_nothing_in_the_end(
    play: Play,  # noqa: F811
    dialect: DialectName,
) -> None:
    steps, crashes = crash_at(play, dialect, points)
    assert any("write_tickets" in step for step in steps)
    assert crashes
