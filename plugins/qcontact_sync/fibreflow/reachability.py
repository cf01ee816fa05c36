"""Why no connection to PostgreSQL can be made, for `qcontact-sync doctor`.

libpq gives its reasons only as text, which may hold parts of a mistyped address. So each step is
made once more: look up the host, connect, ask for PostgreSQL, sign in, open another database.
"""

import socket
from enum import StrEnum

import psycopg
from psycopg.conninfo import make_conninfo

from qcontact_sync.fibreflow import tls
from qcontact_sync.fibreflow.connecting import CONNECT_ERRORS, prepared

_PATIENCE_S = 3.0
_ANY_SERVER_HAS = "postgres"


class Obstacle(StrEnum):
    """The first step that fails; each value is text for users."""

    NAME = "its host name is not known here"
    REFUSED = "nothing listens at its host and port"
    SILENT = "its host does not answer"
    MUTE = "its host and port take connections, but no PostgreSQL answers there"
    ANONYMOUS = "it answers and asks for a password, and none is given"
    LOGIN = "it answers and refuses the user or the password"
    DATABASE = "it accepts user and password, but has no such database, or none for this user"


def find_obstacle(conninfo: str) -> Obstacle | None:
    """The first step that fails; None if all of them succeed now. It blocks for some seconds."""
    host = tls.given(conninfo, "host", "PGHOST").split(",")[0]
    is_socket_file = not host or host.startswith(("/", "@"))
    unreachable = None if is_socket_file else _ask(host, conninfo)
    return unreachable or _sign_in(prepared(conninfo, _PATIENCE_S))


def _patience_s(conninfo: str) -> float:
    """Not longer than the address itself wants to wait."""
    asked = tls.given(conninfo, "connect_timeout", "PGCONNECT_TIMEOUT")
    return min(int(asked), _PATIENCE_S) if asked.isdecimal() and int(asked) else _PATIENCE_S


def _ask(host: str, conninfo: str) -> Obstacle | None:
    address = tls.given(conninfo, "hostaddr", "PGHOSTADDR").split(",")[0] or host
    port = tls.given(conninfo, "port", "PGPORT").split(",")[0] or "5432"
    try:
        line = socket.create_connection((address, int(port)), _patience_s(conninfo))
    except (socket.gaierror, UnicodeError):
        return Obstacle.NAME
    except ConnectionRefusedError:
        return Obstacle.REFUSED
    except OSError:
        return Obstacle.SILENT
    with line:
        try:
            line.sendall(tls.SSL_REQUEST)
            is_postgresql = line.recv(1) in (b"S", b"N")
        except OSError:
            is_postgresql = False
    return None if is_postgresql else Obstacle.MUTE


def _sign_in(conninfo: str) -> Obstacle | None:
    try:
        psycopg.connect(conninfo).close()
    except CONNECT_ERRORS as error:
        if getattr(getattr(error, "pgconn", None), "needs_password", False):
            return Obstacle.ANONYMOUS
    else:
        return None
    try:
        psycopg.connect(make_conninfo(conninfo, dbname=_ANY_SERVER_HAS)).close()
    except CONNECT_ERRORS:
        return Obstacle.LOGIN
    return Obstacle.DATABASE
