"""PostgreSQL goes away in the middle of a run and comes back."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from program import running
from qcontact_sync.jobs import migrate
from sync_world import CLOCK_OFFSET_S, World

from dev.account import server_account
from dev.postgres import ensure_database, server, settled
from sandbox.running import run_sandbox

pytestmark = [pytest.mark.integration, pytest.mark.sandbox]

TICKETS = 20


class OwnServer:
    """A PostgreSQL that a test may stop as it likes; it comes back on the same port."""

    def __init__(self, datadir: Path) -> None:
        self._datadir = datadir
        self._running = ExitStack()
        self.dsn = self._running.enter_context(server(datadir))

    def restart(self, *, crashes: bool) -> None:
        if crashes:
            home = settled(self._datadir.resolve(), server_account(self._datadir.resolve()))
            postmaster = int((home / "postmaster.pid").read_text().splitlines()[0])
            os.kill(postmaster, signal.SIGQUIT)
            psutil.wait_procs([psutil.Process(postmaster)], timeout=30)
        self.stop()
        self._running.enter_context(server(self._datadir, urlsplit(self.dsn).port or 0))

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with tempfile.TemporaryDirectory(prefix="qcontact-sync-test-") as parent:
        Path(parent).chmod(0o755)
        owned = OwnServer(Path(parent) / "data")
        yield owned
        owned.stop()


@pytest.mark.parametrize("crashes", [False, True], ids=["shut-down", "crash"])
def test_restart_in_the_middle_of_outbound_loses_and_doubles_nothing(
    own_server: OwnServer, crashes: bool
) -> None:
    database = ensure_database(own_server.dsn, "fibreflow")
    migrate(database)
    with run_sandbox(tickets=0, clock_offset_s=CLOCK_OFFSET_S) as sandbox:
        world = World(sandbox, database, database)
        for _ in range(TICKETS):
            world.add_ticket(status="Open")
        world.run()
        for ticket in world.qcontact.tickets:
            world.set_local(ticket, status="assigned")
            world.add_note(ticket, f"We come to {ticket}")
        for method in ("PATCH", "POST"):
            world.qcontact.faults.add(
                do="delay_answer", delay_s=0.2, method=method, times="forever"
            )
        with running(world, connections=2) as program:
            program.wait_until(lambda: len(world.sent()) >= 6)
            own_server.restart(crashes=crashes)
            status, _, stderr = program.ended()
        assert (status, stderr.count("Traceback")) == (1, 0)
        world.qcontact.faults.clear()
        assert world.run().status == "success"
        assert all(row["status"] != "running" for row in world.history())
        assert sorted(t for t, _ in world.patches()) == sorted(world.qcontact.tickets)
        for ticket, shown in world.qcontact.tickets.items():
            assert shown["status"] == world.local(ticket)["status"] == "assigned"
            assert world.notes_at(ticket) == [f"We come to {ticket}"]
