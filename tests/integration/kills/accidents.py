"""What happens to real runs: killed, cut off, paused, met by another, left without a database."""

import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.kills.cuttable_proxy import fragile
from tests.integration.kills.story import PHASES, Story
from tests.integration.own_server import OwnServer
from tests.integration.program import Program, running
from tests.integration.sync_world import World

LIFE_S = (0.0, 1.5)
MIDDLE_S = (0.8, 2.5)


class Accidents:
    """One kind a method, each with a run of its own; when it happens is up to the seed."""

    def __init__(self, story: Story, server: OwnServer, seed: int) -> None:
        self._story, self._world, self._tally = story, story.world, story.tally
        self._server = server
        self._pick = random.Random(seed)

    @contextmanager
    def _run(self, world: World) -> Iterator[Program]:
        self._tally.runs += 1
        with running(world, connections=2, page_size=5, retry_budget_s=1) as program:
            yield program

    def kill(self) -> None:
        """A run is killed (-9) at a random moment: at its start, of inbound, of outbound."""
        self._world.pass_time(400)
        with self._run(self._world) as program:
            self._await(program, self._pick.choice(PHASES[:3]))
            self._story.edit_for(self._pick.uniform(*LIFE_S))
            phase = self._phase(program)
            program.kill()
            program.ended()
        self._tally.kills[phase] += 1

    def _await(self, program: Program, phase: str) -> None:
        while PHASES.index(self._phase(program)) < PHASES.index(phase):
            self._story.edit_for(0.05)

    def _phase(self, program: Program) -> str:
        if program.poll() is not None:
            return "already over"
        rows = self._world.rows(
            "SELECT count(done.direction) AS begun, count(done.completed_at) AS ended"
            " FROM qcontact_run AS run"
            " LEFT JOIN qcontact_run_direction AS done ON done.job_id = run.job_id"
            " WHERE run.pid = %s GROUP BY run.job_id, run.opened_at"
            " ORDER BY run.opened_at DESC LIMIT 1",
            program.pid,
        )
        if not rows:
            return "before its record"
        begun, ended = rows[0]["begun"], rows[0]["ended"]
        return "after its work" if ended == 2 else "outbound" if begun == 2 else "inbound"

    def cut_connections(self) -> None:
        """Half of a run's connections, to either side, end in the middle of an answer."""
        self._world.pass_time(400)
        with (
            fragile(self._world, random.Random(self._pick.random())) as (world, proxies),
            self._run(world) as program,
        ):
            program.ended()
        self._tally.cuts += sum(proxy.cut for proxy in proxies)

    def restart_database(self) -> None:
        """PostgreSQL stops in the middle of a run, well or badly, and comes back."""
        self._world.pass_time(400)
        with self._run(self._world) as program:
            self._story.edit_for(self._pick.uniform(*MIDDLE_S))
            self._server.restart(crashes=self._pick.choice((True, False)))
            program.ended()
        self._tally.restarts += 1

    def meet(self) -> None:
        """Two runs at once, one of which is killed at a random moment."""
        self._world.pass_time(400)
        with self._run(self._world) as first, self._run(self._world) as second:
            self._story.edit_for(self._pick.uniform(*LIFE_S))
            first.kill()
            second.ended()
        self._tally.meetings += 1

    def pause_beyond_the_lease(self) -> None:
        """A run sleeps, another one waits until its lease is over, and works; it wakes."""
        self._world.pass_time(400)
        with self._run(self._world) as program:
            self._story.edit_for(self._pick.uniform(*MIDDLE_S))
            program.send_signal(signal.SIGSTOP)
            self._world.run()
            self._tally.runs += 1
            before = self._written()
            program.send_signal(signal.SIGCONT)
            program.ended()
            if self._written() != before:
                self._tally.untrue.append("a run that had lost its lease wrote something")
        self._tally.pauses += 1

    def _written(self) -> tuple[list[str], int]:
        return self._world.tickets_snapshot(), len(self._world.sent())
