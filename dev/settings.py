"""What `make run` was asked for: the environment, with `.env` beside it, checked at the edge.

A bad setting is refused by name, never by value: a value may be a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dev.errors import CannotRun

REAL_SYSTEMS = ("QCONTACT_API_URL", "QCONTACT_API_KEY", "DATABASE_URL")
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"", "0", "false", "no", "off"})


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
        """Whether QContact is the sandbox, so that edits hurt nobody."""
        return self.qcontact is None

    @property
    def starts_afresh(self) -> bool:
        """Whether both sides are ours and may be emptied: the sandbox forgets at every stop."""
        return self.is_demo and self.database_url is None


def read_settings(environment: Mapping[str, str]) -> RunSettings:
    """Raises: CannotRun: A setting is nonsense, or real systems are only half given."""
    given = {name: environment.get(name, "").strip() for name in REAL_SYSTEMS}
    url, key, database = given.values()
    if url or key:
        _require_all(given)
        if not url.startswith(("https://", "http://")):
            raise CannotRun("QCONTACT_API_URL must begin with https:// (or http://)")
    if database:
        _require_dsn(database)
    return RunSettings(
        once=_flag(environment, "ONCE"),
        qcontact=RemoteAccess(url, key) if url else None,
        database_url=database or None,
    )


def _require_all(given: Mapping[str, str]) -> None:
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise CannotRun(
            f"{' and '.join(n for n in given if n not in missing)} set, but not "
            f"{' and '.join(missing)}: the real systems need all of {', '.join(given)}; "
            "the demo needs neither QCONTACT_API_URL nor QCONTACT_API_KEY"
        )


def _require_dsn(value: str) -> None:
    try:
        conninfo_to_dict(value)
    except psycopg.ProgrammingError:
        raise CannotRun(
            "DATABASE_URL is no PostgreSQL address such as postgresql://user:password@host/name"
        ) from None


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "").strip().lower()
    if value in TRUE | FALSE:
        return value in TRUE
    raise CannotRun(f"{name} must be 1 or 0")
