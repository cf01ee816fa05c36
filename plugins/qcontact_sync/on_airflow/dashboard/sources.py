"""Where the pages' facts come from, and how long a page waits for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from qcontact_sync.config.access import Endpoints
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
        endpoints: QContact's half is empty where the page does not need it.
        now: The instant that the page speaks of, aware UTC.
    """

    endpoints: Endpoints
    settings: Settings
    now: datetime


def fibreflow(account: str) -> Sources:
    """The account's FibreFlow database and the settings.

    Raises:
        ConfigError: Names the connection or setting.
    """
    endpoints, settings = fibreflow_configuration(account)
    hurried = replace(endpoints, database_url=_impatient(endpoints.database_url))
    return Sources(hurried, settings, datetime.now(UTC))


def both_sides(account: str) -> Sources:
    """The same with QContact.

    Raises:
        ConfigError: Names the connection or setting.
    """
    endpoints, settings = configuration(account)
    timeout_s = min(settings.timeout_s, _QCONTACT_TIMEOUT_S)
    hurried = replace(endpoints, database_url=_impatient(endpoints.database_url))
    return Sources(hurried, settings.model_copy(update={"timeout_s": timeout_s}), datetime.now(UTC))


def _impatient(conninfo: SecretStr) -> SecretStr:
    given = conninfo.get_secret_value()
    if "connect_timeout" in given:
        return conninfo
    return SecretStr(make_conninfo(given, connect_timeout=_CONNECT_TIMEOUT_S))


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
