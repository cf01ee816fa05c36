"""The PostgreSQL that tests run on: a private one, unless one is given."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import psycopg
from psycopg import sql

from dev.database.account import server_account
from dev.database.pg_binaries import find_bindir, major_version
from dev.database.postgres import create_cluster, server
from tests.shared import once, quick_place

SCRAM_ITERATIONS_SINCE = 160_000


@contextmanager
def postgres() -> Iterator[str]:
    """DSN of a server where databases may be created: TEST_DATABASE_URL, or a throwaway one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with new_datadir() as datadir, server(datadir, durable=False) as dsn:
        _check_passwords_quickly(dsn)
        yield dsn


def _check_passwords_quickly(dsn: str) -> None:
    """A third of the time of a connection is thousands of hashes; here the password is random."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        if connection.info.server_version >= SCRAM_ITERATIONS_SINCE:
            connection.execute("ALTER SYSTEM SET scram_iterations = 1")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SET scram_iterations = 1")
            password = sql.Literal(connection.info.password)
            connection.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(password))


@contextmanager
def new_datadir() -> Iterator[Path]:
    """A cluster on which no server has run yet, deleted at the end.

    It is a copy: `initdb` runs once per session.
    """
    with empty_place() as datadir:
        pristine = once(f"cluster-{major_version(find_bindir())}", _make_cluster)
        # Not shutil's: the files belong to the server's account, which may not be the caller's.
        subprocess.run(["cp", "-a", f"{pristine}/.", datadir.parent], check=True)
        yield datadir


@contextmanager
def empty_place() -> Iterator[Path]:
    """Where a cluster may be made: a path that the server's account can reach."""
    with tempfile.TemporaryDirectory(prefix="qcontact-sync-test-", dir=quick_place()) as parent:
        Path(parent).chmod(0o755)
        yield Path(parent) / "data"


def _make_cluster(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    create_cluster(folder / "data")


def tls_bindir() -> Path | None:
    """Where Debian's PostgreSQL is; the wheel's is built without TLS."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((path.parent for path in found), default=None)


@contextmanager
def tls_postgres(pem: Path) -> Iterator[str]:
    """DSN of a server of its own that proves itself with a file of key and certificate."""
    with ExitStack() as running:
        # Only until it runs: the session's other tests use the other programs.
        with patch.dict(os.environ, PG_BINDIR=str(tls_bindir())):
            datadir = running.enter_context(new_datadir())
            own_pem = datadir.with_name("server.pem")
            own_pem.write_bytes(pem.read_bytes())
            own_pem.chmod(0o600)
            server_account(datadir).own(own_pem)
            dsn = running.enter_context(server(datadir, durable=False))
        with psycopg.connect(dsn, autocommit=True) as connection:
            for name in ("ssl_cert_file", "ssl_key_file"):
                connection.execute(f"ALTER SYSTEM SET {name} = '{own_pem}'")
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        yield dsn
