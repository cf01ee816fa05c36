"""Real runs, killed at random moments while people edit on both sides: nothing lost, nothing twice.

``make prove`` does it a hundred times; the tests a few.
"""

import os

import pytest
from story import Story
from sync_world import World

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

IS_DEEP = os.environ.get("PROOF") == "deep"
KILLS, CUTS = (100, 12) if IS_DEEP else (6, 1)
PAUSES = 3 if IS_DEEP else 0  # half a minute each; test_interrupted_runs has a short one
EDITS = 12


@pytest.mark.timeout(3_600 if IS_DEEP else 300)
@pytest.mark.parametrize("seed", [1])
def test_killed_cut_off_and_paused_it_loses_nothing_and_does_nothing_twice(
    world: World, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    story = Story(world, seed)
    world.qcontact.faults.add(do="delay_answer", delay_s=0.08, times="forever")
    for _ in range(KILLS):
        story.edit(EDITS)
        story.kill_a_run()
    for _ in range(CUTS):
        story.edit(EDITS)
        story.cut_connections()
    for _ in range(PAUSES):
        story.edit(EDITS)
        story.pause_beyond_the_lease()
    tally = story.count()
    with capsys.disabled():
        print(f"\n{tally}")
    assert (tally.lost, tally.doubled, tally.sent_twice, tally.untrue) == ([], [], [], [])
