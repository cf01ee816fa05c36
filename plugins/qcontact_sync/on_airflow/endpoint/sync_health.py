"""Whether a person should look at the sync, asked as often as anybody likes at no cost."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from qcontact_sync.config.accounts import Account, configured_accounts
from qcontact_sync.config.settings import load_settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.on_airflow.endpoint.record import fibreflow
from qcontact_sync.on_airflow.threads import Patience, Threads
from qcontact_sync.services.review import get_status

log = logging.getLogger(__name__)

KEPT_S = 10.0
PATIENCE_S = 10.0
READ_S = 30.0
"""Longer than any caller waits: a read that hangs is not begun again beside itself."""


class HealthCheck:
    """Asks once in a while, once at a time; in between the last answer counts.

    Args:
        check: Whether all is well.
        patience_s: How long one question may keep its caller.
    """

    def __init__(
        self, check: Callable[[], Awaitable[bool]], patience_s: float = PATIENCE_S
    ) -> None:
        self._check, self._patience_s = check, patience_s
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
            return await self._check()
        finally:
            self._asked_at = time.monotonic()


class HealthChecks:
    """One for each account that is asked about, and one for all together."""

    def __init__(self, lookups: Threads) -> None:
        self._lookups, self._reads = lookups, Patience(READ_S)
        self._all, self._checks = HealthCheck(self._are_healthy), dict[str, HealthCheck]()

    def of(self, account: Account | None) -> HealthCheck:
        """An account's; that of all where none is named."""
        if account is None:
            return self._all
        return self._checks.setdefault(account.name, HealthCheck(lambda: self._is_healthy(account)))

    async def _are_healthy(self) -> bool:
        try:
            accounts = await self._lookups.run(configured_accounts)
        except SyncError as error:
            log.warning("endpoint.health code=%s: %s", error.code, error)
            return False
        return all([await self._is_healthy(account) for account in accounts.values()])

    async def _is_healthy(self, account: Account) -> bool:
        """As `qcontact-sync status` judges it; False where it cannot be told."""
        try:
            access = await self._lookups.run(fibreflow, account.name)
            settings = await self._lookups.run(load_settings, account)
            return (await self._reads.wait_for(get_status, access, settings)).is_healthy
        except SyncError as error:
            log.warning("endpoint.health code=%s: %s", error.code, error)
            return False
