"""Whether a person should look at the sync, asked as often as anybody likes at no cost."""

import asyncio
import logging
import time
from collections.abc import Callable

from qcontact_sync.config.accounts import Account, configured_accounts
from qcontact_sync.config.settings import load_settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.on_airflow.endpoint.record import fibreflow
from qcontact_sync.on_airflow.threads import Threads
from qcontact_sync.services.review import get_status

log = logging.getLogger(__name__)

KEPT_S = 10.0
PATIENCE_S = 10.0


def are_healthy() -> bool:
    """Whether all accounts are."""
    try:
        return all(map(is_healthy, configured_accounts().values()))
    except SyncError as error:
        log.warning("endpoint.health code=%s: %s", error.code, error)
        return False


def is_healthy(account: Account) -> bool:
    """As `qcontact-sync status` judges it; False where it cannot be told."""
    try:
        return get_status(fibreflow(account.name), load_settings(account)).is_healthy
    except SyncError as error:
        log.warning("endpoint.health code=%s: %s", error.code, error)
        return False


class HealthCheck:
    """Asks once in a while, once at a time; in between the last answer counts.

    Args:
        check: Blocking; whether all is well.
        patience_s: How long one question may keep its caller.
    """

    def __init__(
        self, check: Callable[[], bool] = are_healthy, patience_s: float = PATIENCE_S
    ) -> None:
        self._check, self._patience_s = check, patience_s
        self._threads = Threads(1)
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def answer(self) -> bool:
        """Whether the sync is healthy; a database that does not answer in time says no."""
        asking = self._asking
        if asking is None or (asking.done() and time.monotonic() > self._asked_at + KEPT_S):
            asking = self._asking = asyncio.create_task(self._ask())
        await asyncio.wait({asking}, timeout=self._patience_s)
        return asking.done() and asking.result()

    async def _ask(self) -> bool:
        try:
            return await self._threads.run(self._check)
        finally:
            self._asked_at = time.monotonic()


class HealthChecks:
    """One for each account that is asked about, and one for all together."""

    def __init__(self) -> None:
        self._all, self._checks = HealthCheck(), dict[str, HealthCheck]()

    def of(self, account: Account | None) -> HealthCheck:
        """An account's; that of all where none is named."""
        if account is None:
            return self._all
        return self._checks.setdefault(account.name, HealthCheck(lambda: is_healthy(account)))
