"""How the two sides are reached: addresses and secrets, from the environment."""

from dataclasses import dataclass, replace
from enum import StrEnum

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from qcontact_sync.core.errors import ConfigError


class Dialect(StrEnum):
    """Which QContact API a connection speaks."""

    TICKETS = "tickets"
    ENTITIES = "entities"


class _EndpointVariables(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True)

    qcontact_api_url: str | None = None
    qcontact_api_key: SecretStr | None = None
    database_url: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two sides of one sync.

    Attributes:
        database_url: libpq URL or conninfo of FibreFlow's database.
        qcontact_url: Base URL; a path prefix and a trailing slash are allowed.
        qcontact_key: API key; kept out of ``repr``.
    """

    database_url: SecretStr
    qcontact_url: str
    qcontact_key: SecretStr
    dialect: Dialect = Dialect.TICKETS


def endpoints_from_env() -> Endpoints:
    """Both sides, from QCONTACT_API_URL, QCONTACT_API_KEY and DATABASE_URL.

    Raises:
        ConfigError: Names the variables that are not set, or that DATABASE_URL is no address.
    """
    _require_set(*_EndpointVariables.model_fields)
    return replace(qcontact_from_env(), database_url=database_url_from_env())


def qcontact_from_env() -> Endpoints:
    """QCONTACT_API_URL and QCONTACT_API_KEY, for what needs no database.

    Raises:
        ConfigError: Names what is not set.
    """
    _require_set("qcontact_api_url", "qcontact_api_key")
    found = _EndpointVariables()
    key = found.qcontact_api_key or SecretStr("")
    return Endpoints(SecretStr(""), found.qcontact_api_url or "", key)


def fibreflow_from_env() -> Endpoints:
    """DATABASE_URL alone, for what needs no QContact but takes both sides.

    Raises:
        ConfigError: It is not set, or no address.
    """
    return Endpoints(database_url_from_env(), "", SecretStr(""))


def database_url_from_env() -> SecretStr:
    """DATABASE_URL alone, for what needs no QContact (history, migrate).

    Raises:
        ConfigError: It is not set, or no address.
    """
    _require_set("database_url")
    return _checked_database_url(_EndpointVariables().database_url or SecretStr(""))


def _require_set(*names: str) -> None:
    found = _EndpointVariables()
    missing = [name.upper() for name in names if not getattr(found, name)]
    if missing:
        raise ConfigError(f"not set: {', '.join(missing)}")


def _checked_database_url(url: SecretStr) -> SecretStr:
    try:
        conninfo_to_dict(url.get_secret_value())
    except ProgrammingError:
        # Not chained: libpq's message shows the whole of it.
        raise ConfigError(
            "DATABASE_URL is no PostgreSQL address such as "
            "postgresql://user:password@host:5432/fibreflow"
        ) from None
    return url
