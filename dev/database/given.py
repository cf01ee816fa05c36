"""A database that was given instead of the private one."""

import psycopg
from qcontact_sync.fibreflow.connecting import CONNECT_ERRORS, connection_failed, prepared

from dev.errors import CannotRun


def require_reachable(dsn: str, name: str) -> None:
    """Open one connection.

    Args:
        name: The setting that holds the address.

    Raises:
        CannotRun: It cannot be opened; says why without any part of the address.
    """
    address = prepared(dsn)
    try:
        psycopg.connect(address).close()
    except CONNECT_ERRORS as error:
        raise CannotRun(f"{name}: {connection_failed(error, address)}") from None
