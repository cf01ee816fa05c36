"""Goals 6, 7, 8 and 11: changes that travel, at any size and under a limit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count

import psycopg

from tests.benchmarks.goals import Figure, Scale, Series, interleaved
from tests.benchmarks.imports import CONNECTIONS
from tests.benchmarks.measuring import Measurement
from tests.benchmarks.stage import QContact, Stage, measure, simulated
from tests.change_triggers import add_triggers

OUTBOUND = '{"sync_direction": "outbound", "confirm_outbound": true}'
BOTH = '{"confirm_outbound": true}'
LIMIT_PER_S = 50
# Three statuses in turn: a ticket that goes back and forth between two is held for a person.
_MOVE = """
UPDATE tickets
SET status = CASE status
    WHEN 'pending_qa' THEN 'in_progress' WHEN 'in_progress' THEN 'assigned' ELSE 'pending_qa' END
WHERE id IN (
    SELECT ticket_id FROM qcontact_ticket_link ORDER BY remote_id LIMIT %(count)s
)"""
_titles = count(1)


class Changes:
    """What is measured about changes of tickets that both sides have."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def outbound(self, scale: Scale) -> Iterator[Figure]:
        """Goal 6: as many requests at once as there are connections, all the time."""
        tickets = 200 if scale.is_quick else 1_000
        with self._synced(2 * tickets) as (database, qcontact):
            for latency in (20, 100):
                qcontact.configure(latency_ms=latency)
                work = partial(self._send, database, qcontact, tickets)
                series = interleaved(min(scale.rounds, 3), {"outbound": work})["outbound"]
                share = _requests_per_s(series) / (CONNECTIONS / (latency / 1e3))
                what = f"{tickets:,} tickets out, {latency} ms, of connections / latency"
                yield Figure(6, what, share, 0.9, is_at_most=False, series=(series,))

    def limited(self, scale: Scale) -> Iterator[Figure]:
        """Goal 7: a rate limit is used whole, and never tripped."""
        tickets = 50 if scale.is_quick else 250
        with self._synced(2 * tickets) as (database, qcontact):
            qcontact.configure(latency_ms=20, rate=LIMIT_PER_S, burst=LIMIT_PER_S / 5)
            work = partial(self._send, database, qcontact, tickets, limit=LIMIT_PER_S)
            series = interleaved(min(scale.rounds, 3), {"outbound": work})["outbound"]
        share = _requests_per_s(series) / LIMIT_PER_S
        what = f"{tickets} tickets out at {LIMIT_PER_S} requests/s, of the limit"
        yield Figure(7, what, share, 0.97, is_at_most=False, series=(series,))
        yield Figure(7, "requests that were refused (429)", series.fact("refused"), 0, unit="")

    def at_any_size(self, scale: Scale) -> Iterator[Figure]:
        """Goal 8: what changed costs, not what is there; changes are marked."""
        changed = 100 if scale.is_quick else 1_000
        small, large = scale.sizes[0], scale.large
        with self._marked(small) as few, self._marked(large) as many:
            done = interleaved(
                min(scale.rounds, 3),
                {
                    f"beside {small:,}": partial(self._both_ways, *few, changed),
                    f"beside {large:,}": partial(self._both_ways, *many, changed),
                },
            )
        one, other = done.values()
        what = f"{changed:,} changed each way and marked, beside {large:,} / beside {small:,}"
        yield Figure(8, what, other.wall_s / one.wall_s, 1.3, series=(one, other))

    def a_usual_run(self, scale: Scale) -> Iterator[Figure]:
        """Goal 11: what the earlier job took minutes for."""
        with self._synced(2_000) as (database, qcontact):
            qcontact.configure(latency_ms=100, rate=LIMIT_PER_S, burst=LIMIT_PER_S / 5)
            work = partial(self._both_ways, database, qcontact, 200, limit=LIMIT_PER_S)
            series = interleaved(1 if scale.is_quick else 3, {"both ways": work})["both ways"]
        what = f"200 changed each way, 100 ms, {LIMIT_PER_S} requests/s"
        yield Figure(11, what, series.wall_s, 10, unit="s", series=(series,))

    # --- the pieces of work

    def _synced(self, tickets: int) -> "_Synced":
        return _Synced(self._stage, tickets)

    @contextmanager
    def _marked(self, tickets: int) -> Iterator[tuple[str, QContact]]:
        with self._synced(tickets) as (database, qcontact):
            add_triggers(database)
            # The day's run that compares all tickets.
            _run(BOTH, database, qcontact, None)
            yield database, qcontact

    def _send(
        self, database: str, qcontact: QContact, tickets: int, limit: int | None = None
    ) -> Measurement:
        _move_local(database, tickets)
        return _counted(qcontact, partial(_run, OUTBOUND, database, qcontact, limit))

    def _both_ways(
        self, database: str, qcontact: QContact, changed: int, limit: int | None = None
    ) -> Measurement:
        qcontact.touch(changed, f"changed-{next(_titles)}")
        _move_local(database, changed)
        return _run(BOTH, database, qcontact, limit)


class _Synced:
    """Both sides in agreement: (DSN, QContact) for the time of the block."""

    def __init__(self, stage: Stage, tickets: int) -> None:
        self._database, self._qcontact = stage.database(), simulated(tickets)

    def __enter__(self) -> tuple[str, QContact]:
        database, qcontact = self._database.__enter__(), self._qcontact.__enter__()
        measure("our_run", database=database, qcontact=qcontact)
        with psycopg.connect(database, autocommit=True) as connection:
            # As autovacuum would have done by the next run.
            connection.execute("VACUUM ANALYZE")
        return database, qcontact

    def __exit__(self, *raised: object) -> None:
        self._qcontact.__exit__(None, None, None)
        self._database.__exit__(None, None, None)


def _run(params: str, database: str, qcontact: QContact, limit: int | None) -> Measurement:
    settings = {"QCONTACT_SYNC_RATE_PER_S": str(limit)} if limit else {}
    return measure("our_run", params, database=database, qcontact=qcontact, settings=settings)


def _counted(qcontact: QContact, work: Callable[[], Measurement]) -> Measurement:
    before = qcontact.counters()
    measurement = work()
    after = qcontact.counters()
    measurement.facts.update({name: after[name] - before[name] for name in after})
    return measurement


def _requests_per_s(series: Series) -> float:
    return (series.fact("reads") + series.fact("writes")) / series.wall_s


def _move_local(database: str, tickets: int) -> None:
    with psycopg.connect(database) as connection:
        moved = connection.execute(_MOVE, {"count": tickets})
        if moved.rowcount != tickets:
            raise RuntimeError(f"{moved.rowcount} tickets moved instead of {tickets}")
