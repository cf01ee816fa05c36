"""The PostgreSQL that tests run on: a private one, unless one is given."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import psycopg

from dev.database.account import server_account
from dev.postgres import server


@contextmanager
def postgres() -> Iterator[str]:
    """DSN of a server where databases may be created: TEST_DATABASE_URL, or a throwaway one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="qcontact-sync-test-") as parent:
        # For root the server runs as another account, which has to get at its data.
        Path(parent).chmod(0o755)
        with server(Path(parent) / "data", durable=False) as dsn:
            yield dsn


def tls_bindir() -> Path | None:
    """Where Debian's PostgreSQL is; the wheel's is built without TLS."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((path.parent for path in found), default=None)


@contextmanager
def tls_postgres(pem: Path) -> Iterator[str]:
    """DSN of a server of its own that proves itself with a file of key and certificate."""
    with (
        tempfile.TemporaryDirectory(prefix="qcontact-sync-test-") as parent,
        patch.dict(os.environ, PG_BINDIR=str(tls_bindir())),
    ):
        Path(parent).chmod(0o755)
        datadir = Path(parent) / "data"
        own_pem = Path(parent) / "server.pem"
        own_pem.write_bytes(pem.read_bytes())
        own_pem.chmod(0o600)
        server_account(datadir).own(own_pem)
        with server(datadir, durable=False) as dsn:
            with psycopg.connect(dsn, autocommit=True) as connection:
                for name in ("ssl_cert_file", "ssl_key_file"):
                    connection.execute(f"ALTER SYSTEM SET {name} = '{own_pem}'")
                connection.execute("ALTER SYSTEM SET ssl = on")
                connection.execute("SELECT pg_reload_conf()")
            yield dsn
