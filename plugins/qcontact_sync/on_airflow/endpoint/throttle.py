"""Failed attempts, counted for each client address and for all together, in bounded memory.

Only the answer to a failed attempt depends on the counts: the right secret is never locked out,
also if other callers fail. Each worker process of the API server counts separately.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from cachetools import TTLCache

ALLOWED = 10
ALLOWED_IN_ALL = 100
WINDOW_S = 60.0
ADDRESSES = 4096
ALL_ADDRESSES = "all"
"""The name for all addresses together."""
_IPV6_NETWORK = 64  # one customer has at least this many addresses to choose from


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many failed attempts.

    Attributes:
        wait_s: Until all counts that are too high begin anew.
        began: Whose count became too high with this attempt (an address, `ALL_ADDRESSES`), and
            the seconds until it begins anew.
    """

    wait_s: float
    began: tuple[tuple[str, float], ...]


@dataclass(slots=True)
class _Count:
    until: float
    allowed: int
    attempts: int = 0

    @property
    def is_over(self) -> bool:
        return self.attempts > self.allowed

    @property
    def has_just_gone_over(self) -> bool:
        return self.attempts == self.allowed + 1


class FailedAttempts:
    """The recent failed attempts, by address and in total.

    Args:
        now: A clock in seconds that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: TTLCache[str, _Count] = TTLCache(ADDRESSES, WINDOW_S, now)
        self._in_all = _Count(now(), ALLOWED_IN_ALL)

    def note(self, address: str) -> Throttled | None:
        """Count one more attempt; return None until there are too many."""
        counts = {address: self._of(_network(address)), ALL_ADDRESSES: self._of_all()}
        for count in counts.values():
            count.attempts += 1
        over = {name: count for name, count in counts.items() if count.is_over}
        if not over:
            return None
        now = self._now()
        wait_s = max(count.until - now for count in over.values())
        # While all are throttled, no single address is reported: a flood must not fill the log.
        reported = {ALL_ADDRESSES: over[ALL_ADDRESSES]} if ALL_ADDRESSES in over else over
        began = [(name, c.until - now) for name, c in reported.items() if c.has_just_gone_over]
        return Throttled(wait_s, tuple(began))

    def _of(self, network: str) -> _Count:
        count = self._counts.get(network)
        if count is None:
            count = self._counts[network] = _Count(self._now() + WINDOW_S, ALLOWED)
        return count

    def _of_all(self) -> _Count:
        if self._now() >= self._in_all.until:
            self._in_all = _Count(self._now() + WINDOW_S, ALLOWED_IN_ALL)
        return self._in_all


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(int(known) >> (128 - _IPV6_NETWORK))
