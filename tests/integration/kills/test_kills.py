"""Real runs, killed at random moments while people edit on both sides: nothing lost, nothing twice.

``make prove`` does it a hundred times in each dialect; the tests once, with each of the other
accidents in one dialect.
"""

import random
from collections.abc import Iterator
from textwrap import fill

import pytest

from sandbox.running import run_sandbox
from tests.depth import IS_DEEP
from tests.integration.kills.accidents import Accidents
from tests.integration.kills.story import Story
from tests.integration.own_server import OwnServer
from tests.integration.sync_world import CLOCK_OFFSET_S, World
from tests.written_pages import GUARANTEES, commit, write_into

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

KILLS = 100 if IS_DEEP else 1
OTHERS = 12
PAUSES = 3  # half a minute each; test_interrupted_runs has a short one
EDITS = 12


@pytest.fixture(params=["tickets", "entities"])
def world(own_server: OwnServer, request: pytest.FixtureRequest) -> Iterator[World]:
    dialect = request.param
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S, dialect=dialect) as sandbox:
        database = own_server.new_fibreflow()
        yield World(sandbox, database, database)


@pytest.mark.timeout(3_600 if IS_DEEP else 300)
@pytest.mark.parametrize("seed", [1])
def test_killed_cut_off_and_paused_it_loses_nothing_and_does_nothing_twice(
    world: World, own_server: OwnServer, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    story = Story(world, seed)
    accidents = Accidents(story, own_server, seed)
    happen = [accidents.kill] * KILLS
    if IS_DEEP:
        happen += [accidents.cut_connections, accidents.restart_database, accidents.meet] * OTHERS
        happen += [accidents.pause_beyond_the_lease] * PAUSES
    elif world.sandbox.dialect == "entities":
        happen += [accidents.restart_database]
    else:
        happen += [accidents.cut_connections, accidents.meet]
    random.Random(seed).shuffle(happen)
    world.qcontact.faults.add(do="delay_answer", delay_s=0.08, times="forever")
    for accident in happen:
        story.edit(EDITS)
        accident()
    tally = story.count()
    with capsys.disabled():
        print(f"\n{tally}")
    assert (tally.lost, tally.doubled, tally.sent_twice, tally.untrue) == ([], [], [], [])
    if IS_DEEP:
        write_into(
            GUARANTEES,
            f"kills-{world.sandbox.dialect}",
            f"At commit {commit()}:\n{fill(str(tally), 118)}.",
        )
