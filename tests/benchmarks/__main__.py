"""`make bench`: measure every goal, print a table, and put it into docs/benchmarks.md.

``--quick`` looks at small sizes in about two minutes and writes nothing; ``--goal N``, as often as
wanted, measures only these, and writes nothing but with ``--write``, which renews their lines.
"""

import argparse
import sys
from dataclasses import replace

from rich.console import Console

from tests.benchmarks.changes import Changes
from tests.benchmarks.comparing import Comparing
from tests.benchmarks.fresh_start import fresh_start
from tests.benchmarks.goals import QUICK, WHOLE, Benchmark, Figure
from tests.benchmarks.imports import Imports
from tests.benchmarks.in_airflow import InAirflow
from tests.benchmarks.report import table, write
from tests.benchmarks.stage import Stage, stage
from tests.benchmarks.starting import Starting
from tests.benchmarks.tenants import Tenants


def benchmarks(on: Stage) -> dict[int, Benchmark]:
    """What measures each goal."""
    imports, changes, airflow, tenants = Imports(on), Changes(on), InAirflow(on), Tenants(on)
    return {
        1: imports.first_import,
        2: imports.against_the_earlier_job,
        3: imports.against_dlt,
        4: imports.nothing_changed,
        5: imports.growth,
        6: changes.outbound,
        7: changes.limited,
        8: changes.at_any_size,
        9: airflow.idle_run,
        10: airflow.parsing,
        11: changes.a_usual_run,
        12: fresh_start,
        13: Starting(on).idle_run,
        14: tenants.unchanged,
        15: tenants.first_import,
        16: Comparing(on).every_ticket,
    }


def main() -> int:
    """Return 0 whatever the figures are: they are for people to judge."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--goal", type=int, action="append")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 130)
    scale = QUICK if given.quick else WHOLE
    if given.rounds:
        scale = replace(scale, rounds=given.rounds)
    figures: list[Figure] = []
    with stage() as on:
        for goal, measured in benchmarks(on).items():
            if given.goal and goal not in given.goal:
                continue
            console.print(f"goal {goal}: {(measured.__doc__ or '').strip()}", style="dim")
            figures += measured(scale)
        if given.write or not (given.quick or given.goal):
            write(figures, on.version())
    console.print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
