"""What `make run` was asked for: the environment, with `.env` beside it, checked at the edge.

An invalid setting is refused by name, never by value: a value may be a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dev.errors import CannotRun

REAL_SYSTEMS = ("QCONTACT_API_URL", "QCONTACT_API_KEY", "DATABASE_URL")


@dataclass(frozen=True, slots=True)
class RemoteAccess:
    """Where QContact is and what opens it."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Attributes:
    once: End after the runs instead of staying up.
    qcontact: The real QContact, or None for the sandbox.
    database_url: A FibreFlow database that was given, or None for a private one.
    """

    once: bool
    qcontact: RemoteAccess | None
    database_url: str | None

    @property
    def is_demo(self) -> bool:
        """Whether QContact is the sandbox, so that edits cannot do harm."""
        return self.qcontact is None

    @property
    def starts_afresh(self) -> bool:
        """Whether both sides are ours and may be emptied: the sandbox forgets at every stop."""
        return self.is_demo and self.database_url is None


def _http_url(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// (or http://)")
    return value


def _postgres_address(value: str) -> str:
    try:
        conninfo_to_dict(value)
    except psycopg.ProgrammingError:
        raise ValueError(
            "is not a PostgreSQL address such as postgresql://user:password@host/name"
        ) from None
    return value


class _Variables(BaseModel):
    model_config = ConfigDict(extra="ignore")

    once: bool = Field(default=False, alias="ONCE")
    url: Annotated[str, AfterValidator(_http_url)] = Field(default="", alias="QCONTACT_API_URL")
    key: str = Field(default="", alias="QCONTACT_API_KEY")
    database: Annotated[str, AfterValidator(_postgres_address)] = Field(
        default="", alias="DATABASE_URL"
    )


def read_settings(environment: Mapping[str, str]) -> RunSettings:
    """Read the variables; an empty one counts as not set.

    Raises:
        CannotRun: A setting is invalid, or real systems are only partly given.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if {"QCONTACT_API_URL", "QCONTACT_API_KEY"} & given.keys():
        _require_all(given)
    try:
        read = _Variables.model_validate(given)
    except ValidationError as error:
        reasons = [f"{e['loc'][0]}: {e['msg']}" for e in error.errors(include_input=False)]
        raise CannotRun("; ".join(reasons)) from None
    return RunSettings(
        once=read.once,
        qcontact=RemoteAccess(read.url, read.key) if read.url else None,
        database_url=read.database or None,
    )


def _require_all(given: Mapping[str, str]) -> None:
    missing = [name for name in REAL_SYSTEMS if name not in given]
    if missing:
        raise CannotRun(
            f"{' and '.join(name for name in REAL_SYSTEMS if name in given)} set, but not "
            f"{' and '.join(missing)}: the real systems need all of {', '.join(REAL_SYSTEMS)}; "
            "the demo needs neither QCONTACT_API_URL nor QCONTACT_API_KEY"
        )
