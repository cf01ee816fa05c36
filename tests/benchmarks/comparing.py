"""Goal 16: comparing every ticket of both sides, beside reading both."""

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.goals import Figure, Scale, Series, interleaved
from tests.benchmarks.imports import CONNECTIONS
from tests.benchmarks.stage import Stage, measure, simulated
from tests.benchmarks.tickets import PAGE


class Comparing:
    """What is measured about `compare`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def every_ticket(self, scale: Scale) -> Iterator[Figure]:
        """Goal 16: half as much again as reading both sides, in bounded memory."""
        large = scale.sizes[-1]
        small = large // 10
        done = self._measured(large, min(scale.rounds, 5))
        floor = done["fetch floor"].wall_s + done["read floor"].wall_s
        what = f"compare of {large:,} tickets / reading both sides"
        yield Figure(16, what, done["compare"].wall_s / floor, 1.5, series=(*done.values(),))
        peak = done["compare"].memory_mb
        yield Figure(16, f"peak memory over imports, {large:,} tickets", peak, 150, unit="MB")
        before = self._measured(small, 1)["compare"]
        more = peak - before.memory_mb
        yield Figure(16, f"more of it than at {small:,} tickets", more, 32, unit="MB")

    def _measured(self, tickets: int, rounds: int) -> dict[str, Series]:
        with simulated(tickets) as qcontact, self._stage.database() as database:
            measure("our_run", database=database, qcontact=qcontact)
            self._stage.checkpoint()
            done = interleaved(
                rounds,
                {
                    "fetch floor": partial(
                        measure, "fetch_floor", tickets // PAGE, CONNECTIONS, qcontact=qcontact
                    ),
                    "read floor": partial(measure, "read_floor", database=database),
                    "compare": partial(
                        measure, "compare_both", database=database, qcontact=qcontact
                    ),
                },
            )
        if done["compare"].fact("same") != tickets:
            raise RuntimeError(f"{done['compare'].fact('same'):.0f} of {tickets} are the same")
        return done
