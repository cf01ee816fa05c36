"""One writer per account: wait for the lease, renew it, notice when it is lost."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from qcontact_sync.core.errors import LeaseBusy, LeaseLost, RetryableError
from qcontact_sync.core.ports import Clock
from qcontact_sync.core.store_ports import Lease, LeaseHolder, Leases

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

POLL_S = 0.5
RENEW_S = 8.0
RENEW_AGAIN_S = 1.0
SAFE_S = 25.0
"""After this time without renewal nothing is written any more (a lease lasts 30 s)."""


class ActiveLease:
    """A lease with the time of its last renewal."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self.lease = lease
        self.clock = clock
        self._renewed_at = clock.monotonic()
        self._is_lost = False

    @property
    def is_safe(self) -> bool:
        """Whether no other run can have it."""
        return not self._is_lost and self.clock.monotonic() - self._renewed_at < SAFE_S

    def check(self) -> None:
        """Call this before each send.

        Raises:
            LeaseLost: Another run may be writing by now.
        """
        if not self.is_safe:
            raise LeaseLost

    def renewed(self, asked_at: float, *, was_granted: bool) -> None:
        """Record the result of a renewal that was requested at this monotonic time."""
        self._renewed_at = asked_at
        self._is_lost = self._is_lost or not was_granted


@asynccontextmanager
async def hold_lease(
    leases: Leases,
    account: str,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    *,
    waits: bool = True,
) -> AsyncIterator[ActiveLease]:
    """Wait for the account's lease, renew it while the block runs, release it.

    Raises:
        LeaseBusy: Another run has it, and ``waits`` is false.
    """
    asked_at = clock.monotonic()
    lease = await _wait_for(leases, account, sleep, waits=waits)
    active = ActiveLease(lease, clock)
    active.renewed(max(asked_at, clock.monotonic() - POLL_S), was_granted=True)
    beat = asyncio.create_task(_keep(leases, active, clock))
    try:
        yield active
    finally:
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat
        # It runs out by itself where the database cannot be reached.
        with suppress(RetryableError):
            await leases.release(lease)


async def _wait_for(leases: Leases, account: str, sleep: Sleep, *, waits: bool) -> Lease:
    holder = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:12]}"
    is_announced = False
    while (lease := await leases.take(account, holder)) is None:
        await _evict_if_dead(leases, await leases.holder(account))
        if not waits:
            raise LeaseBusy
        if not is_announced:
            log.info("lease.waiting account=%s: another run is active", account)
            is_announced = True
        await sleep(POLL_S)
    return lease


async def _evict_if_dead(leases: Leases, holder: LeaseHolder | None) -> None:
    """Free the lease of a dead process of this host; on other hosts it expires.

    It is not taken at once: what that process sent last may still be on its way.
    """
    if holder is None or holder.host != socket.gethostname() or is_alive(holder.pid):
        return
    log.warning("lease.evicted holder=%s: its process is gone", holder.lease.holder)
    await leases.evict(holder)


def is_alive(pid: int) -> bool:
    """Whether a process of this host is running."""
    import psutil  # rarely asked for

    try:
        # A process that ended stays listed until its parent collects it; without init, forever.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


async def _keep(leases: Leases, active: ActiveLease, clock: Clock) -> None:
    pause_s = RENEW_S
    while True:
        await asyncio.sleep(pause_s)
        asked_at = clock.monotonic()
        try:
            active.renewed(asked_at, was_granted=await leases.renew(active.lease))
            pause_s = RENEW_S
        except RetryableError as error:
            # Not renewed is not lost: the lease runs on until SAFE_S is over.
            log.warning("lease.not_renewed code=%s: %s", error.code, error)
            pause_s = RENEW_AGAIN_S
