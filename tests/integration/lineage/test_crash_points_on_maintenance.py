"""The crash matrix once more, with this room's databases; `make prove` crashes at every step."""

import pytest

from sandbox.switches import DialectName
from tests.depth import IS_DEEP
from tests.integration.kills.test_crash_points import Play, crash_everywhere, play  # noqa: F401

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

DIALECTS: tuple[DialectName, ...] = ("tickets", "entities") if IS_DEEP else ("entities",)
EVERY = 1 if IS_DEEP else 61


@pytest.mark.timeout(3_600 if IS_DEEP else 300)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_crash_at_any_step_changes_nothing_in_the_end(
    play: Play,  # noqa: F811
    dialect: DialectName,
) -> None:
    steps, crashes = crash_everywhere(play, dialect, EVERY)
    assert any("write_tickets" in step for step in steps)
    assert crashes
