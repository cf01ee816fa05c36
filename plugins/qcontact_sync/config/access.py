"""How the two sides are reached: addresses and secrets, from the environment.

Each variable may come from a file instead (`secret_files`), which is read when it is needed.
"""

import os
from dataclasses import dataclass
from enum import StrEnum

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from qcontact_sync.config.addresses import credential, database_address
from qcontact_sync.config.secret_files import is_given, read_secret
from qcontact_sync.core.addresses import base_url
from qcontact_sync.core.errors import ConfigError

CONNECT_TIMEOUT_S = 5
_API_URL = "QCONTACT_API_URL"
_DATABASE_URL = "DATABASE_URL"
_KEY = "QCONTACT_API_KEY"
_EMAIL = "QCONTACT_EMAIL"
_PASSWORD = "QCONTACT_PASSWORD"  # noqa: S105 a variable's name
_TOKEN = "QCONTACT_ACCESS_TOKEN"  # noqa: S105 a variable's name
_CLIENT = "QCONTACT_CLIENT"


class Dialect(StrEnum):
    """Which QContact API a connection speaks."""

    TICKETS = "tickets"
    ENTITIES = "entities"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Dialect ``tickets``: sent as a bearer token."""

    key: SecretStr


@dataclass(frozen=True, slots=True)
class Password:
    """Dialect ``entities``: a user's login."""

    email: str
    password: SecretStr


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Dialect ``entities``: a token that is ready to use, of a user and one of its clients."""

    email: str
    token: SecretStr
    client: str


Credentials = ApiKey | Password | AccessToken


@dataclass(frozen=True, slots=True)
class QContactAccess:
    """How QContact is reached.

    Attributes:
        url: Base URL; a path prefix and a trailing slash are allowed.
        queues: Assignee ids whose cases are synced (``entities``); none means all.
    """

    url: str
    credentials: Credentials
    dialect: Dialect = Dialect.TICKETS
    queues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FibreFlowAccess:
    """How FibreFlow's database is reached.

    Attributes:
        database_url: libpq URL or conninfo.
    """

    database_url: SecretStr

    def quick(self, connect_timeout_s: int = CONNECT_TIMEOUT_S) -> "FibreFlowAccess":
        """The same where a person waits: a server that says nothing is given up soon.

        What the address itself says about it counts more.
        """
        url = self.database_url.get_secret_value()
        if "connect_timeout" in conninfo_to_dict(url):
            return self
        return FibreFlowAccess(SecretStr(make_conninfo(url, connect_timeout=connect_timeout_s)))


def credential_variables(dialect: Dialect, *, has_token: bool) -> tuple[str, ...]:
    """Names of the variables that hold what opens QContact, all of them required.

    Args:
        has_token: Whether a ready token replaces the password (``entities``).
    """
    if dialect is Dialect.TICKETS:
        return (_KEY,)
    return (_EMAIL, _TOKEN, _CLIENT) if has_token else (_EMAIL, _PASSWORD)


def access_from_env() -> tuple[FibreFlowAccess, QContactAccess]:
    """Both sides.

    Raises:
        ConfigError: Names all variables that are not set, or one that cannot be used.
    """
    _require_set(*_qcontact_variables(), _DATABASE_URL)
    return fibreflow_from_env(), qcontact_from_env()


def dialect_from_env() -> Dialect:
    """QCONTACT_DIALECT; no address and no credentials are needed for it.

    Raises:
        ConfigError: It is none of the dialects.
    """
    return _dialect()


def qcontact_from_env() -> QContactAccess:
    """QCONTACT_API_URL, and what its dialect needs (docs/configuration.md).

    Raises:
        ConfigError: Names the variables that are not set, or one that cannot be used.
    """
    _require_set(*_qcontact_variables())
    return QContactAccess(
        base_url(_read(_API_URL), _API_URL),
        _credentials(),
        _dialect(),
        queues_in(_read("QCONTACT_QUEUES")),
    )


def fibreflow_from_env() -> FibreFlowAccess:
    """DATABASE_URL.

    Raises:
        ConfigError: It is not set, or is not a PostgreSQL address.
    """
    _require_set(_DATABASE_URL)
    return FibreFlowAccess(SecretStr(database_address(_read(_DATABASE_URL), _DATABASE_URL)))


def queues_in(text: str) -> tuple[str, ...]:
    """Ids that are separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _qcontact_variables() -> tuple[str, ...]:
    return _API_URL, *credential_variables(_dialect(), has_token=_is_set(_TOKEN))


def _credentials() -> Credentials:
    if _dialect() is Dialect.TICKETS:
        return ApiKey(SecretStr(_credential(_KEY)))
    email = _credential(_EMAIL)
    if _is_set(_TOKEN):
        return AccessToken(email, SecretStr(_credential(_TOKEN)), _credential(_CLIENT))
    return Password(email, SecretStr(_read(_PASSWORD)))


def _credential(name: str) -> str:
    return credential(_read(name), name)


def _dialect() -> Dialect:
    try:
        return Dialect(_read("QCONTACT_DIALECT") or Dialect.TICKETS)
    except ValueError:
        raise ConfigError(f"QCONTACT_DIALECT must be one of {', '.join(Dialect)}") from None


def _require_set(*names: str) -> None:
    missing = [name for name in names if not _is_set(name)]
    if missing:
        raise ConfigError(f"not set: {', '.join(missing)}")


def _is_set(name: str) -> bool:
    return is_given(name, os.environ)


def _read(name: str) -> str:
    return read_secret(name, os.environ)
