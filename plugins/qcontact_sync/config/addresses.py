"""Addresses and credentials as people write them: checked before use, refused in one sentence.

A refusal names the setting and what is wrong with it. It never shows a value, nor a message of
libpq: of an address that was mistyped either may hold a part of the password.
"""

import re

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from qcontact_sync.core.addresses import check_host, plain_text
from qcontact_sync.core.errors import ConfigError

_SCHEMES = ("postgresql", "postgres")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NUMBERS = (
    *("connect_timeout", "tcp_user_timeout"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
)
# What other drivers understand. Elsewhere than after a "?" an unknown name may be a piece of a
# password with a space in it.
_FOREIGN = frozenset(
    {
        *("pgbouncer", "schema", "connection_limit", "pool_timeout", "socket_timeout", "sslaccept"),
        *("statement_cache_size", "prepareThreshold", "supa", "currentSchema", "uselibpqcompat"),
    }
)
_ADVICE = {
    "pgbouncer": "the sync works through PgBouncer without it",
    "schema": "set the search_path of the database's user instead",
    "currentSchema": "set the search_path of the database's user instead",
}


def database_address(text: str, name: str) -> str:
    """A libpq URL or conninfo without the blanks around it.

    Args:
        name: The setting, or the connection, that holds it.

    Raises:
        ConfigError: It cannot be used; says why.
    """
    address = plain_text(text, name)
    is_url = bool(re.match(r"[A-Za-z][\w+.:-]*://", address))
    if is_url:
        _check_url(address, name)
    try:
        parts = conninfo_to_dict(address)
    except ProgrammingError:
        raise ConfigError(_refusal(address, name, is_url=is_url)) from None
    _check_parts({key: str(value) for key, value in parts.items()}, name)
    return address


def credential(text: str, name: str) -> str:
    """A key or token that is sent in a header, without the blanks around it.

    Raises:
        ConfigError: It holds what no header may.
    """
    value = text.strip()
    if not value.isascii() or not value.isprintable():
        raise ConfigError(
            f"{name} holds a line break, a control character or a letter outside ASCII: "
            "copy it again"
        )
    return value


def _check_url(address: str, name: str) -> None:
    scheme, _, rest = address.partition("://")
    if scheme not in _SCHEMES:
        raise ConfigError(f"{name} must begin with postgresql://, not with another scheme")
    # libpq would take the piece before such a sign for the host, and show it in its messages.
    if rest.count("@") > 1 or "/" in rest.rpartition("@")[0]:
        raise ConfigError(
            f"{name}: an @ or / in user, password or parameters is not percent-encoded "
            "(write %40 or %2F)"
        )


def _refusal(address: str, name: str, *, is_url: bool) -> str:
    unknown = _unknown_parameters(address) if is_url else _foreign_parameters(address)
    if unknown:
        advice = dict.fromkeys(_ADVICE[p] for p in unknown if p in _ADVICE)
        named = ", ".join(unknown)
        return "; ".join([f"{name}: libpq does not know its parameter {named}: remove it", *advice])
    if is_url and re.search(r"%(?![0-9A-Fa-f]{2})", address):
        return f"{name}: a % that is not part of an escape must be written %25"
    hint = "" if is_url else "; in a list of key=value pairs, quote values with spaces"
    return (
        f"{name} is no PostgreSQL address such as "
        f"postgresql://user:password@host:5432/fibreflow{hint}"
    )


def _unknown_parameters(address: str) -> list[str]:
    query = address.rpartition("@")[2].partition("?")[2]
    names = dict.fromkeys(pair.partition("=")[0] for pair in query.split("&"))
    known = {option.keyword.decode() for option in Conninfo.get_defaults()} | {"ssl"}
    return [name for name in names if name not in known and _PARAMETER.fullmatch(name)]


def _foreign_parameters(conninfo: str) -> list[str]:
    names = dict.fromkeys(re.findall(r"(?:^|\s)(\w+)\s*=", conninfo))
    return [name for name in names if name in _FOREIGN]


def _check_parts(parts: dict[str, str], name: str) -> None:
    for host in parts.get("host", "").split(","):
        if not host.startswith(("/", "@")):  # paths of sockets are not looked up
            check_host(host, name)
    for port in filter(None, parts.get("port", "").split(",")):
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ConfigError(f"{name}: its port must be a number from 1 to 65535")
    for parameter in _NUMBERS:
        if not re.fullmatch(r"-?[0-9]{0,9}", parts.get(parameter, "")):
            raise ConfigError(f"{name}: its {parameter} must be a whole number")
    if parts.get("sslmode", "disable") not in _SSL_MODES:
        raise ConfigError(f"{name}: its sslmode must be one of {', '.join(_SSL_MODES)}")
