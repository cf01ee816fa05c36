"""Goals 14 and 15: a customer's tenant, whose list is walked and whose details take long."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial

import psycopg

from sandbox.running import Sandbox, run_sandbox
from tests.benchmarks.goals import Figure, Scale, interleaved
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.stage import QContact, Stage, measure

CONNECTIONS = 10
LATENCY_S = 0.1
_SIX_HOURS_LATER = """
UPDATE qcontact_listed_row SET looked_at = looked_at - interval '6 hours';
UPDATE qcontact_run SET opened_at = opened_at - interval '6 hours'"""


class Tenants:
    """What is measured about the entities dialect; each call is compared with its latency alone."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def unchanged(self, scale: Scale) -> Iterator[Figure]:
        """Goal 14: six hours later nothing has changed: pages, and a bounded number of details."""
        cases = 500 if scale.is_quick else 5_000
        with self._tenant(cases) as tenant, self._stage.database() as database:
            self._run(tenant, database)
            done = interleaved(scale.rounds, {"unchanged": partial(self._again, tenant, database)})
        again = done["unchanged"]
        what = (
            f"{cases:,} unchanged cases, {again.fact('calls'):.0f} calls of 100 ms / ten at a time"
        )
        yield Figure(14, what, again.wall_s / again.fact("floor_s"), 1.2, series=[again])
        yield Figure(14, "rows that it writes", again.fact("written"), 0, unit="rows")

    def first_import(self, scale: Scale) -> Iterator[Figure]:
        """Goal 15: a first import keeps ten details in flight."""
        cases = 500 if scale.is_quick else 5_000
        with self._tenant(cases) as tenant:
            done = interleaved(min(scale.rounds, 3), {"first import": partial(self._first, tenant)})
        first = done["first import"]
        what = f"first import of {cases:,} cases, {first.fact('calls'):.0f} calls of 100 ms"
        yield Figure(15, what, first.wall_s / first.fact("floor_s"), 1.1, series=[first])

    # --- the pieces of work

    def _tenant(self, cases: int) -> AbstractContextManager[Sandbox]:
        return run_sandbox(tickets=cases, dialect="entities", solved_closes_after_s=0)

    def _first(self, tenant: Sandbox) -> Measurement:
        with self._stage.database() as database:
            return self._run(tenant, database, delay_s=LATENCY_S)

    def _again(self, tenant: Sandbox, database: str) -> Measurement:
        with psycopg.connect(database) as connection:
            connection.execute(_SIX_HOURS_LATER)
        return self._run(tenant, database, delay_s=LATENCY_S)

    def _run(self, tenant: Sandbox, database: str, delay_s: float = 0) -> Measurement:
        world = tenant.world
        if delay_s:
            world.faults.add(do="delay", delay_s=delay_s, times="forever")
        before = len(world.requests)
        measurement = measure(
            "our_run",
            '{"sync_direction": "inbound"}',
            database=database,
            qcontact=QContact(tenant.url),
            settings={
                "QCONTACT_DIALECT": "entities",
                "QCONTACT_EMAIL": tenant.email,
                "QCONTACT_PASSWORD": tenant.password,
                "QCONTACT_SYNC_PAGE_SIZE": "50",
            },
        )
        world.faults.clear()
        calls = len(world.requests) - before
        measurement.facts |= {"calls": calls, "floor_s": calls * LATENCY_S / CONNECTIONS}
        return measurement
