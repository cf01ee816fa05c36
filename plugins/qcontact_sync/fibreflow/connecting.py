"""How a connection to PostgreSQL is made, and how long it may stay silent."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from qcontact_sync.core.errors import ErrorCode, FatalError, RetryableError, SyncError
from qcontact_sync.fibreflow import tls

log = logging.getLogger(__name__)

CONNECT_ERRORS = (psycopg.Error, UnicodeError)
"""What connecting may raise: the second one for a host name that no lookup takes."""
CONNECT_S = 10.0
# A peer that vanished (a firewall that drops packets, a host without power) is noticed within about
# a minute. Without these, the kernel waits for hours.
_LIVENESS = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def prepared(conninfo: str, connect_s: float = CONNECT_S) -> str:
    """The address as it is used: with TLS, time-outs and keepalives where it sets none itself.

    Args:
        connect_s: How long one host may take to accept a connection.
    """
    defaults: dict[str, int] = dict(_LIVENESS)
    if "PGCONNECT_TIMEOUT" not in os.environ:
        defaults["connect_timeout"] = max(2, round(connect_s))
    given = conninfo_to_dict(conninfo)
    missing = {name: value for name, value in defaults.items() if name not in given}
    return make_conninfo(tls.verified(conninfo), **missing)


def connection_failed(error: Exception, conninfo: str) -> SyncError:
    """What a person should look at where no connection came about.

    libpq's own text is left out, and must not be chained: of an address that was mistyped it may
    show the password.

    Args:
        conninfo: As it was used.
    """
    if problem := tls.problem(conninfo):
        return FatalError(
            f"no connection to the database: {problem} (docs/security.md)", ErrorCode.DATABASE_ERROR
        )
    refused = getattr(getattr(error, "pgconn", None), "used_password", False)
    return RetryableError(
        "the database answers but refuses the login: check user, password and database name"
        if refused
        else "no connection to the database: check that it runs, and host, port, sslmode, user "
        "and database name",
        ErrorCode.DATABASE_ERROR,
    )


class Line:
    """What is known of a connection's socket while it is watched.

    Attributes:
        limit_s: After this time it is cut.
    """

    is_cut = False

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s


@contextmanager
def watched(connection: AsyncConnection[object], seconds: float) -> Iterator[Line]:
    """Shut the connection's socket where the block takes longer.

    PostgreSQL's own time-outs do not help where their message cannot arrive, and a cancelled task
    waits for the server's consent. Whoever waits on a socket that is shut goes on at once.
    """
    line = Line(seconds)

    def cut() -> None:
        line.is_cut = True
        log.warning("database.silent seconds=%.1f: the connection is cut", seconds)
        with suppress(OSError, psycopg.Error), _same_socket(connection) as same:
            same.shutdown(socket.SHUT_RDWR)

    timer = asyncio.get_running_loop().call_later(seconds, cut)
    try:
        yield line
    finally:
        timer.cancel()


def _same_socket(connection: AsyncConnection[object]) -> socket.socket:
    """A second handle: libpq closes its own."""
    return socket.socket(fileno=os.dup(connection.pgconn.socket))
