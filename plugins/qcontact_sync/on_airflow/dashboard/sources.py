"""Where the pages' facts come from, and how long a page waits for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from qcontact_sync.config.access import FibreFlowAccess, QContactAccess
from qcontact_sync.config.settings import Settings
from qcontact_sync.core.errors import ErrorCode, RetryableError
from qcontact_sync.on_airflow.connections import configuration, fibreflow_configuration

PATIENCE_S = 20.0
_CONNECT_TIMEOUT_S = 5
_QCONTACT_TIMEOUT_S = 8.0
# Threads of our own: a database that hangs must not take those of Airflow's API.
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="qcontact-dashboard")

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a page is made from.

    Attributes:
        now: The instant that the page speaks of, aware UTC.
    """

    fibreflow: FibreFlowAccess
    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True)
class BothSides(Sources):
    """The same where QContact is asked, too."""

    qcontact: QContactAccess


def fibreflow(account: str) -> Sources:
    """The account's FibreFlow database and the settings.

    Raises:
        ConfigError: Names the connection or setting.
    """
    found, settings = fibreflow_configuration(account)
    return Sources(_impatient(found), settings, datetime.now(UTC))


def both_sides(account: str) -> BothSides:
    """The same with QContact.

    Raises:
        ConfigError: Names the connection or setting.
    """
    found, qcontact, settings = configuration(account)
    timeout_s = min(settings.timeout_s, _QCONTACT_TIMEOUT_S)
    hurried = settings.model_copy(update={"timeout_s": timeout_s})
    return BothSides(_impatient(found), hurried, datetime.now(UTC), qcontact)


def _impatient(found: FibreFlowAccess) -> FibreFlowAccess:
    given = found.database_url.get_secret_value()
    if "connect_timeout" in given:
        return found
    return FibreFlowAccess(SecretStr(make_conninfo(given, connect_timeout=_CONNECT_TIMEOUT_S)))


async def patiently(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what reads in a thread, and stop waiting for it after a while.

    Raises:
        RetryableError: It did not end in time.
    """
    try:
        return await asyncio.wait_for(in_thread(function, *args, **kwargs), PATIENCE_S)
    except TimeoutError as error:
        raise RetryableError(
            f"no answer within {PATIENCE_S:.0f} seconds", ErrorCode.TIMEOUT
        ) from error


def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[T]":
    """Call what blocks in a thread of the dashboard's."""
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(_THREADS, lambda: function(*args, **kwargs))
