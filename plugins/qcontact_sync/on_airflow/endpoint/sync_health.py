"""Whether the sync is healthy, cached, so that frequent requests cost little."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from qcontact_sync.config.accounts import Account, configured_accounts
from qcontact_sync.config.settings import load_settings
from qcontact_sync.core.errors import SyncError
from qcontact_sync.on_airflow.endpoint.record import fibreflow
from qcontact_sync.on_airflow.surroundings import read_surroundings
from qcontact_sync.on_airflow.threads import Patience, Threads
from qcontact_sync.services.review import get_status

log = logging.getLogger(__name__)

KEPT_S = 10.0
PATIENCE_S = 10.0
READ_S = 30.0
"""Longer than any caller waits: while a read hangs, no second one begins."""


class HealthCheck:
    """Checks at most once per `KEPT_S`, one check at a time; in between it repeats the last answer.

    Args:
        check: Returns whether the sync is healthy.
        patience_s: How long a caller waits for a check.
    """

    def __init__(
        self, check: Callable[[], Awaitable[bool]], patience_s: float = PATIENCE_S
    ) -> None:
        self._check, self._patience_s = check, patience_s
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def answer(self) -> bool:
        """Whether the sync is healthy; False if the database does not answer in time."""
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
    """One check for each requested account, and one for all accounts."""

    def __init__(self, lookups: Threads) -> None:
        self._lookups, self._reads = lookups, Patience(READ_S)
        self._all, self._checks = HealthCheck(self._are_healthy), dict[str, HealthCheck]()

    def of(self, account: Account | None) -> HealthCheck:
        """The check of an account; of all accounts if it is None."""
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
        """The same result as on the dashboard; False if it is unknown."""
        try:
            access = await self._lookups.run(fibreflow, account.name)
            settings = await self._lookups.run(load_settings, account)
            around = await self._lookups.run(read_surroundings, account, settings)
            return (await self._reads.wait_for(get_status, access, settings, around)).is_healthy
        except SyncError as error:
            log.warning("endpoint.health code=%s: %s", error.code, error)
            return False
