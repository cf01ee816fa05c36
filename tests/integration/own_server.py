"""A PostgreSQL that a test may stop as it likes."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from qcontact_sync.jobs import migrate

from dev.database.account import server_account
from dev.database.postgres import clone_database, ensure_database, server, settled
from tests.private_postgres import new_datadir


class OwnServer:
    """It comes back on the same port."""

    def __init__(self, datadir: Path) -> None:
        self._datadir = datadir
        self._running = ExitStack()
        self.dsn = self._running.enter_context(server(datadir))
        migrate(ensure_database(self.dsn, "template"))
        self._numbers = count()

    def new_fibreflow(self) -> str:
        """DSN of a migrated database of the caller's own."""
        return clone_database(self.dsn, "template", f"fibreflow_{next(self._numbers)}")

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


@contextmanager
def run_own_server() -> Iterator[OwnServer]:
    with new_datadir() as datadir:
        owned = OwnServer(datadir)
        try:
            yield owned
        finally:
            owned.stop()
