"""Which accounts there are: one, or those of the file that QCONTACT_SYNC_ACCOUNTS_FILE names.

docs/accounts.md describes the file. What is wrong in it is refused by name, never by value. The
DAG files import this, so it imports nothing heavy; what an account sets is checked in `settings`.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qcontact_sync.config.toml_files import parse_toml, read_text
from qcontact_sync.core.errors import ConfigError

DEFAULT = "default"
ACCOUNTS_FILE = "QCONTACT_SYNC_ACCOUNTS_FILE"
ACCOUNT = "QCONTACT_SYNC_ACCOUNT"
SIX_HOURLY = "0 */6 * * *"
ACCOUNT_NAME = r"[a-z][a-z0-9_]{0,31}"
"""The whole name of an account, as a pattern of Python's and of JSON Schema's."""
MOST_MINUTES = 6 * 60
"""Between two slots: the alerts take for granted that a day has four."""

_DAY_MINUTES = 24 * 60
# Of the DAGs' ids: another account's monitor would have the id of this account's sync.
_TAKEN = re.compile(r"monitor(_.*)?")
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_CONNECTIONS = ("qcontact_conn_id", "fibreflow_conn_id")
_NOT_AN_ACCOUNTS_OWN = frozenset({"account", "accounts_file"})


@dataclass(frozen=True, slots=True)
class Account:
    """A QContact account and the FibreFlow database that it is kept in step with.

    Attributes:
        schedule: When its runs begin, as cron in UTC.
        settings: What it sets in place of ``QCONTACT_SYNC_<NAME>``, by lower-case name; unchecked.
    """

    name: str = DEFAULT
    qcontact_conn_id: str = "qcontact_default"
    fibreflow_conn_id: str = "fibreflow_default"
    schedule: str = SIX_HOURLY
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What the names of its own things in Airflow end with."""
        return "" if self.name == DEFAULT else f"_{self.name}"

    @property
    def dag_id(self) -> str:
        """The DAG that syncs it."""
        return f"qcontact_sync{self.suffix}"

    @property
    def monitor_dag_id(self) -> str:
        """The DAG that watches over it."""
        return f"qcontact_sync_monitor{self.suffix}"


def configured_accounts() -> Mapping[str, Account]:
    """All accounts by name: those of the file, or the default one where no file is named.

    Raises:
        ConfigError: Names what is wrong in the file.
    """
    path = os.environ.get(ACCOUNTS_FILE)
    if not path:
        return {DEFAULT: Account()}
    return _accounts(parse_toml(read_text(Path(path), ACCOUNTS_FILE), ACCOUNTS_FILE))


def find_account(name: str | None = None) -> Account:
    """One account; where none is named the one of QCONTACT_SYNC_ACCOUNT, else the default one.

    Raises:
        ConfigError: There is none of this name, or the file cannot be used.
    """
    accounts = configured_accounts()
    wanted = name or os.environ.get(ACCOUNT) or DEFAULT
    if wanted in accounts:
        return accounts[wanted]
    if not os.environ.get(ACCOUNTS_FILE):
        raise ConfigError(
            f"--account or {ACCOUNT} names an account, and {ACCOUNTS_FILE} is not set"
        )
    raise ConfigError(
        f"--account or {ACCOUNT} must be one of the accounts in the file: {', '.join(accounts)}"
    )


def _accounts(document: Mapping[str, Any]) -> Mapping[str, Account]:
    unknown = sorted(set(document) - {"accounts"})
    if unknown:
        raise _refused("", f"unknown key {_shown(*unknown)}; only [accounts.NAME] is allowed")
    tables = document.get("accounts")
    if not isinstance(tables, dict) or not tables:
        raise _refused("", "it contains no account: add a table [accounts.NAME]")
    accounts = {name: _account(name, table) for name, table in tables.items()}
    for key in _CONNECTIONS:
        _require_own(accounts, key)
    return accounts


def _account(name: str, table: object) -> Account:
    if not re.fullmatch(ACCOUNT_NAME, name) or _TAKEN.fullmatch(name):
        raise _refused(
            f"accounts.{_shown(name)}",
            "a name has 1 to 32 small letters, digits and underscores, begins with a letter, "
            "and is not monitor or monitor_...",
        )
    where = f"accounts.{name}"
    if not isinstance(table, dict):
        raise _refused(where, "must be a table")
    given = dict(table)
    ids = {key: _conn_id(where, key, given.pop(key, _own_id(key, name))) for key in _CONNECTIONS}
    schedule = _schedule(where, given.pop("schedule", SIX_HOURLY))
    for key, value in given.items():
        if key in _NOT_AN_ACCOUNTS_OWN:
            raise _refused(f"{where}.{key}", "cannot be set for one account")
        if isinstance(value, bool) or not isinstance(value, str | int | float | list):
            raise _refused(f"{where}.{_shown(key)}", "must be a text, a number or a list of texts")
    return Account(name, schedule=schedule, settings=given, **ids)


def _own_id(key: str, name: str) -> str:
    return f"{key.removesuffix('_conn_id')}_{name}"


def _conn_id(where: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not _CONNECTION_ID.fullmatch(value):
        raise _refused(f"{where}.{key}", "must be the id of a connection")
    return value


def _schedule(where: str, value: object) -> str:
    refusal = _refused(
        f"{where}.schedule",
        "must be cron of five fields in UTC, the last three *, "
        f"with at most {MOST_MINUTES // 60} hours between two slots",
    )
    if not isinstance(value, str) or value.split()[2:] != ["*", "*", "*"]:
        raise refusal
    if value != SIX_HOURLY and _longest_gap(value) > MOST_MINUTES:
        raise refusal
    return value


def _longest_gap(schedule: str) -> float:
    """Minutes between two slots of a day that is like all others; endless where it is no cron."""
    # Here: the DAG files import this module.
    from croniter import croniter  # type: ignore[import-untyped]

    try:
        minutes, hours, *_ = croniter.expand(schedule)[0]
    except (ValueError, KeyError):
        return float("inf")
    slots = sorted(
        60 * hour + minute
        for hour in (range(24) if hours == ["*"] else hours)
        for minute in (range(60) if minutes == ["*"] else minutes)
    )
    return max(b - a for a, b in zip(slots, [*slots[1:], slots[0] + _DAY_MINUTES], strict=True))


def _require_own(accounts: Mapping[str, Account], key: str) -> None:
    """Two accounts with one database, or one QContact, would undo each other's work."""
    # Without case: as AIRFLOW_CONN_<ID> they are the same.
    used = Counter(getattr(account, key).lower() for account in accounts.values())
    shared = [n for n, account in accounts.items() if used[getattr(account, key).lower()] > 1]
    if shared:
        raise _refused(
            f"accounts.{shared[0]}.{key}", f"each account needs its own: {', '.join(shared)}"
        )


def _refused(where: str, reason: str) -> ConfigError:
    place = f"{ACCOUNTS_FILE}: {where}" if where else ACCOUNTS_FILE
    return ConfigError(f"{place}: {reason}")


def _shown(*keys: str) -> str:
    """Keys of the file's, as far as they can be shown in a sentence."""
    return ", ".join(key if re.fullmatch(r"[\w-]{1,60}", key) else repr(key[:60]) for key in keys)
