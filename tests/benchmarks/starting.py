"""Goal 13: what the command line adds to the libraries that it cannot do without."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.goals import Figure, Scale, interleaved
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.stage import Stage, measure, simulated

TICKETS = 500
_PROGRAM = str(Path(sys.executable).with_name("qcontact-sync"))
_LIBRARIES = (sys.executable, "-c", "import aiohttp, psycopg, msgspec, pydantic")


class Starting:
    """What is measured about the start of a process."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def idle_run(self, scale: Scale) -> Iterator[Figure]:
        """Goal 13: a run with nothing to do is over soon after its libraries are there."""
        with simulated(TICKETS) as qcontact, self._stage.database() as database:
            measure("our_run", database=database, qcontact=qcontact)
            environment = {
                "DATABASE_URL": database,
                "QCONTACT_API_URL": qcontact.url,
                "QCONTACT_API_KEY": "bench",
            }
            done = interleaved(
                2 * scale.rounds,
                {
                    "libraries": partial(_process, _LIBRARIES, {}),
                    "run": partial(_process, (_PROGRAM, "run", "--json"), environment),
                },
            )
        libraries, run = done.values()
        what = "`qcontact-sync run` with nothing to do / its libraries alone"
        yield Figure(13, what, run.wall_s / libraries.wall_s, 1.4, series=(libraries, run))


def _process(command: Sequence[str], more: Mapping[str, str]) -> Measurement:
    """From the start of a process to its end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("QCONTACT_")}
    cpu, wall = _cpu_of_children(), time.perf_counter()
    subprocess.run(command, env=kept | dict(more), capture_output=True, check=True)
    return Measurement(wall_s=time.perf_counter() - wall, cpu_s=_cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system
