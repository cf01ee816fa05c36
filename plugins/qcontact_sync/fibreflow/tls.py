"""TLS to PostgreSQL: verified, unless the address says otherwise or leads to this machine."""

import os
import socket
import ssl
import struct

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import PGconn

from qcontact_sync.core.addresses import is_this_machine

_PATIENCE_S = 10.0
_SYSTEM_CAS = "system"
_VERIFYING = ("verify-ca", "verify-full")
SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # of PostgreSQL's protocol: length, code


def verified(conninfo: str) -> str:
    """The address, with full verification where it names no sslmode.

    One on this machine is left as it is, unless it names a CA.
    """
    mode = given(conninfo, "sslmode", "PGSSLMODE")
    root = given(conninfo, "sslrootcert", "PGSSLROOTCERT")
    if not mode and (root or not is_local(conninfo)):
        mode = "verify-full"
    if mode not in _VERIFYING:
        return conninfo
    # libpq's own idea of the system's CAs depends on who built it, so it is given their place.
    root = root or ssl.get_default_verify_paths().cafile or _SYSTEM_CAS
    return make_conninfo(conninfo, sslmode=mode, sslrootcert=root)


def is_local(conninfo: str) -> bool:
    """Whether the address leads to this machine alone."""
    hosts = (given(conninfo, "host", "PGHOST"), given(conninfo, "hostaddr", "PGHOSTADDR"))
    return all(_is_local_host(host) for host in ",".join(hosts).split(","))


def is_verified(conninfo: str) -> bool:
    """Whether the address has the server prove who it is."""
    return given(verified(conninfo), "sslmode", "PGSSLMODE") in _VERIFYING


def problem(conninfo: str) -> str | None:
    """Why the server's proof of itself is not accepted; None where it is, or none is asked for.

    libpq does not distinguish this from other failures, so it is checked once more.
    """
    mode = given(conninfo, "sslmode", "PGSSLMODE")
    if mode not in _VERIFYING:
        return None
    try:
        context = _context(given(conninfo, "sslrootcert", "PGSSLROOTCERT"))
    except OSError:
        return "the file that sslrootcert names cannot be read as certificates"
    context.check_hostname = mode == "verify-full"
    # Of several hosts the first speaks for all.
    host = given(conninfo, "host", "PGHOST").split(",")[0]
    address = given(conninfo, "hostaddr", "PGHOSTADDR").split(",")[0] or host
    port = given(conninfo, "port", "PGPORT").split(",")[0] or "5432"
    try:
        return _ask(context, host or address, (address, int(port)))
    except (OSError, ValueError):
        # A port or host of libpq's variables that cannot be meant.
        return None


def given(conninfo: str, name: str, variable: str) -> str:
    """What the address says, else its service's entry, else the variable: libpq's own order.

    An entry that names libpq's default (`sslmode=prefer`) cannot be distinguished from one that
    names none.
    """
    given = conninfo_to_dict(conninfo)
    has_service = given.get("service") or os.environ.get("PGSERVICE")
    named = given.get(name) or (_in_service(conninfo, name) if has_service else "")
    return str(named or os.environ.get(variable, ""))


def _in_service(conninfo: str, name: str) -> str:
    # Only libpq knows where its service files are, and it shows what it read in them once a
    # connection was begun. The last option is refused before any host is looked up.
    begun = PGconn.connect_start(make_conninfo(conninfo, target_session_attrs="-").encode())
    try:
        found = {option.keyword: option for option in begun.info}[name.encode()]
    finally:
        begun.finish()
    return "" if found.val in (None, found.compiled) else found.val.decode()


def _is_local_host(host: str) -> bool:
    # Without a name, and by a path, libpq takes a socket of this machine.
    return not host or host.startswith(("/", "@")) or is_this_machine(host)


def _context(root: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if root in ("", _SYSTEM_CAS) else root)


def _ask(context: ssl.SSLContext, host: str, address: tuple[str, int]) -> str | None:
    with socket.create_connection(address, _PATIENCE_S) as plain:
        plain.sendall(SSL_REQUEST)
        answer = plain.recv(1)
        if answer == b"N":
            return "the server offers no TLS: switch it on there, or set sslmode=disable"
        if answer != b"S":
            return None
        try:
            context.wrap_socket(plain, server_hostname=host).close()
        except ssl.SSLCertVerificationError as error:
            return (
                f"the server's certificate is not accepted ({error.verify_message}): name its CA's "
                "file in sslrootcert, and the host as the certificate does"
            )
    return None
