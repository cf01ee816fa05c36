"""Settings from the environment, checked at the edge; docs/configuration.md lists them all.

A bad setting is refused by name, never by value: a value may be a secret.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from qcontact_sync.core.errors import ErrorCode, FatalError
from qcontact_sync.fibreflow.tables import TableNames

PREFIX = "QCONTACT_SYNC_"


class ConfigError(FatalError):
    """A setting or connection is missing or wrong; names it, never its value."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ErrorCode.CONFIG_ERROR)


class Dialect(StrEnum):
    """Which QContact API a connection speaks."""

    TICKETS = "tickets"
    ENTITIES = "entities"


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class Settings(BaseSettings):
    """Everything that may be set and is no connection, each as ``QCONTACT_SYNC_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

    alert_to: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)] = ()
    direction: Literal["both", "inbound", "outbound"] = "both"
    max_outbound: int | None = Field(default=None, ge=0)
    reopen: Literal["review", "follow"] = "review"
    assignment_winner: Literal["local", "remote"] = "local"
    internal_notes: Literal["keep", "send"] = "keep"
    overlap_s: float = Field(default=300, ge=0, le=86_400)
    retry_budget_s: float = Field(default=120, ge=0, le=3_600)
    time_limit_s: float = Field(default=3_600, ge=1, le=86_400)
    scheduled_time_limit_s: float = Field(default=240, ge=1, le=86_400)
    timeout_s: float = Field(default=30, gt=0, le=300)
    connections: int = Field(default=16, ge=1, le=64)
    rate_per_s: float | None = Field(default=None, gt=0)
    page_size: int = Field(default=100, ge=1, le=1_000)
    timezone: str = "Africa/Johannesburg"
    ping_url: str | None = None
    runbook_url: str | None = None
    retention_days: int | None = Field(default=None, ge=30)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = "not a time zone name such as Africa/Johannesburg"
            raise ValueError(message) from error
        return name

    def in_schedule(self) -> "Settings":
        """The settings of a scheduled run, which has less time than one that somebody asked for."""
        limit_s = min(self.time_limit_s, self.scheduled_time_limit_s)
        return self.model_copy(update={"time_limit_s": limit_s})

    @property
    def zone(self) -> ZoneInfo:
        """How times are shown."""
        return ZoneInfo(self.timezone)


TABLE_PREFIX = f"{PREFIX}TABLE_"
_WORD = "[A-Za-z_][A-Za-z0-9_]{0,62}"
_TableName = Annotated[str, Field(pattern=rf"^({_WORD}\.)?{_WORD}$")]


class TableSettings(BaseSettings):
    """What FibreFlow's tables are called, each as ``QCONTACT_SYNC_TABLE_<USUAL NAME>``."""

    model_config = SettingsConfigDict(env_prefix=TABLE_PREFIX, frozen=True, env_ignore_empty=True)

    tickets: _TableName = "tickets"
    ticket_notes: _TableName = "ticket_notes"
    users: _TableName = "users"
    qcontact_sync_log: _TableName = "qcontact_sync_log"
    sync_job_history: _TableName = "sync_job_history"


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


def load_settings() -> Settings:
    """Read and check the settings.

    Raises:
        ConfigError: Names each variable that cannot be used, and why.
    """
    try:
        return Settings()
    except ValidationError as error:
        reasons = "; ".join(
            f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()
        )
        raise ConfigError(f"cannot use {reasons}") from None


def table_names() -> TableNames:
    """What FibreFlow's tables are called.

    Raises:
        ConfigError: Names each variable that is no table's name.
    """
    try:
        return TableNames(**TableSettings().model_dump())
    except ValidationError as error:
        wrong = ", ".join(f"{TABLE_PREFIX}{str(e['loc'][0]).upper()}" for e in error.errors())
        raise ConfigError(f"no name of a table, or of schema.table: {wrong}") from None


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
