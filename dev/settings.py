"""What `make run` was asked for: the environment, with `.env` beside it, checked at the edge.

An invalid setting is refused by name, never by value: a value may be a secret.

The environment is an argument, because the processes that are started get it as well.
pydantic-settings reads only the environment of its own process: the model here is a plain one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from qcontact_sync.config import access
from qcontact_sync.config.addresses import database_address
from qcontact_sync.config.secret_files import is_given, read_secret
from qcontact_sync.core.addresses import base_url
from qcontact_sync.core.errors import ConfigError

from dev.errors import CannotRun
from dev.state import PROJECT

Dialect = Literal["tickets", "entities"]
Schema = Literal["fibreflow", "maintenance"]

QCONTACT = (
    "QCONTACT_API_URL", "QCONTACT_DIALECT", "QCONTACT_API_KEY", "QCONTACT_EMAIL",
    "QCONTACT_PASSWORD", "QCONTACT_ACCESS_TOKEN", "QCONTACT_CLIENT", "QCONTACT_QUEUES",
)  # fmt: skip
DATABASE = "DATABASE_URL"
SYSTEMS = (*QCONTACT, DATABASE)
"""What leads to the two systems; each may come from a file, by ``<NAME>_FILE``."""


@dataclass(frozen=True, slots=True)
class RemoteAccess:
    """Where QContact is and what opens it.

    Attributes:
        secret: The API key; in the entities dialect the password, or a token with its `client`.
        email: Of the user who signs in (entities).
        client: Of a ready token (entities).
        queues: Ids of the assignees whose cases are synced, comma separated (entities).
    """

    url: str
    secret: str = field(repr=False)
    dialect: Dialect = "tickets"
    email: str = ""
    client: str = ""
    queues: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """The same for the command line."""
        secret = "QCONTACT_ACCESS_TOKEN" if self.client else "QCONTACT_PASSWORD"
        given = {
            "QCONTACT_API_URL": self.url,
            "QCONTACT_DIALECT": self.dialect,
            "QCONTACT_API_KEY" if self.dialect == "tickets" else secret: self.secret,
            "QCONTACT_EMAIL": self.email,
            "QCONTACT_CLIENT": self.client,
            "QCONTACT_QUEUES": self.queues,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Attributes:
    once: End after the runs instead of staying up.
    qcontact: The real QContact, or None for the sandbox.
    database_url: A FibreFlow database that was given, or None for a private one.
    demo_dialect: The API of the sandbox.
    demo_schema: The lineage of the demo's FibreFlow.
    """

    once: bool
    qcontact: RemoteAccess | None
    database_url: str | None
    demo_dialect: Dialect = "tickets"
    demo_schema: Schema = "fibreflow"

    @property
    def is_demo(self) -> bool:
        """Whether QContact is the sandbox, so that edits cannot do harm."""
        return self.qcontact is None

    @property
    def schema_variables(self) -> dict[str, str]:
        """The variables that name the demo's schema; empty for the default one."""
        if self.demo_schema == "fibreflow":
            return {}
        return {
            "QCONTACT_SYNC_SCHEMA": self.demo_schema,
            "QCONTACT_SYNC_MAPPING_FILE": str(
                PROJECT / "dev" / "demo" / f"{self.demo_schema}.toml"
            ),
        }

    @property
    def starts_afresh(self) -> bool:
        """Whether both sides are ours and may be emptied: the sandbox forgets at every stop."""
        return self.is_demo and self.database_url is None


def _base_url(value: str) -> str:
    return base_url(value, "QCONTACT_API_URL")


def _database_address(value: str) -> str:
    return database_address(value, DATABASE)


class _Variables(BaseModel):
    model_config = ConfigDict(extra="ignore")

    once: bool = Field(default=False, alias="ONCE")
    demo_dialect: Dialect | None = Field(default=None, alias="DIALECT")
    demo_schema: Schema | None = Field(default=None, alias="SCHEMA")
    url: Annotated[str, AfterValidator(_base_url)] = Field(default="", alias="QCONTACT_API_URL")
    dialect: Dialect = Field(default="tickets", alias="QCONTACT_DIALECT")
    key: str = Field(default="", alias="QCONTACT_API_KEY")
    email: str = Field(default="", alias="QCONTACT_EMAIL")
    password: str = Field(default="", alias="QCONTACT_PASSWORD")
    token: str = Field(default="", alias="QCONTACT_ACCESS_TOKEN")
    client: str = Field(default="", alias="QCONTACT_CLIENT")
    queues: str = Field(default="", alias="QCONTACT_QUEUES")
    database: Annotated[str, AfterValidator(_database_address)] = Field(
        default="", alias="DATABASE_URL"
    )

    def required(self) -> tuple[str, ...]:
        """The variables that this dialect of the real systems needs."""
        names = access.credential_variables(
            access.Dialect(self.dialect), has_token=bool(self.token)
        )
        return "QCONTACT_API_URL", *names, DATABASE

    def access(self) -> RemoteAccess:
        if self.dialect == "tickets":
            return RemoteAccess(self.url, self.key)
        client = self.client if self.token else ""
        secret = self.token or self.password
        return RemoteAccess(self.url, secret, self.dialect, self.email, client, self.queues)


def given_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, with `.env` below it; empty values of `.env` are left out."""
    in_file = dotenv_values(PROJECT / ".env", interpolate=False)
    return {name: value for name, value in in_file.items() if value} | dict(environment)


def read_settings(environment: Mapping[str, str]) -> RunSettings:
    """Read the variables; an empty one counts as not set.

    Raises:
        CannotRun: A setting is invalid, or real systems are only partly given.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    try:
        given |= {name: read_secret(name, given) for name in SYSTEMS if is_given(name, given)}
        read = _Variables.model_validate(given)
    except ConfigError as error:
        raise CannotRun(str(error)) from None
    except ValidationError as error:
        reasons = [f"{e['loc'][0]}: {e['msg']}" for e in error.errors(include_input=False)]
        raise CannotRun("; ".join(reasons)) from None
    is_real = bool(set(QCONTACT) & given.keys())
    if is_real:
        _require_all(read, given)
    return RunSettings(
        once=read.once,
        qcontact=read.access() if is_real else None,
        database_url=read.database or None,
        demo_dialect=read.demo_dialect or "tickets",
        demo_schema=read.demo_schema or "fibreflow",
    )


def without_systems(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what leads to the two systems."""
    left_out = {*SYSTEMS, *(f"{name}_FILE" for name in SYSTEMS)}
    return {name: value for name, value in environment.items() if name not in left_out}


def _require_all(read: _Variables, given: Mapping[str, str]) -> None:
    required = read.required()
    missing = [name for name in required if name not in given]
    if missing:
        raise CannotRun(
            f"{' and '.join(name for name in SYSTEMS if name in given)} set, but not "
            f"{' and '.join(missing)}: the real systems need all of {', '.join(required)}; "
            "the demo needs no variable that begins with QCONTACT_"
        )
    if read.demo_dialect not in (None, read.dialect):
        raise CannotRun("DIALECT is for the demo: for the real systems, set QCONTACT_DIALECT")
    if read.demo_schema is not None:
        raise CannotRun("SCHEMA is for the demo: for the real systems, set QCONTACT_SYNC_SCHEMA")
