"""Goals 1 to 5: first imports against their floors and peers, repeats, memory, linear growth."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import product

from tests.benchmarks import dlt_peer
from tests.benchmarks.goals import Figure, Scale, Series, interleaved
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.stage import QContact, Stage, measure, simulated
from tests.benchmarks.tickets import PAGE

CONNECTIONS = 16
EVERYTHING = '{"start_date": "2020-01-01T00:00:00Z", "sync_direction": "inbound"}'


class Imports:
    """What is measured about bringing tickets in."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def first_import(self, scale: Scale) -> Iterator[Figure]:
        """Goal 1: no more than a quarter above the dearer of fetching and writing."""
        for size, latency in product(scale.sizes, scale.latencies_ms):
            with simulated(size) as qcontact:
                qcontact.configure(latency_ms=latency)
                done = interleaved(
                    scale.rounds,
                    {
                        "fetch floor": partial(self._fetch, qcontact, size),
                        "write floor": partial(self._write, size),
                        "first import": partial(self._ours, qcontact),
                    },
                )
            floor = max(done["fetch floor"].wall_s, done["write floor"].wall_s)
            what = f"first import of {size:,} tickets, {latency} ms"
            yield Figure(
                1, what, done["first import"].wall_s / floor, 1.25, series=(*done.values(),)
            )

    def against_the_earlier_job(self, scale: Scale) -> Iterator[Figure]:
        """Goal 2: ten times as fast as the algorithm that it replaces."""
        size = scale.sizes[0]
        for latency in scale.latencies_ms[:2]:
            with simulated(size) as qcontact:
                qcontact.configure(latency_ms=latency)
                done = interleaved(
                    min(scale.rounds, 3),
                    {
                        "the earlier job": partial(self._earlier, qcontact, size),
                        "first import": partial(self._ours, qcontact),
                    },
                )
            ratio = done["the earlier job"].wall_s / done["first import"].wall_s
            what = f"the earlier job / ours, {size:,} tickets, {latency} ms"
            yield Figure(2, what, ratio, 10, is_at_most=False, series=(*done.values(),))

    def against_dlt(self, scale: Scale) -> Iterator[Figure]:
        """Goal 3: 3.5 times as fast as dlt's merge, which keeps no audit rows."""
        python = dlt_peer.environment()
        if python is None:
            return
        size = scale.sizes[0]
        with simulated(size) as qcontact:
            done = interleaved(
                min(scale.rounds, 3),
                {
                    "dlt merge": partial(self._dlt, python, qcontact, size),
                    "first import": partial(self._ours, qcontact),
                },
            )
        ratio = done["dlt merge"].wall_s / done["first import"].wall_s
        what = f"dlt's merge / ours, {size:,} tickets, 0 ms"
        yield Figure(3, what, ratio, 3.5, is_at_most=False, series=(*done.values(),))

    def nothing_changed(self, scale: Scale) -> Iterator[Figure]:
        """Goal 4: reading everything again costs a seventh, and writes nothing."""
        size = scale.sizes[-1]
        with simulated(size) as qcontact, ExitStack() as kept:
            databases: list[str] = []

            def first() -> Measurement:
                databases.append(kept.enter_context(self._stage.database()))
                return measure("our_run", database=databases[-1], qcontact=qcontact)

            def again() -> Measurement:
                return measure("our_run", EVERYTHING, database=databases[-1], qcontact=qcontact)

            done = interleaved(min(scale.rounds, 3), {"first import": first, "again": again})
        what = f"{size:,} tickets again, nothing changed / first import"
        ratio = done["again"].wall_s / done["first import"].wall_s
        yield Figure(4, what, ratio, 0.15, series=(*done.values(),))
        yield Figure(4, "rows that it writes", done["again"].fact("written"), 0, unit="rows")

    def growth(self, scale: Scale) -> Iterator[Figure]:
        """Goal 5: memory that does not grow, and cost that grows with the tickets alone."""
        sizes = [scale.sizes[0], *(scale.large * part // 4 for part in range(1, 5))]
        grown: list[Series] = []
        for size in sizes:
            with simulated(size) as qcontact:
                grown.append(Series(f"{size:,} tickets", (self._ours(qcontact),)))
        small, large = grown[0], grown[-1]
        what = f"peak memory over imports, {sizes[0]:,} tickets"
        yield Figure(5, what, small.memory_mb, 150, unit="MB", series=grown)
        what = f"more of it at {scale.large:,} tickets"
        yield Figure(5, what, large.memory_mb - small.memory_mb, 32, unit="MB")
        per_ticket = [s.wall_s / size for s, size in zip(grown, sizes, strict=True)]
        what = f"cost of a ticket at {scale.large:,} / at {sizes[1]:,}"
        yield Figure(5, what, per_ticket[-1] / per_ticket[1], 1.3)

    # --- the pieces of work

    def _fetch(self, qcontact: QContact, size: int) -> Measurement:
        return measure("fetch_floor", size // PAGE, CONNECTIONS, qcontact=qcontact)

    def _write(self, size: int) -> Measurement:
        with self._stage.database() as database:
            return measure("write_floor", size, database=database)

    def _ours(self, qcontact: QContact) -> Measurement:
        with self._stage.database() as database:
            return measure("our_run", database=database, qcontact=qcontact)

    def _earlier(self, qcontact: QContact, size: int) -> Measurement:
        with self._stage.database() as database:
            return measure("earlier_job", size // PAGE, database=database, qcontact=qcontact)

    def _dlt(self, python: str, qcontact: QContact, size: int) -> Measurement:
        with self._stage.database() as database:
            return measure(
                "dlt_load", size // PAGE, database=database, qcontact=qcontact, python=python
            )
