"""Settings from the environment, checked at the edge; docs/configuration.md lists them all.

A bad setting is refused by name, never by value: a value may be a secret.
"""

import math
import ssl
import warnings
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from qcontact_sync.config.accounts import (
    ACCOUNTS_FILE,
    DEFAULT,
    Account,
    configured_accounts,
    find_account,
)
from qcontact_sync.config.reasons import reason
from qcontact_sync.config.ticket_links import check_template
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.core.params import SyncDirection

PREFIX = "QCONTACT_SYNC_"
TO_CONNECTION = "connection:"


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


with warnings.catch_warnings():
    # The setting's name is an old method's of pydantic, which nothing of ours calls.
    warnings.filterwarnings("ignore", 'Field name "schema"', UserWarning)

    class SchemaSetting(BaseSettings):
        """The lineage of FibreFlow's schema, as ``QCONTACT_SYNC_SCHEMA``, for a whole process."""

        model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True)

        schema: Literal["fibreflow", "maintenance"] = "fibreflow"  # type: ignore[assignment]


class Settings(SchemaSetting):
    """Everything that may be set and is no connection, each as ``QCONTACT_SYNC_<NAME>``."""

    alert_to: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)] = ()
    notify_conn: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")] | None = None
    direction: SyncDirection = "both"
    max_outbound: int | None = Field(default=None, ge=0)
    reopen: Literal["review", "follow"] = "review"
    assignment_winner: Literal["local", "remote"] = "local"
    internal_notes: Literal["keep", "send"] = "keep"
    inbound_notes: Literal["off", "notes", "activities"] = "off"
    create: Literal["all", "unfinished"] = "all"
    overlap_s: float = Field(default=300, ge=0, le=86_400)
    retry_budget_s: float = Field(default=120, ge=0, le=3_600)
    time_limit_s: float = Field(default=3_600, ge=1, le=86_400)
    scheduled_time_limit_s: float = Field(default=240, ge=1, le=86_400)
    timeout_s: float = Field(default=30, gt=0, le=300)
    connections: int = Field(default=16, ge=1, le=64)
    rate_per_s: float | None = Field(default=None, gt=0)
    page_size: int = Field(default=100, ge=1, le=1_000)
    timezone: str = "Africa/Johannesburg"
    ping_url: SecretStr | None = None
    runbook_url: str | None = None
    qcontact_ticket_url: str | None = None
    fibreflow_ticket_url: str | None = None
    ca_file: str | None = None
    allow_http: bool = False
    retention_days: int | None = Field(default=None, ge=30)
    mapping_file: str | None = None
    accounts_file: str | None = None
    account: str = DEFAULT

    @field_validator("inbound_notes")
    @classmethod
    def _has_activities(cls, into: str, others: ValidationInfo) -> str:
        if into == "activities" and others.data.get("schema") == "fibreflow":
            message = f"must be off or notes: {PREFIX}SCHEMA is fibreflow, which has no activities"
            raise ValueError(message)
        return into

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = "not a time zone name such as Africa/Johannesburg"
            raise ValueError(message) from error
        return name

    @field_validator("ca_file")
    @classmethod
    def _certificates(cls, path: str | None) -> str | None:
        if path is None:
            return None  # without a look at the system's own, which takes long
        try:
            ssl.create_default_context(cafile=path)
        except OSError as error:
            message = "not a file with certificates in PEM form"
            raise ValueError(message) from error
        return path

    @field_validator("qcontact_ticket_url", "fibreflow_ticket_url")
    @classmethod
    def _ticket_url(cls, template: str | None) -> str | None:
        if template is not None:
            check_template(template)
        return template

    def in_schedule(self) -> "Settings":
        """The settings of a scheduled run, which has less time than a manual one."""
        limit_s = min(self.time_limit_s, self.scheduled_time_limit_s)
        return self.model_copy(update={"time_limit_s": limit_s})

    def quick(self, retry_budget_s: float = 0, timeout_s: float = math.inf) -> "Settings":
        """The settings where a person waits: it tries again for so long at most."""
        return self.model_copy(
            update={
                "retry_budget_s": min(self.retry_budget_s, retry_budget_s),
                "timeout_s": min(self.timeout_s, timeout_s),
            }
        )

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom alerts go to: mail addresses, and ``connection:ID`` for an Airflow connection."""
        connection = (f"{TO_CONNECTION}{self.notify_conn}",) if self.notify_conn else ()
        return (*self.alert_to, *connection)

    @property
    def named_account(self) -> str | None:
        """The account's name, for texts; None for the only account."""
        return None if self.account == DEFAULT else self.account

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which times are shown; they are stored in UTC."""
        return ZoneInfo(self.timezone)


TABLE_PREFIX = f"{PREFIX}TABLE_"
_WORD = "[A-Za-z_][A-Za-z0-9_]{0,62}"
_TableName = Annotated[str, Field(pattern=rf"^({_WORD}\.)?{_WORD}$")]


class TableSettings(BaseSettings):
    """What FibreFlow's tables are called, each as ``QCONTACT_SYNC_TABLE_<USUAL NAME>``.

    None: as in the lineage of the schema.
    """

    model_config = SettingsConfigDict(env_prefix=TABLE_PREFIX, frozen=True, env_ignore_empty=True)

    tickets: _TableName | None = None
    ticket_notes: _TableName | None = None
    users: _TableName | None = None
    qcontact_sync_log: _TableName | None = None
    sync_job_history: _TableName | None = None


def load_settings(account: Account | None = None) -> Settings:
    """Read and check the settings.

    Args:
        account: What it sets counts more than the variables; the one that QCONTACT_SYNC_ACCOUNT
            names where none is given.

    Raises:
        ConfigError: Names each variable, or key of the accounts file, that cannot be used, and why.
    """
    account = account or find_account()
    try:
        return settings_with(account)
    except ValidationError as error:
        raise ConfigError(f"cannot use {_reasons(error, account)}") from None


def settings_with(account: Account, **options: Any) -> Settings:
    """The settings of an account, with these laid over them.

    Raises:
        ConfigError: The accounts file sets something that is no setting.
        ValidationError: Some cannot be used; their values are in it.
    """
    # The lineage is the process's, as are the names of the tables.
    known = Settings.model_fields.keys() - SchemaSetting.model_fields.keys()
    unknown = sorted(account.settings.keys() - known)
    if unknown:
        names = ", ".join(ascii(name[:60]) for name in unknown)
        raise ConfigError(f"{ACCOUNTS_FILE}: accounts.{account.name}: no setting is named {names}")
    return Settings(account=account.name, **{**account.settings, **options})


def check_accounts() -> Mapping[str, Account]:
    """All accounts, after a look at everything that the accounts file sets.

    Raises:
        ConfigError: Names what is wrong in the file; the variables are not judged here.
    """
    accounts = configured_accounts()
    for account in accounts.values():
        try:
            settings_with(account)
        except ValidationError as error:
            if any(e["loc"][0] in account.settings for e in error.errors()):
                raise ConfigError(f"cannot use {_reasons(error, account)}") from None
    return accounts


def _reasons(error: ValidationError, account: Account) -> str:
    return "; ".join(f"{_named(str(e['loc'][0]), account)}: {reason(e)}" for e in error.errors())


def _named(field: str, account: Account) -> str:
    if field in account.settings:
        return f"accounts.{account.name}.{field} in {ACCOUNTS_FILE}"
    return f"{PREFIX}{field.upper()}"
