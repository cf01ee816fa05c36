"""A real PgBouncer in transaction mode before a PostgreSQL, on loopback and a free port."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from dev.database.account import server_account
from dev.database.postgres import free_port

PATIENCE_S = 60

# Each transaction gets the session that rested longest, so that no two that follow each other
# share one; there are fewer sessions than a run has connections and a person beside it.
_SETTINGS = """
[databases]
* = host={server.hostname} port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {sessions}
min_pool_size = {sessions}
server_round_robin = 1
"""


def pgbouncer() -> str | None:
    """Where PgBouncer is; Debian keeps it out of the PATH of ordinary accounts."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@contextmanager
def pooled(dsn: str, sessions: int = 3) -> Iterator[str]:
    """``dsn`` through a pooler that has so many sessions of its user and database."""
    server = urlsplit(dsn)
    with tempfile.TemporaryDirectory(prefix="qcontact-sync-test-") as name:
        home, port = Path(name), free_port()
        users = home / "users.txt"
        users.write_text(f'"{server.username}" "{server.password}"\n')
        settings = home / "pgbouncer.ini"
        settings.write_text(
            _SETTINGS.format(server=server, port=port, users=users, sessions=sessions)
        )
        account = server_account(home)
        for path in (home, users, settings):
            account.own(path)
        with (home / "log").open("w") as log:
            process = subprocess.Popen(
                [str(pgbouncer()), settings], user=account.uid, group=account.gid,
                extra_groups=None if account.uid is None else [], stdout=log, stderr=log,
            )  # fmt: skip
            try:
                through = dsn.replace(f":{server.port}/", f":{port}/")
                _wait_for(through, process)
                yield through
            finally:
                process.terminate()
                process.wait(PATIENCE_S)


def _wait_for(dsn: str, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
        else:
            return
